"""What the columns of a table hold: numbers, dates or categories, found from their text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from forger.core.errors import UserError
from forger.core.text import quote
from forger.data.table_files import Texts

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "-nan", "NULL", "null", "<NA>", "#N/A")
FORMATS = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%SZ", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%fZ",
    "%Y-%m-%dT%H:%M:%S.%f", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%H:%M:%S", "%H:%M",
    "%H:%M:%S.%f",
)  # fmt: skip
MOST_DECIMALS = 8  # more are no grid
FEW = 20  # texts that tell no rows apart, however few rows there are
LARGEST = 1e30  # squares of squares of larger ones exceed float64
UNITS = re.compile(r"[$€£¥]\s?[-+]?\d[\d.,]*|[-+]?\d[\d.,]*\s?[%‰$€£¥]")
ALIKE = 0.5  # share of the rows with different texts from which on a column tells rows apart

Kind = Literal["number", "category", "date"]


@dataclass(frozen=True)
class Values:
    """A column's values.

    Attributes:
        kind: what they are.
        values: float64 `[n]`, as `Column` has them.
        categories: the names of categories.
        comma: whether numbers are written with a decimal comma.
        decimals: places after the point; None where there are too many for a grid.
        format: how dates are written.
        truths: whether categories are truths of a typed table, and no text.
    """

    kind: Kind
    values: np.ndarray
    categories: tuple[str, ...] = ()
    comma: bool = False
    decimals: int | None = None
    format: str = ""
    truths: bool = False


def parse_column(name: str, texts: Texts, kind: Kind | None) -> Values:
    """Find what a column of text holds.

    Args:
        name: the column's, for messages.
        texts: its values.
        kind: what it has to be; None: found.

    Raises:
        UserError: some values are not of that kind, numbers are not finite, or nearly every row has
            a text of its own.
    """
    # Whoever says that a column is a category may have one that is called NA.
    there = ~np.isin(texts.uniques, MISSING[:1] if kind == "category" else MISSING)
    present = texts.uniques[there]
    if kind in (None, "number") and len(present):
        numbers, comma = _read_numbers(present)
        _check_numbers(name, texts, fill_where(there, numbers), there, kind)
        if not np.isnan(numbers).any() and (kind or not _is_coded(present)):
            values = fill_where(there, numbers)[texts.codes]
            return Values("number", values, comma=comma, decimals=_count_decimals(present))
    if kind in (None, "date") and len(present):
        seconds, written = _read_dates(present)
        if written:
            return Values("date", fill_where(there, seconds)[texts.codes], format=written)
        if kind == "date":
            raise UserError(
                f"{_key(name)}: found {quote(present[0])}; dates may be written as "
                f"{', '.join(FORMATS)}"
            )
    return _read_categories(name, texts, there, told=kind is not None)


def tells_rows_apart(texts: Texts) -> bool:
    """Tell whether nearly every row has a text of its own, and hardly any is a number or a date."""
    present = texts.uniques[~np.isin(texts.uniques, MISSING)]
    if len(present) <= max(FEW, ALIKE * len(texts.codes)):
        return False
    if _is_coded(present):
        return True
    if all(map(UNITS.fullmatch, present)):
        return False  # numbers, which are told of
    some = present[:: max(1, len(present) // 100)]
    return all(
        np.isnan(found).mean() > ALIKE
        for found in (_read_numbers(some)[0], *(_read_times(some, way) for way in FORMATS))
    )


def _key(name: str) -> str:
    return f"dataset.columns.{name}"


def fill_where(there: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return values `[m]` where `there`, bool `[n]`, holds, and NaN elsewhere, float64 `[n]`."""
    filled = np.full(len(there), np.nan)
    filled[there] = values
    return filled


def _read_numbers(present: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return numbers, NaN where a text is none, and whether they have decimal commas."""
    numbers = _convert(present)
    if not np.isnan(numbers).any() or not any("," in text for text in present):
        return numbers, False
    if all(re.fullmatch(r"[-+]?[1-9]\d{0,2}(,\d{3})+|[-+]?\d{1,3}", text) for text in present):
        return numbers, False  # of thousands or of decimals: only a person can tell
    one_comma = [re.fullmatch(r"[-+]?\d*,\d+", text) is not None for text in present]
    pointed = np.where(one_comma, [text.replace(",", ".") for text in present], present)
    if any("." in text for text in present):  # as in 1,000.5: a comma of another meaning
        return numbers, False
    return _convert(pointed), True


def _convert(present: np.ndarray) -> np.ndarray:
    """Return texts as float64, NaN where one is no number."""
    numbers = pd.to_numeric(pd.Series(present, dtype=object), errors="coerce")
    return np.asarray(numbers, np.float64)


def _is_coded(present: np.ndarray) -> bool:
    """Tell whether digits are a code: some begin with a 0, or are more than a float64 holds."""
    return any(re.fullmatch(r"0\d+|[-+]?\d{16,}", text) is not None for text in present)


def _check_numbers(
    name: str, texts: Texts, numbers: np.ndarray, there: np.ndarray, kind: Kind | None
) -> None:
    """Raise UserError if numbers are infinite, or text stands among them."""
    rows = np.bincount(texts.codes, minlength=len(there))
    odd = there & np.isnan(numbers)
    right = rows[there & ~odd].sum()
    if odd.any() and (kind == "number" or right > rows[odd].sum()):
        value = int(np.flatnonzero(odd)[0])
        raise UserError(
            f"{_key(name)}: row {texts.row_of(value) + 1} has {quote(texts.uniques[value])} among "
            f"{right:,} numbers; mend it, or say that the column is a category"
        )
    thousands = [
        text for text in texts.uniques[odd] if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+", text)
    ]
    if len(thousands) == odd.sum() > 0:
        raise UserError(
            f"{_key(name)}: found {quote(thousands[0])}, where the comma may part thousands or "
            "decimals; write numbers without the one or with a point"
        )
    if len(infinite := np.flatnonzero(np.abs(numbers) > LARGEST)):
        value = int(infinite[0])
        raise UserError(
            f"{_key(name)}: row {texts.row_of(value) + 1} has {quote(texts.uniques[value])}; "
            f"numbers must be within ±{LARGEST:g}, and missing ones empty"
        )


def _count_decimals(present: np.ndarray) -> int | None:
    """Return the most places after the point; None where there are too many for a grid."""
    most = 0
    for text in present:
        whole, _, rest = text.replace(",", ".").partition(".")
        if not rest.isdigit() and (rest or not whole.lstrip("+-").isdigit()):
            return None  # an exponent
        most = max(most, len(rest))
    return most if most <= MOST_DECIMALS else None


def _read_times(present: np.ndarray, written: str) -> np.ndarray:
    """Return seconds since 1970, NaN where a text is not written so."""
    texts = pd.Series(present, dtype=object)
    times = pd.to_datetime(texts, format=written, errors="coerce", utc=True)
    seconds = times.to_numpy("datetime64[us]").astype(np.int64) / 1e6
    return np.where(times.isna(), np.nan, seconds)


def _read_dates(present: np.ndarray) -> tuple[np.ndarray, str]:
    """Return seconds since 1970, and how they are written; empty if no format fits all."""
    for written in FORMATS:
        if np.isnan(_read_times(present[:100], written)).any():
            continue
        if not np.isnan(seconds := _read_times(present, written)).any():
            return seconds, written
    return np.empty(0), ""


def _read_categories(name: str, texts: Texts, there: np.ndarray, told: bool) -> Values:
    present = texts.uniques[there]
    rows = len(texts.codes)
    if not told and len(present) > FEW and all(map(UNITS.fullmatch, present)):
        raise UserError(
            f"{_key(name)}: found {quote(present[0])}, a number with a unit; write numbers alone, "
            "or say drop or category"
        )
    if not told and len(present) > max(FEW, ALIKE * rows):
        raise UserError(
            f"{_key(name)}: {len(present):,} of {rows:,} rows have a text of their own, which no "
            "generator can learn; say drop, or category if they are meant as such"
        )
    order = np.argsort(present.astype(str), kind="stable")
    place = np.empty(len(present))
    place[order] = np.arange(len(present))
    categories = tuple(str(text) for text in present[order])
    values = fill_where(there, place)[texts.codes]
    return Values("category", values, categories, truths=texts.truths)
