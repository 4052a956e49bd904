"""Tables in files: CSV and Parquet, as columns of text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pyarrow_csv
from pyarrow import parquet

from forger.core.archives import RATIO, SMALL
from forger.core.errors import UserError
from forger.core.text import printable, quote
from forger.data.checks import hold_still
from forger.data.csv_layout import Layout, name_columns, read_head
from forger.data.table_types import name_type, write_values

CSV = (".csv", ".tsv", ".txt")
PARQUET = (".parquet", ".pq")
MOST_COLUMNS = 2000


class Texts(NamedTuple):
    """A column as text.

    Attributes:
        uniques: every value once, str `[u]`, without space around it; missing ones are empty.
        codes: the place of each row's value in `uniques`, int `[n]`.
        type: of a typed table, the name of the values' type.
    """

    uniques: np.ndarray
    codes: np.ndarray
    type: str = ""

    def row_of(self, value: int) -> int:
        """Return the first row with one of the unique values, from 0."""
        return int(np.argmax(self.codes == value))


def read_texts(path: Path, layout: Layout) -> dict[str, Texts]:
    """Read a table as columns of text, by their names, in the file's order.

    Raises:
        UserError: the file can't be read, is no table, or changed while it was read.
    """
    with hold_still(path):
        table = _read_parquet(path) if path.suffix.lower() in PARQUET else _read_csv(path, layout)
    if table.num_rows == 0:
        raise UserError(f"{path}: found the columns' names, but no rows")
    try:
        found = encode_texts(table)
    except UserError as error:
        raise UserError(*(f"{path}: {line}" for line in error.problems)) from None
    if path.suffix.lower() in PARQUET:
        return found
    return {name: texts._replace(type="") for name, texts in found.items()}


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
    delimiter, encoding, names, lines = read_head(path, layout)
    _check_number(path, names)
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
                skip_rows=lines,
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


def _check_number(path: Path, names: Sequence[str]) -> None:
    if not 0 < len(names) <= MOST_COLUMNS:
        raise UserError(f"{path}: has {len(names):,} columns; a table has 1 to {MOST_COLUMNS:,}")


def _check_ratio(path: Path, about: parquet.FileMetaData) -> None:
    """Raise UserError if a few bytes say that they are many values, which may exhaust memory."""
    size = path.stat().st_size
    values = about.num_rows * about.num_columns
    if values > RATIO * size + SMALL:
        raise UserError(f"{path}: would unfold {size:,} bytes to {values:,} values")


def _read_parquet(path: Path) -> pa.Table:
    try:
        names = name_columns(path, parquet.read_schema(path).names)
        _check_number(path, names)
        _check_ratio(path, parquet.read_metadata(path))
        return parquet.read_table(path).rename_columns(names)
    except (pa.ArrowException, OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        why = printable(next(iter(str(error).splitlines()), type(error).__name__))
        raise UserError(f"{path}: is no Parquet file, or damaged ({why})") from None


def _encode(column: pa.ChunkedArray) -> Texts:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    stripped = pc.utf8_trim_whitespace(pc.fill_null(write_values(column), ""))
    encoded = stripped.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    uniques = np.array(encoded.dictionary.to_pylist(), object)
    return Texts(uniques, encoded.indices.to_numpy(zero_copy_only=False), name_type(column.type))
