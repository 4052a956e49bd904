"""A table of a person's own: rows of a CSV or Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from forger.core.errors import UserError
from forger.data.checks import find_place
from forger.data.csv_layout import Layout, find_layout
from forger.data.rows import Rows
from forger.data.table_files import CSV, PARQUET, Texts, read_texts


class Table(Rows):
    """Rows of a CSV or Parquet file."""

    kind: Literal["table"]
    path: Annotated[str, Field(min_length=1, max_length=4096)] = Field(
        description="a .csv, .tsv, .txt, .parquet or .pq file"
    )
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
    def place(self) -> str:
        return self.path

    def locate(self, folder: Path) -> Path:
        """Return where `path` leads from `folder`. Raises UserError if there is nothing to read."""
        place = find_place(folder, self.path)
        if place.suffix.lower() not in (*CSV, *PARQUET):
            raise UserError(
                f"dataset.path: found {self.path}; a table is a {', '.join((*CSV, *PARQUET))} file"
            )
        if not place.is_file():
            raise UserError(f"dataset.path: {self.path} is not there, or no file")
        return place

    @property
    def layout(self) -> Layout:
        """How the file is written, as far as that is told."""
        return Layout(self.delimiter, self.encoding, self.header)

    def read(self, folder: Path) -> dict[str, Texts]:
        return read_texts(self.locate(folder), self.layout)

    def find_delimiter(self, folder: Path) -> str:
        place = self.locate(folder)
        if place.suffix.lower() in PARQUET:
            return ","
        return find_layout(place, self.layout).delimiter or ","
