"""Reading curves from tables: a row a curve, or a row a point."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forger.core.errors import UserError
from forger.core.text import printable, suggest
from forger.data import csv_layout
from forger.data.curves_found import Columns, Read
from forger.data.description import Layout

if TYPE_CHECKING:
    import pandas as pd

NEAR = 1e-3  # of a step, by which times may be off the others'


def read_wide(path: Path, columns: Columns) -> Read:
    """Read a table with a row a curve. Raises UserError, or what pandas raises."""
    table, named = _read_table(path, columns.written)
    apart = {"labels": columns.labels, "groups": columns.groups}
    _check_columns(path, table, [name for name in apart.values() if name])
    points = [name for name in table.columns if name not in apart.values()]
    curves = _numbers(path, table, points)[..., None]
    layout = Layout(columns=tuple(points) if named else (), labels=columns.labels)
    axis = None
    if named:
        try:
            axis = np.array([float(name) for name in points])
        except ValueError:
            axis = None
    if axis is not None and not (np.isfinite(axis).all() and (np.diff(axis) > 0).all()):
        axis = None
    labels, groups = (table[name].to_numpy() if name else None for name in apart.values())
    return Read(curves, ("value",), layout, axis, labels, groups)


def read_long(path: Path, columns: Columns) -> Read:
    """Read a table with a row a point. Raises UserError, or what pandas raises."""
    import pandas as pd

    table, _ = _read_table(path, columns.written._replace(header=True))
    name, time, *values = columns.long
    apart = {"labels": columns.labels, "groups": columns.groups}
    _check_columns(path, table, [*columns.long, *filter(None, apart.values())])
    if table[name].isna().any():
        raise UserError(f"{path}: {name}: found a row without the name of its curve")
    times = _numbers(path, table, [time])[:, 0]
    if (nowhere := ~np.isfinite(times)).any():
        row = int(nowhere.argmax())
        raise UserError(f"{path}: row {row + 1}, column {time}: found {times[row]:g}; needs a time")
    numbers = _numbers(path, table, values)
    of_curve, names = pd.factorize(table[name])
    order = np.lexsort((times, of_curve))
    of_curve = of_curve[order]
    lengths = np.bincount(of_curve)
    starts = np.cumsum(lengths) - lengths
    steps = np.arange(len(order)) - starts[of_curve]
    curves = np.full((len(names), lengths.max(), len(values)), np.nan)
    curves[of_curve, steps] = numbers[order]
    at = np.full(curves.shape[:2], np.nan)
    at[of_curve, steps] = times[order]
    found: dict[str, Any] = {}
    for key, column in apart.items():
        if column:
            found[key] = _one_a_curve(
                path, table[column].to_numpy()[order], of_curve, starts, column
            )
    layout = Layout(columns=columns.long, long=True, labels=columns.labels)
    read = Read(curves, tuple(values), layout, _common_times(at), **found)
    twice = np.argwhere(np.diff(at, axis=1) == 0)
    if len(twice):
        row, step = twice[0]
        raise UserError(f"{path}: curve {names[row]} has two rows at {time} {at[row, step]:g}")
    return read


def _one_a_curve(
    path: Path, values: np.ndarray, of_curve: np.ndarray, starts: np.ndarray, column: str
) -> np.ndarray:
    """Return the value of each curve in a column. Raises UserError if one curve has several."""
    import pandas as pd

    first = values[starts]
    # A missing value differs from itself; that all of a curve's are missing is told elsewhere.
    differs = (values != first[of_curve]) & ~(pd.isna(values) & pd.isna(first)[of_curve])
    if differs.any():
        row = int(differs.argmax())
        raise UserError(
            f"{path}: {column}: one curve has both {first[of_curve[row]]} and {values[row]}"
        )
    return np.asarray(first)


def _common_times(at: np.ndarray) -> np.ndarray | None:
    """Return the times `[t]` at which all curves are sampled, or None if they differ.

    They count from each curve's start, if not all begin at the same time.

    Args:
        at: `[n, t]`, NaN beyond a curve's end.
    """
    if np.ptp(at[:, 0]):
        at = at - at[:, :1]
    longest = at[(~np.isnan(at)).sum(1).argmax()]
    off = np.abs(at - longest) > NEAR * np.diff(longest).min(initial=np.inf)
    return None if off.any() else longest


def _read_table(path: Path, written: csv_layout.Layout) -> tuple[pd.DataFrame, bool]:
    """Return a table, and whether its first line names the columns."""
    import pandas as pd

    head = csv_layout.read_head(path, written)
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # of values that have no column
        table = pd.read_csv(
            path, sep=head.delimiter, encoding=head.encoding, decimal=_find_decimal(path, head),
            header=None, names=head.names, skiprows=1 if head.lines else 0, index_col=False,
            skipinitialspace=True, low_memory=False,
        )  # fmt: skip
    return table, bool(head.lines)


def _find_decimal(path: Path, head: csv_layout.Head) -> str:
    """Return the mark before decimals: a comma if some cells have it, and none has a point."""
    if head.delimiter == ",":
        return "."
    with path.open(encoding=head.encoding, newline="") as file:
        rows = [*islice(csv.reader(file, delimiter=head.delimiter), csv_layout.LINES)]
    cells = [cell.strip() for row in rows for cell in row]
    commas, points = (
        any(re.fullmatch(rf"[-+]?\d*{mark}\d+(e[-+]?\d+)?", cell, re.IGNORECASE) for cell in cells)
        for mark in (",", r"\.")
    )
    return "," if commas and not points else "."


def _check_columns(path: Path, table: pd.DataFrame, asked: Sequence[str]) -> None:
    known = list(table.columns)
    for name in asked:
        if name not in known:
            raise UserError(f"{path}: found no column {printable(name)}; {suggest(name, known)}")


def _numbers(path: Path, table: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Return columns as float64 `[rows, columns]`. Raises UserError for text."""
    import pandas as pd

    found = np.empty((len(table), len(columns)))
    for i, name in enumerate(columns):
        numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64)
        if (text := np.isnan(numbers) & table[name].notna().to_numpy()).any():
            row = int(text.argmax())
            cell = printable(str(table[name].iloc[row]), 60)
            raise UserError(f"{path}: row {row + 1}, column {name}: found {cell}; needs a number")
        found[:, i] = numbers
    return found
