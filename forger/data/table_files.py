"""Tables in files: CSV and Parquet, as columns of text."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pyarrow_csv
from pyarrow import parquet

from forger.core.errors import UserError
from forger.core.text import printable, quote
from forger.data.csv_layout import Layout, check_quotes, find_layout

CSV = (".csv", ".tsv", ".txt")
PARQUET = (".parquet", ".pq")


class Texts(NamedTuple):
    """A column as text.

    Attributes:
        uniques: every value once, str `[u]`, without space around it; missing ones are empty.
        codes: the place of each row's value in `uniques`, int `[n]`.
        truths: whether they are truths of a typed table, `true` and `false`, and no text.
    """

    uniques: np.ndarray
    codes: np.ndarray
    truths: bool = False

    def row_of(self, value: int) -> int:
        """Return the first row with one of the unique values, from 0."""
        return int(np.argmax(self.codes == value))


def read_texts(path: Path, layout: Layout) -> dict[str, Texts]:
    """Read a table as columns of text, by their names, in the file's order.

    Raises:
        UserError: the file can't be read, is no table, or changed while it was read.
    """
    try:
        before = path.stat()
        table = _read_parquet(path) if path.suffix.lower() in PARQUET else _read_csv(path, layout)
        after = path.stat()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UserError(f"{path}: changed while it was read; run again once it is whole")
    names = table.column_names
    _check_names(path, names)
    if table.num_rows == 0:
        raise UserError(f"{path}: found the columns' names, but no rows")
    return encode_texts(table)


def encode_texts(table: pa.Table) -> dict[str, Texts]:
    """Return the columns of a table of any types as text, by their names."""
    found = {}
    for name in table.column_names:
        try:
            found[name] = _encode(table[name])
        except pa.ArrowException:
            raise UserError(
                f"column {quote(name)}: found {table[name].type}; a value must be a number, text, "
                "a date or a truth"
            ) from None
    return found


def _read_csv(path: Path, layout: Layout) -> pa.Table:
    delimiter, encoding, header = find_layout(path, layout)
    try:
        with path.open(encoding=encoding, newline="") as file:
            lines = csv.reader(file, delimiter=delimiter or ",")
            first = next(lines)
    except csv.Error as error:
        raise UserError(f"{path}: {error}; say dataset.delimiter") from None
    if not first:
        raise UserError(f"{path}: its first line is empty; the columns' names belong there")
    check_quotes(path, delimiter or ",", encoding)
    first[0] = first[0].removeprefix("\ufeff")
    if header is None:
        header = not all(map(_is_number, first))
    names = _name_columns(first if header else [""] * len(first))
    ragged: list[pyarrow_csv.InvalidRow] = []

    def note(row: pyarrow_csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    try:
        found = pyarrow_csv.read_csv(
            path,
            # In one thread, so that a row that does not fit has a number.
            pyarrow_csv.ReadOptions(
                use_threads=False,
                encoding=encoding,
                column_names=names,
                skip_rows=lines.line_num if header else 0,
            ),
            pyarrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note
            ),
            # Every column stays the text that it is.
            pyarrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        why = printable(str(error).splitlines()[0])
        if why.startswith("Could not skip"):
            why = "found the columns' names, but no rows"
        elif "UTF8" in why or isinstance(error, UnicodeDecodeError):
            why = f"is no text in {encoding} all through; say dataset.encoding ({why})"
        raise UserError(f"{path}: {why}") from None
    if ragged:
        row = ragged[0]
        raise UserError(
            f"{path}: row {row.number} has {row.actual_columns} values instead of "
            f"{row.expected_columns}: {quote(row.text[:60])}; mend it, or say dataset.delimiter"
        )
    return found


def _name_columns(names: Sequence[str]) -> list[str]:
    """Return names without space around them, and those of columns that have none."""
    return [name.strip() or f"column_{i}" for i, name in enumerate(names, 1)]


def _check_names(path: Path, names: Sequence[str]) -> None:
    if len({*names}) == len(names):
        return
    counts = Counter(names)
    twice = next(name for name in names if counts[name] > 1)
    raise UserError(f"{path}: two columns are called {quote(twice)}; each needs its own name")


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _read_parquet(path: Path) -> pa.Table:
    try:
        names = _name_columns(parquet.read_schema(path).names)
        _check_names(path, names)
        return parquet.read_table(path).rename_columns(names)
    except pa.ArrowException as error:
        raise UserError(f"{path}: is no Parquet file ({str(error).splitlines()[0]})") from None


def _encode(column: pa.ChunkedArray) -> Texts:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    truths = pa.types.is_boolean(column.type)
    if not pa.types.is_string(column.type):
        column = column.cast(pa.string())
    stripped = pc.utf8_trim_whitespace(pc.fill_null(column, ""))
    encoded = stripped.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    uniques = np.array(encoded.dictionary.to_pylist(), object)
    return Texts(uniques, encoded.indices.to_numpy(zero_copy_only=False), truths)
