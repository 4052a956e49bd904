"""Rows of a table as they are written: in the original columns, as text or as typed values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa

from forger.data.codecs.columns import AnyColumn, Category, Constant, Number
from forger.data.codecs.table import Table

# What a constant becomes where values are typed, and how its text is read.
TYPES: dict[str, tuple[pa.DataType, Callable[[str], object]]] = {
    "text": (pa.string(), str),
    "truth": (pa.bool_(), lambda text: text == "true"),
    "whole": (pa.int64(), int),
    "number": (pa.float64(), float),
}


def build_texts(values: np.ndarray, codec: Table) -> pa.Table:
    """Return values `[n, columns]` as text, constant columns among them, in the file's order."""
    columns = {
        column.name: pa.array(write_column(column, own), pa.string())
        for column, own in zip(codec.columns, values.T, strict=True)
    }
    for constant in codec.constants:
        columns[constant.name] = pa.array([constant.value] * len(values), pa.string())
    return pa.table({name: columns[name] for name in codec.order})


def build_typed(values: np.ndarray, codec: Table) -> pa.Table:
    """Return the same as whole numbers, numbers, times and text; missing values are null."""
    columns = {
        column.name: _type_column(column, own)
        for column, own in zip(codec.columns, values.T, strict=True)
    }
    for constant in codec.constants:
        columns[constant.name] = _type_constant(constant, len(values))
    return pa.table({name: columns[name] for name in codec.order})


def write_column(column: AnyColumn, values: np.ndarray) -> list[str]:
    """Return a column's values `[n]` as they are written in the file; empty where missing."""
    if isinstance(column, Category):
        names = [*column.categories, ""]
        return [names[place] for place in column.choose(np.asarray(values))]
    if column.format:
        times = _times(values)
        return times.dt.strftime(column.format).fillna("").tolist()
    if column.decimals is None:
        texts = ["" if np.isnan(value) else f"{value:.9g}" for value in values]
    else:
        texts = ["" if np.isnan(v) else f"{v + 0.0:.{column.decimals}f}" for v in values]
    return [text.replace(".", ",") for text in texts] if column.comma else texts


def _times(values: np.ndarray) -> pd.Series:
    return pd.Series(pd.to_datetime(np.round(values * 1e6), unit="us", errors="coerce"))


def _type_constant(constant: Constant, rows: int) -> pa.Array:
    kind, read = TYPES[constant.type]
    return pa.array([read(constant.value) if constant.value else None] * rows, kind)


def _type_column(column: AnyColumn, values: np.ndarray) -> pa.Array:
    missing = np.isnan(values)
    if isinstance(column, Category):
        texts = pa.array(write_column(column, values), pa.string(), mask=missing)
        return texts.cast(pa.bool_()) if column.truths else texts
    if column.format and "%d" not in column.format:
        return pa.array(_times(values).dt.time, pa.time64("us"), from_pandas=True)
    if column.format:
        return pa.array(_times(values), pa.timestamp("us"))
    if _is_whole(column):
        return pa.array(np.where(missing, 0, values).astype(np.int64), mask=missing)
    return pa.array(values, pa.float64(), mask=missing)


def _is_whole(column: Number) -> bool:
    return column.decimals == 0 and abs(column.low) < 2**53 and abs(column.high) < 2**53
