"""A table of a person's own: rows of a CSV or Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from forger.data.checks import find_file
from forger.data.csv_layout import CsvFile, find_layout
from forger.data.rows import Rows
from forger.data.table_files import CSV, PARQUET, Texts, read_texts


class Table(Rows, CsvFile):
    """Rows of a CSV or Parquet file."""

    kind: Literal["table"]
    path: Annotated[str, Field(min_length=1, max_length=4096)] = Field(
        description="a .csv, .tsv, .txt, .parquet or .pq file"
    )

    @property
    def place(self) -> str:
        return self.path

    def locate(self, folder: Path) -> Path:
        """Return where `path` leads from `folder`. Raises UserError if there is nothing to read."""
        return find_file(folder, self.path, (*CSV, *PARQUET), "a table")

    def read(self, folder: Path) -> dict[str, Texts]:
        return read_texts(self.locate(folder), self.written)

    def find_delimiter(self, folder: Path) -> str:
        place = self.locate(folder)
        if place.suffix.lower() in PARQUET:
            return ","
        return find_layout(place, self.written)[0]
