"""evaluate: measure D's accuracy on held-out data and fresh fakes, and the samples' quality."""

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from forger import compute as environment
from forger.compute import Compute
from forger.config.declared import Declared, run
from forger.config.section import Seed
from forger.core.files import write_arrays, write_json
from forger.data.folder import DataFolder
from forger.evaluation.diagnosis import diagnose
from forger.evaluation.grade import grade
from forger.evaluation.settings import Evaluate
from forger.metrics.figures import headlines
from forger.models.folder import ModelFolder


def main(declared: Declared) -> None:
    """Write metrics.json, figures.json and evaluation.npz in reports/recipes/R."""
    recipe = declared.recipe
    settings = declared.section("evaluate", Evaluate)
    environment.prepare(declared.section("compute", Compute), environment.read_resolved())

    from forger.evaluation.evaluate import Reference, evaluate

    folder = ModelFolder(Path("models", recipe))
    data = DataFolder(Path("data", recipe)).read()
    reference = Reference.load(Path("models", f"{recipe}.reference"))
    seed = declared.section("seed", Seed)
    figures, arrays = evaluate(folder.load_all(), data, settings, seed, reference)
    reports = Path("reports/recipes", recipe)
    history = pd.read_csv(reports / "history.csv")
    findings = diagnose(folder.account, history, figures)
    figures["grade"] = asdict(grade(figures))
    figures["diagnosis"] = [asdict(finding) for finding in findings]
    write_json(reports / "metrics.json", headlines(figures))
    write_json(reports / "figures.json", figures)
    write_arrays(reports / "evaluation.npz", arrays)
    for finding in findings:
        print(f"{recipe}: {finding.problem}: {finding.evidence}")


if __name__ == "__main__":
    run("evaluate", main)
