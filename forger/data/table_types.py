"""Types of a typed table's columns: their names in data.json, and the way from text and back."""

from __future__ import annotations

import re

import pyarrow as pa

from forger.core.errors import UserError
from forger.core.text import quote

ZONED = re.compile(r"timestamp\[(\w+), tz=(.+)\]")
DECIMAL = re.compile(r"decimal(32|64|128|256)\((\d+), (-?\d+)\)")


def name_type(kind: pa.DataType) -> str:
    """Return a type's name, or empty text if it can't be found by a name again."""
    try:
        return str(kind) if find_type(str(kind)) == kind else ""
    except UserError:
        return ""


def find_type(name: str) -> pa.DataType:
    """Return the type of a name. Raises UserError if there is none."""
    try:
        if found := ZONED.fullmatch(name):
            return pa.timestamp(found[1], found[2])
        if found := DECIMAL.fullmatch(name):
            return getattr(pa, f"decimal{found[1]}")(int(found[2]), int(found[3]))
        return pa.type_for_alias(name)
    except ValueError:
        raise UserError(f"data.json: found the type {quote(name)}, which no column has") from None


def write_values(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values of any type as text: times of a zone as they are in UTC, durations as numbers.

    Raises ArrowException if there is no text for them.
    """
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        column = column.cast(pa.timestamp(kind.unit))
    elif pa.types.is_duration(kind):
        column = column.cast(pa.int64())
    return column if pa.types.is_string(column.type) else column.cast(pa.string())


def restore(values: pa.Array, name: str) -> pa.Array:
    """Return values as the type of this name: text, numbers, or times in UTC without a zone.

    An empty name leaves them as they are.
    """
    if not name or (kind := find_type(name)) == values.type:
        return values
    if pa.types.is_duration(kind):
        values = values.cast(pa.int64())
    # A float32's neighbours are close enough, and so is the whole number of units of a time.
    return values.cast(kind, safe=False)
