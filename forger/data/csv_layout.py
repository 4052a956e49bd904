"""How CSV files are written: found in their beginning, and checked for quotes that stay open."""

from __future__ import annotations

import codecs
import csv
import io
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from forger.core.errors import UserError

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "cp1252")
MARKS_OF_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
BEGINNING = 2**18  # bytes from which delimiter and encoding are found
LINES = 100
LONGEST = 2**31 - 1  # characters of a value, where quotes are checked


class Layout(NamedTuple):
    """How a CSV file is written; None where the file itself has to tell.

    Attributes:
        delimiter: the character between two values.
        encoding: Python's name of the encoding.
        header: whether the first line has the columns' names: unless it has but numbers.
    """

    delimiter: str | None = None
    encoding: str | None = None
    header: bool | None = None


def find_layout(path: Path, layout: Layout) -> Layout:
    """Return a CSV file's layout, with what was not told found in its beginning.

    Raises UserError if it is empty or no text.
    """
    with path.open("rb") as file:
        beginning = file.read(BEGINNING)
        whole = not file.read(1)
    if not beginning.strip():
        raise UserError(f"{path}: is empty")
    found = ("utf-16",) if beginning[:2] in MARKS_OF_UTF_16 else ENCODINGS
    encodings = found if layout.encoding is None else (layout.encoding,)
    lines = beginning.split(b"\n")
    sample = b"\n".join(lines if whole or len(lines) == 1 else lines[:-1])
    for encoding in encodings:
        try:
            text = sample.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\0" in text:
            break
        delimiter = layout.delimiter or _find_delimiter(text)
        return Layout(delimiter, encoding, layout.header)
    tried = " or ".join(encodings)
    raise UserError(f"{path}: is no text in {tried}; say dataset.encoding")


def _find_delimiter(text: str) -> str:
    """Return the delimiter that cuts most lines into equally many values."""
    votes = []
    for delimiter in DELIMITERS:
        try:
            rows = [*islice(csv.reader(io.StringIO(text), delimiter=delimiter), LINES)]
        except csv.Error:  # a value of more than 128 KiB
            rows = []
        counts = [len(row) for row in rows if row]
        common = max(set(counts), key=counts.count, default=0)
        votes.append((counts.count(common) / len(counts) if common > 1 else 0.0, common))
    return DELIMITERS[votes.index(max(votes))]


def check_quotes(path: Path, delimiter: str, encoding: str | None) -> None:
    """Raise UserError if a quote is not closed: it would swallow all rows up to the next one."""
    with path.open("rb") as file:
        if not any(b'"' in block for block in iter(lambda: file.read(2**20), b"")):
            return
    most = csv.field_size_limit(LONGEST)
    try:
        with path.open(encoding=encoding, newline="") as file:
            lines = csv.reader(file, delimiter=delimiter, strict=True)
            begun = 0
            try:
                for _ in lines:
                    begun = lines.line_num
            except csv.Error:
                raise UserError(
                    f"{path}: line {begun + 1} has a quote that is not closed, or one within a "
                    'value; a value with quotes is written as "a ""b"" c"'
                ) from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: {error.reason}; say dataset.encoding") from None
    finally:
        csv.field_size_limit(most)
