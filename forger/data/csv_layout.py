"""How CSV files are written: found in their beginning, and what is checked of all of them."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field

from forger.config.section import Section
from forger.core.errors import UserError
from forger.core.text import quote

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "cp1252")
MARKS_OF_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
BEGINNING = 2**18  # bytes from which delimiter and encoding are found
LINES = 100
LONGEST = 2**31 - 1  # characters of a value, where quotes are checked
LONGEST_NAME = 1000  # characters of a column's
DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")


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


class CsvFile(Section):
    """Parameters of how a CSV file is written, where it does not tell by itself."""

    delimiter: Annotated[str, Field(pattern=r"^[\t -~]$")] | None = Field(
        None, description="between the values of a CSV file; null: found"
    )
    encoding: str | None = Field(None, description="of a CSV file, as Python names it; null: found")
    header: bool | None = Field(
        None,
        description="whether a CSV file's first line has the columns' names; null: unless it has "
        "only numbers. Columns without names are column_1, column_2 and so on",
    )

    @property
    def written(self) -> Layout:
        """How the file is written, as far as that is told."""
        return Layout(self.delimiter, self.encoding, self.header)


class Head(NamedTuple):
    """How a CSV file begins.

    Attributes:
        delimiter, encoding: as in `Layout`.
        names: the columns'; `column_1` and so on of those without one.
        lines: how many lines the names take; 0: the file has none.
    """

    delimiter: str
    encoding: str
    names: list[str]
    lines: int


def read_head(path: Path, layout: Layout) -> Head:
    """Return how a CSV file begins, with what was not told found.

    Raises:
        UserError: it is empty or no text, a quote stays open, or its names can't be used.
    """
    delimiter, encoding = find_layout(path, layout)
    try:
        with path.open(encoding=encoding, newline="") as file:
            lines = csv.reader(file, delimiter=delimiter)
            first = next(lines)
    except csv.Error as error:
        raise UserError(f"{path}: {error}; say dataset.delimiter") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: {error.reason}; say dataset.encoding") from None
    if not first:
        raise UserError(f"{path}: its first line is empty; the columns' names belong there")
    check_quotes(path, delimiter, encoding)
    first[0] = first[0].removeprefix("\ufeff")
    named = _has_names(first) if layout.header is None else layout.header
    names = name_columns(path, first if named else [""] * len(first))
    return Head(delimiter, encoding, names, lines.line_num if named else 0)


def name_columns(path: Path, names: Sequence[str]) -> list[str]:
    """Return names without space around them, and those of columns that have none.

    Raises UserError if two are the same, or one is too long.
    """
    found = [name.strip() or f"column_{i}" for i, name in enumerate(names, 1)]
    if long := [name for name in found if len(name) > LONGEST_NAME]:
        raise UserError(
            f"{path}: the name of a column, {quote(long[0])}, has {len(long[0]):,} characters; at "
            f"most {LONGEST_NAME:,}"
        )
    name, times = Counter(found).most_common(1)[0] if found else ("", 0)
    if times > 1:
        raise UserError(f"{path}: two columns are called {quote(name)}; each needs its own name")
    return found


def _has_names(first: Sequence[str]) -> bool:
    """Tell whether a first line has names: not all of it are numbers, or missing ones.

    An empty place in front is the name of an index.
    """
    cells = [first[0], *(cell or "nan" for cell in first[1:])]
    return not all(_is_number(cell.replace(",", ".")) for cell in cells)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def find_layout(path: Path, layout: Layout) -> tuple[str, str]:
    """Return a CSV file's delimiter and encoding, with what was not told found in its beginning.

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
        return layout.delimiter or _find_delimiter(text), encoding
    tried = " or ".join(encodings)
    raise UserError(f"{path}: is no text in {tried}; say dataset.encoding")


def _find_delimiter(text: str) -> str:
    """Return the delimiter that cuts most lines into equally many values.

    A comma is none where each stands between two digits, and all lines have another one.
    """
    lines = [line for line in text.splitlines()[:LINES] if line.strip()]
    if "," not in DECIMAL_COMMA.sub("", "".join(lines)):
        for delimiter in DELIMITERS[1:]:
            if all(delimiter in line for line in lines):
                return delimiter
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
