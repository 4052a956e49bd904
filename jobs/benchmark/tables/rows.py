"""A recipe's rows, and CSV files of rows like them, whoever has made these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from forger.core.errors import UserError
from forger.data.base import Data
from forger.data.codecs.columns import Category
from forger.data.codecs.table import Table
from forger.data.table_rows import build_texts
from forger.metrics.likelihood import measure_likelihood


@dataclass(frozen=True)
class TableRows:
    """The rows of a table, float64 `[n, columns]`, see `Column`.

    Attributes:
        codec: what its columns are.
        law: what the rows are drawn from, as data.json has it.
        train, test: rows to learn from, and rows to judge by.
    """

    codec: Table
    law: Mapping[str, Any]
    train: np.ndarray
    test: np.ndarray

    @classmethod
    def of(cls, data: Data) -> Self:
        """Return the rows of a recipe's data. Raises UserError if they are of no table."""
        codec = data.description.real.codec
        if not isinstance(codec, Table):
            raise UserError(f"found examples of the kind {codec.kind}; a table is needed")
        train, test = (codec.decode(data.arrays[part]["real"]) for part in ("train", "test"))
        return cls(codec, data.description.law, train, test)

    @property
    def discrete(self) -> list[str]:
        """The names of those that have a few values only: categories, and some numbers."""
        return [column.name for column in self.codec.columns if not column.measured]

    def write(self, file: Path) -> Path:
        """Write the rows to learn from to a CSV file, without constant columns; return it."""
        texts = build_texts(self.train, self.codec).select(self.codec.names)
        texts.to_pandas().to_csv(file, index=False)
        return file

    def read(self, file: Path) -> np.ndarray:
        """Return the rows of a CSV file of this table. Raises UserError if they do not fit it."""
        texts = [column.name for column in self.codec.columns if isinstance(column, Category)]
        frame = pd.read_csv(file, dtype=dict.fromkeys(texts, str), keep_default_na=False)
        columns = []
        for column in self.codec.columns:
            own = frame[column.name]
            if isinstance(column, Category):
                place = {name: i for i, name in enumerate(column.categories)}
                own = own.map(place)
            values = own.to_numpy(np.float64)
            if np.isnan(values).any():
                raise UserError(f"{file}: {column.name}: found values that the table has not")
            columns.append(values)
        return np.stack(columns, axis=1)

    def judge(self, rows: np.ndarray) -> dict[str, float]:
        """Return the likelihoods of rows `[n, columns]` beside those to judge by, in nats a row."""
        return measure_likelihood(rows, self.test, self.law, self.codec.names)
