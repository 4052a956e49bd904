"""Dates and times as they are written in a table."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

TIMES = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f",
)  # fmt: skip
FORMATS = (
    "%Y-%m-%d", *TIMES, *(f"{way}%z" for way in TIMES), "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y",
    "%m/%d/%Y", "%H:%M:%S", "%H:%M", "%H:%M:%S.%f",
)  # fmt: skip
ZONE = "%z"
OFFSET = re.compile(r"Z$|([+-])(\d\d):?(\d\d)$")  # from UTC, at a time's end
PLACES = 6  # of a second's fraction, where there is one
SOME = 100  # texts that tell whether any is a date


class Dates(NamedTuple):
    """Texts as dates.

    Attributes:
        seconds: since 1970, float64 `[n]`, NaN where a text is no date.
        format: how all are written, as strftime has it; empty: in several ways, or not all are.
        several: whether they had several offsets from UTC, and are in UTC now.
    """

    seconds: np.ndarray
    format: str
    several: bool = False


def read_dates(present: np.ndarray) -> Dates:
    """Return texts as dates, as far as they are some.

    A zone that all have, such as `Z` or `+02:00`, belongs to the format, and seconds are those of
    a clock there. Of several offsets, seconds are those of UTC.
    """
    seconds = np.full(len(present), np.nan)
    some = present[:: max(1, len(present) // SOME)]
    for written in FORMATS:
        if np.isnan(read_times(some, written)).all():
            continue
        found = read_times(present, written)
        if not np.isnan(found).any():
            return _settle(present, found, written)
        seconds = np.where(np.isnan(seconds), found, seconds)
    return Dates(seconds, "")


def read_times(present: np.ndarray, written: str) -> np.ndarray:
    """Return seconds since 1970, NaN where a text is not written so."""
    texts = pd.Series(present, dtype=object)
    times = pd.to_datetime(texts, format=written, errors="coerce", utc=True)
    seconds = times.to_numpy("datetime64[us]").astype(np.int64) / 1e6
    return np.where(times.isna(), np.nan, seconds)


def read_times_as(present: np.ndarray, written: str) -> np.ndarray:
    """Return seconds as a column written so has them, of texts that may be written otherwise.

    Texts with a zone are moved to the column's; those without are taken to be in it.
    """
    seconds = read_times(present, written)
    if not np.isnan(seconds).any():
        return seconds
    dates = read_dates(present)
    there, here = find_zone(dates.format), find_zone(written)
    moved = here[1] - there[1] if there and here else 0
    return np.where(np.isnan(seconds), dates.seconds + moved, seconds)


def find_zone(written: str) -> tuple[str, int] | None:
    """Return the zone that a format has, and its seconds before UTC; None if it has none."""
    if not (found := OFFSET.search(written)):
        return None
    sign, hours, minutes = found.groups(default="")
    if not sign:
        return "UTC", 0
    seconds = 3600 * int(hours) + 60 * int(minutes)
    return f"{sign}{hours}:{minutes}", -seconds if sign == "-" else seconds


def _settle(present: np.ndarray, seconds: np.ndarray, written: str) -> Dates:
    """Return dates of one format, with the zone that it has."""
    if not written.endswith(ZONE):
        return Dates(seconds, written)
    clock = written.removesuffix(ZONE)
    offsets = {found[0] if (found := OFFSET.search(text)) else "" for text in present}
    if len(offsets) == 1 and "" not in offsets:
        (offset,) = offsets
        return Dates(read_times(present, clock + offset), clock + offset)
    return Dates(seconds, f"{clock}+00:00", several=True)
