"""What a person's file of curves holds, as it is read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from forger.core.archives import damaged
from forger.core.errors import UserError
from forger.data.csv_layout import Layout as Written
from forger.data.description import Layout

MOST = 1e30
AGAIN = "expected an array [n, t] or [n, t, channels] of numbers"


@dataclass(frozen=True)
class Columns:
    """Where things lie in a file.

    Attributes:
        curves, labels, groups: names of arrays in an .npz, or (but for the first) of columns;
            empty: there are none, or the only array that is left.
        long: the columns of a long table: the curve's name, the time, and the values; empty: a row
            is a curve.
        written: how a table is written, as far as that is told.
    """

    curves: str = ""
    labels: str = ""
    groups: str = ""
    long: tuple[str, ...] = ()
    written: Written = Written()  # noqa: RUF009 - a tuple, which is frozen


@dataclass(frozen=True)
class Read:
    """Curves as a file has them.

    Attributes:
        curves: float64 `[n, t, channels]`, NaN beyond a curve's end.
        names: of the channels.
        layout: how they lie in the file.
        axis: where they are sampled, `[t]`; None: the file does not say.
        labels, groups: of each curve, `[n]`; None: there are none.
    """

    curves: np.ndarray
    names: tuple[str, ...]
    layout: Layout
    axis: np.ndarray | None = None
    labels: np.ndarray | None = None
    groups: np.ndarray | None = None


def count(curves: np.ndarray) -> np.ndarray:
    """Return the length of each curve of `[n, t, channels]`, where NaN ends it: int `[n]`."""
    present = ~np.isnan(curves).all(-1)
    steps = curves.shape[1]
    return np.where(present.any(1), steps - present[:, ::-1].argmax(1), 0)


def check(path: Path, found: Read) -> None:
    """Raise UserError for curves with a hole, none of them, or numbers that can't be scaled."""
    curves = found.curves
    if not curves.size:
        raise damaged(path, f"found no curve: its shape is {list(curves.shape)}", AGAIN)
    lengths = count(curves)
    inside = np.arange(curves.shape[1]) < lengths[:, None]
    for wrong, what in (
        (np.isnan(curves) & inside[..., None], "a value is missing; only a curve's end may be"),
        (np.abs(np.nan_to_num(curves, posinf=np.inf)) > MOST, f"a value beyond ±{MOST:g}"),
    ):
        if wrong.any():
            row, step, channel = np.argwhere(wrong)[0]
            raise UserError(
                f"{path}: curve {row + 1}, point {step + 1}, {found.names[channel]}: {what}"
            )
    if not lengths.all():
        raise UserError(f"{path}: curve {int(lengths.argmin()) + 1}: has no value")
    for i, name in enumerate(found.names):
        values = curves[..., i][inside]
        if values.min() == values.max():
            raise UserError(
                f"{path}: {name} is {values[0]:g} everywhere: there is nothing to learn; leave it "
                "out of the file"
            )


def as_classes(found: Read) -> tuple[Read, tuple[str, ...]]:
    """Return the same curves with numbers for labels, and the labels' names, in their order."""
    if found.labels is None:
        return found, ()
    import pandas as pd

    if pd.isna(found.labels).any():
        raise UserError(f"dataset.labels: {found.layout.labels}: some curves have none")
    names, numbers = np.unique(found.labels, return_inverse=True)
    if len(names) < 2:
        raise UserError(f"dataset.labels: {found.layout.labels}: has one class only; leave it out")
    return replace(found, labels=numbers), tuple(map(str, names))
