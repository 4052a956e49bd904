"""What the earlier stages wrote about one recipe, read for plots and pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from forger.core.files import read_json, refused
from forger.data.decoded import count_fitting
from forger.data.description import Arrays, DataField, Description
from forger.data.folder import ABOUT, DataFolder
from forger.data.looks import find_misfit
from forger.methods.products import Given
from forger.methods.reports import Report
from forger.models.folder import ModelFolder
from forger.report.views.base import View
from forger.report.views.kinds import view_of

REPORTS = Path("reports/recipes")
PICTURES = "pictures"  # the folder of a recipe's, inside its reports


class Judged(NamedTuple):
    """What D says of held-out examples and of samples.

    Attributes:
        real, fake: its raw outputs, `[n]` and `[m]`.
        threshold: above it, D says "real".
    """

    real: np.ndarray
    fake: np.ndarray
    threshold: float

    @classmethod
    def of(cls, drawn: Mapping[str, np.ndarray], products: Mapping[str, Any]) -> Judged | None:
        """Return it from evaluation.npz and model.json's products; None without a D."""
        if "discriminator" not in products:
            return None
        threshold = products["discriminator"]["threshold"]
        return cls(drawn["real_scores"], drawn["fake_scores"], threshold)


class Translations(NamedTuple):
    """What a translator makes of held-out examples of another field.

    Attributes:
        field: what it is told.
        source: examples of that field, `[r, …]`, in the field's units.
        made: what it makes of them, `[r, …]`.
        truth: the examples that belong to them, `[r, …]`.
    """

    field: DataField
    source: np.ndarray
    made: np.ndarray
    truth: np.ndarray


@dataclass(frozen=True)
class Results:
    """One recipe's results; arrays are in data units unless stated otherwise.

    Attributes:
        data: how to look at an example, units, classes.
        reports: what the method says of the history's columns.
        train: training examples `[n, …]`, memory-mapped, in the networks' units.
        real: held-out examples `[n, …]`, as many as memory surely holds.
        real_labels: the labels of all held-out examples `[m]`, or None.
        history: one row per epoch.
        epochs, snapshots: some epochs `[s]`, and the samples `[s, n, …]` at the end of each.
        best: the epoch whose networks are kept, if train.keep is best; else None.
        samples, labels: final samples `[n, …]`, and the labels `[n]` that the generator was given,
            or None.
        seen: the classes that the classifier sees in the samples, int `[n]`, or None without a
            classifier.
        judged: what D says of them; None without a D.
        walks: samples `[w, steps, …]` on the way between latents; None without latents.
        reconstructed: what G makes of the latents that E finds in the first held-out examples,
            `[r, …]`; None without an E that finds latents.
        translations: what a translator makes; None without one.
        codes: samples `[categories, columns, …]`: a row has one category of the codes, a column the
            same other latents; None without such codes.
        stands_for: the label that each category stands for, int, −1 for none; None without labels.
        numbers: samples `[rows, columns, …]`: along a row one number of the codes grows; None
            without such codes.
        figures: figures.json.
    """

    recipe: str
    data: Description
    reports: tuple[Report, ...]
    train: np.ndarray
    real: np.ndarray
    real_labels: np.ndarray | None
    history: pd.DataFrame
    epochs: np.ndarray
    snapshots: np.ndarray
    best: int | None
    samples: np.ndarray
    labels: np.ndarray | None
    seen: np.ndarray | None
    judged: Judged | None
    walks: np.ndarray | None
    reconstructed: np.ndarray | None
    translations: Translations | None
    codes: np.ndarray | None
    stands_for: np.ndarray | None
    numbers: np.ndarray | None
    figures: dict[str, Any]

    @property
    def view(self) -> View:
        """How a person looks at an example, framed by held-out ones."""
        return view_of(self.data.real, self.real, self.data.classes)

    @classmethod
    def load(cls, recipe: str) -> Results:
        """Read data/R, models/R/model.json and reports/recipes/R."""
        folder = REPORTS / recipe
        source = DataFolder(Path("data", recipe))
        figures = read_json(folder / "figures.json")
        model = ModelFolder(Path("models", recipe))
        data = source.description
        if why := find_misfit(data):
            raise refused(source.path / ABOUT, ValueError(why))
        held_out = source.part(figures["part"])
        decode = data.real.codec.decode
        reports = model.account.reports
        with np.load(folder / "evaluation.npz", allow_pickle=False) as file:
            drawn = dict(file)
        with np.load(folder / "snapshots.npz", allow_pickle=False) as file:
            snapshots = dict(file)

        def units(name: str) -> np.ndarray | None:
            return decode(drawn[name]) if name in drawn else None

        return cls(
            recipe=recipe,
            data=data,
            reports=reports,
            train=source.part("train")["real"],
            real=decode(held_out["real"][: count_fitting(data.real.shape)]),
            real_labels=held_out.get("labels"),
            history=_history(folder / "history.csv", reports),
            epochs=snapshots["epochs"],
            snapshots=decode(snapshots["samples"]),
            best=model.about.get("best", {}).get("epoch"),
            samples=decode(drawn["samples"]),
            labels=drawn.get("labels"),
            seen=drawn.get("seen"),
            judged=Judged.of(drawn, model.about["products"]),
            walks=units("walks"),
            reconstructed=units("reconstructed"),
            translations=_translations(model, data, held_out, units("translated")),
            codes=units("codes"),
            stands_for=drawn.get("stands_for"),
            numbers=units("numbers"),
            figures=figures,
        )


def _translations(
    model: ModelFolder, data: Description, held_out: Arrays, made: np.ndarray | None
) -> Translations | None:
    if made is None:
        return None
    sources = model.describe("translator").sources.values()
    told = next(s.field for s in sources if isinstance(s, Given) and s.field in data.fields)
    field = data.fields[told]
    n = len(made)
    truth = data.real.codec.decode(held_out["real"][:n])
    return Translations(field, field.codec.decode(held_out[told][:n]), made, truth)


def _history(path: Path, reports: Iterable[Report]) -> pd.DataFrame:
    """Read the history. Raises UserError if it lacks a column of the reports."""
    history = pd.read_csv(path)
    if missing := [report.name for report in reports if report.name not in history]:
        raise refused(path, ValueError(f"it has no column {missing[0]}"))
    return history
