"""Rows of a table as they are written: in the original columns, as text or as typed values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from forger.data.codecs.columns import AnyColumn, Category, Constant, Number
from forger.data.codecs.table import Table
from forger.data.table_dates import find_zone, read_times
from forger.data.table_types import find_type, restore

# Types whose values are what is written, even if that is a number or a date.
OF_TEXT = ("string", "large_string", "binary", "large_binary", "decimal")


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
        column.name: restore(_type_column(column, own), column.type)
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
    if not constant.value:
        return pa.nulls(rows, find_type(constant.type))
    if constant.format:
        seconds = read_times(np.array([constant.value], object), constant.format)
        one = _type_times(seconds, constant.format)
    else:
        one = pa.array([constant.value])
    return restore(one, constant.type).take(pa.array(np.zeros(rows, np.int64)))


def _type_column(column: AnyColumn, values: np.ndarray) -> pa.Array:
    missing = np.isnan(values)
    if isinstance(column, Category) or column.type.startswith(OF_TEXT):
        return pa.array(write_column(column, values), pa.string(), mask=missing)
    if column.format:
        return _type_times(values, column.format)
    if _is_whole(column):
        return pa.array(np.where(missing, 0, values).astype(np.int64), mask=missing)
    return pa.array(values, pa.float64(), mask=missing)


def _type_times(seconds: np.ndarray, written: str) -> pa.Array:
    """Return seconds since 1970 as times of a day, or as times, in UTC where they have a zone."""
    if "%d" not in written:
        return pa.array(_times(seconds).dt.time, pa.time64("us"), from_pandas=True)
    zone = find_zone(written)
    if zone is None:
        return pa.array(_times(seconds), pa.timestamp("us"))
    name, offset = zone
    return pa.array(_times(seconds - offset), pa.timestamp("us")).cast(pa.timestamp("us", name))


def _is_whole(column: Number) -> bool:
    return column.decimals == 0 and abs(column.low) < 2**53 and abs(column.high) < 2**53
