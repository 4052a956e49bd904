"""classifier: train a small classifier of the data's labels, where they have some."""

import hashlib
from pathlib import Path

import numpy as np

from stages.gan import dataset_files, environment, models
from stages.gan.params.compute import Compute
from stages.gan.params.declared import Declared
from stages.gan.params.section import Seed
from stages.gan.stage import run


def main() -> None:
    """Write models/R.classifier: classifier.keras and model.json, which says how good it is.

    Where the data have no labels, model.json alone, without roles.
    """
    recipe, declared = Declared.asked("classifier")
    folder = Path("models", f"{recipe}.classifier")
    data = dataset_files.read_about(Path("data", recipe))
    if not data["classes"]:
        models.save(folder, {}, {})
        return
    resolved = environment.resolved()
    environment.prepare(declared.section("compute", Compute), resolved)

    from stages.gan.classifier import see, train

    classes = round(len(data["classes"]) ** (1 / data["stack"]))
    (images, labels), (held_out, answers) = (
        dataset_files.unstacked(
            dataset_files.load_part(Path("data", recipe), part), data["stack"], classes
        )
        for part in ("train", "test")
    )
    network = train(images, labels, classes, declared.section("seed", Seed))
    about = {
        "accuracy": float(np.mean(see(network, held_out).labels == answers)),
        "held_out": len(answers),
    }
    models.save(folder, {"classifier": network}, about)
    digest = hashlib.sha256((folder / "classifier.keras").read_bytes()).hexdigest()
    models.describe(folder, {**models.read_about(folder), "sha256": digest})


if __name__ == "__main__":
    run(main)
