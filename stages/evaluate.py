"""evaluate: D's accuracy on held-out real data and fresh fakes, and the samples' quality."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from stages.gan import dataset_files, environment, models
from stages.gan.diagnosis import diagnose
from stages.gan.files import write_arrays, write_json
from stages.gan.params.compute import Compute
from stages.gan.params.declared import Declared
from stages.gan.params.evaluate import Evaluate
from stages.gan.params.section import Seed
from stages.gan.stage import run


def main() -> None:
    """Write metrics.json and evaluation.npz in reports/recipes/R."""
    recipe, declared = Declared.asked("evaluate")
    settings = declared.section(f"recipes.{recipe}.evaluate", Evaluate)
    resolved = environment.resolved()
    environment.prepare(declared.section("compute", Compute), resolved)

    from stages.gan.evaluation import evaluate

    folder, about = Path("models", recipe), models.read_about(Path("models", recipe))
    judge = Path("models", f"{recipe}.classifier")
    about_judge = models.read_about(judge)
    classifier = models.load(judge, "classifier") if about_judge["roles"] else None
    networks = {role: models.load(folder, role) for role in about["roles"]}
    train, test = (dataset_files.load_part(Path("data", recipe), p) for p in ("train", "test"))
    data = dataset_files.read_about(Path("data", recipe))

    seed = declared.section("seed", Seed)
    metrics, arrays = evaluate(networks, about, train, test, data, settings, seed, classifier)
    reports = Path("reports/recipes", recipe)
    history = pd.read_csv(reports / "history.csv")
    findings = diagnose(about["objective"], history, metrics)
    metrics["diagnosis"] = [asdict(finding) for finding in findings]
    if classifier is not None:
        metrics["classifier"] = {
            "accuracy": about_judge["accuracy"],
            "sha256": [about_judge["sha256"]],  # a list, which DVC's tables leave out
        }
    write_json(reports / "metrics.json", metrics)
    write_arrays(reports / "evaluation.npz", arrays)
    for finding in findings:
        print(f"{recipe}: {finding.problem}: {finding.evidence}")


if __name__ == "__main__":
    run(main)
