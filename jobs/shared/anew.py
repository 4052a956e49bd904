"""Measure a trained GAN with another revision's ruler: its data, its floors, its classifier."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from forger import compute as environment
from forger.core.errors import UserError
from forger.data.folder import DataFolder
from forger.models.folder import ModelFolder
from forger.parameters import validate
from jobs.shared.baselines import NotComparedError, Ruler, ruler
from jobs.shared.revisions import AbsentError, Revision


def measure(recipe: str, trained: Revision, measured: Revision, expected: Ruler) -> dict[str, Any]:
    """Return the figures of one revision's networks by the ruler of another.

    Args:
        recipe: its name.
        trained: the revision that has the networks.
        measured: the revision that has the data, the floors and the classifier.
        expected: the ruler of `measured`'s own figures, see jobs.shared.baselines.

    Raises:
        NotComparedError: networks, data or ruler are absent, or do not fit each other.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        try:
            trained.fetch(f"models/{recipe}", folder / "model")
            measured.fetch(f"models/{recipe}.reference", folder / "reference")
            measured.fetch(f"data/{recipe}", folder / "data")
            figures = _measure(recipe, folder, trained, measured)
        except AbsentError as error:
            why = f"{error.problems[0]}; `dvc pull` fetches it"
        except (UserError, LookupError, TypeError, ValueError) as error:
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
        else:
            if expected.same(ruler(figures)):
                return figures
            why = "its data or its networks do not fit it"
    raise NotComparedError(
        f"{trained.title}'s was measured with another ruler, and can't be with this one: {why}"
    )


def _measure(recipe: str, folder: Path, trained: Revision, measured: Revision) -> dict[str, Any]:
    parameters = validate(measured.parameters())
    environment.prepare(parameters.compute, environment.resolve(parameters.compute))
    from forger.evaluation.evaluate import Reference, evaluate

    figures, _ = evaluate(
        ModelFolder(folder / "model").load_all(),
        DataFolder(folder / "data").read(),
        parameters.recipes[recipe].evaluate,
        int(trained.parameters()["seed"]),
        Reference.load(folder / "reference"),
    )
    return figures
