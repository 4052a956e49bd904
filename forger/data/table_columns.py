"""What the columns of a table hold: numbers, dates or categories, found from their text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from forger.core.errors import UserError
from forger.core.text import quote
from forger.data.table_dates import FORMATS, PLACES, SOME, Dates, read_dates
from forger.data.table_files import Texts

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "-nan", "NULL", "null", "<NA>", "#N/A")
MOST_DECIMALS = 8  # more are no grid
FEW = 20  # texts that tell no rows apart, however few rows there are
LARGEST = 1e30  # squares of squares of larger ones exceed float64
UNITS = re.compile(r"[$€£¥]\s?[-+]?\d[\d.,]*|[-+]?\d[\d.,]*\s?[%‰$€£¥]")
ALIKE = 0.5  # share of the rows with different texts from which on a column tells rows apart

IN_UTC = "has times of several offsets from UTC, and is taken and written in UTC"

Kind = Literal["number", "category", "date"]


@dataclass(frozen=True)
class Values:
    """A column's values.

    Attributes:
        kind: what they are.
        values: float64 `[n]`, as `Column` has them.
        categories: the names of categories.
        comma: whether numbers are written with a decimal comma.
        decimals: places after the point, of dates those of seconds; None where there are too many
            for a grid, or of dates none.
        format: how dates are written.
        type: of a typed table, the name of the values' type.
        note: what a person should know of how they were read; empty: nothing.
    """

    kind: Kind
    values: np.ndarray
    categories: tuple[str, ...] = ()
    comma: bool = False
    decimals: int | None = None
    format: str = ""
    type: str = ""
    note: str = ""


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
            decimals = _count_decimals(present)
            return Values("number", values, comma=comma, decimals=decimals, type=texts.type)
    if kind in (None, "date") and len(present):
        dates = read_dates(present)
        if dates.format:
            values = fill_where(there, dates.seconds)[texts.codes]
            return Values(
                "date",
                values,
                decimals=PLACES if "%f" in dates.format else None,
                format=dates.format,
                type=texts.type,
                note=IN_UTC if dates.several else "",
            )
        _check_dates(name, texts, there, dates, kind == "date")
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
    some = present[:: max(1, len(present) // SOME)]
    return all(
        np.isnan(found).mean() > ALIKE
        for found in (_read_numbers(some)[0], read_dates(some).seconds)
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


def _check_dates(name: str, texts: Texts, there: np.ndarray, dates: Dates, told: bool) -> None:
    """Raise UserError if what is no date stands among dates, or they are written in several ways.

    Args:
        told: whether they have to be dates: else they may be few among text.
    """
    if not told and np.isnan(dates.seconds).all():
        return
    known = there.copy()
    known[there] = ~np.isnan(dates.seconds)
    rows = np.bincount(texts.codes, minlength=len(there))
    odd = there & ~known
    right = rows[known].sum()
    if not told and right <= rows[odd].sum():
        return
    ways = f"dates may be written as {', '.join(FORMATS)}"
    value = int(np.flatnonzero(odd if odd.any() else known)[0])
    shown = f"row {texts.row_of(value) + 1} has {quote(texts.uniques[value])}"
    if not right:
        raise UserError(f"{_key(name)}: {shown}; {ways}")
    if odd.any():
        raise UserError(
            f"{_key(name)}: {shown}, which is no date, among {right:,} dates; mend it, or say that "
            "the column is a category"
        )
    raise UserError(
        f"{_key(name)}: found dates in several ways: {shown}, and not all are written so; write "
        "them in one, or say that the column is a category"
    )


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
    return Values("category", values, categories, type=texts.type)
