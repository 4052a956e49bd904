"""evaluate: D's accuracy on held-out real data and fresh fakes, and the samples' quality."""

import json
import sys
from pathlib import Path

from stages.gan import dataset_files, environment, models
from stages.gan.errors import run
from stages.gan.files import write_arrays, write_json
from stages.gan.params.compute import Compute
from stages.gan.params.declared import Declared
from stages.gan.params.evaluate import Evaluate


def main() -> None:
    """Write metrics.json and evaluation.npz in reports/recipes/R."""
    recipe = sys.argv[1]
    declared = Declared(f"evaluate@{recipe}")
    settings = declared.section(f"recipes.{recipe}.evaluate", Evaluate)
    resolved = json.loads(environment.FILE.read_text(encoding="utf-8"))
    environment.prepare(declared.section("compute", Compute), resolved)

    from stages.gan.evaluation import evaluate

    folder, about = Path("models", recipe), models.read_about(Path("models", recipe))
    networks = {role: models.load(folder, role) for role in about["roles"]}
    train, test = (dataset_files.load_part(Path("data", recipe), p) for p in ("train", "test"))
    data = dataset_files.read_about(Path("data", recipe))

    metrics, arrays = evaluate(networks, about, train, test, data, settings, declared.value("seed"))
    reports = Path("reports/recipes", recipe)
    write_json(reports / "metrics.json", metrics)
    write_arrays(reports / "evaluation.npz", arrays)


if __name__ == "__main__":
    run(main)
