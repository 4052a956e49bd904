"""What all tables have in common: columns, parts, and the codec of their rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from forger.config.section import FEWEST, Fraction
from forger.core.errors import UserError
from forger.core.text import quote, suggest
from forger.data.base import Data, Dataset
from forger.data.checks import check_shares
from forger.data.codecs.table import Table as Codec
from forger.data.column_fits import describe_column, describe_constant, describe_rows, tell_rounding
from forger.data.description import Description
from forger.data.row_labels import add_labels, read_labels
from forger.data.split import split
from forger.data.table_columns import MISSING, Values, fill_where, parse_column
from forger.data.table_files import Texts

DIFFERENT = 0.9  # share of different rows from which on equal ones are copies of each other
Column = Literal["number", "category", "date", "drop"]
Names = dict[Annotated[str, Field(min_length=1, max_length=1000)], Column | tuple[str, ...]]


class Rows(Dataset):
    """Rows of numbers, dates and categories, from wherever they are read.

    A kind of table adds where that is, and reads it.
    """

    spread: ClassVar[bool] = True

    columns: Names = Field(
        default={},
        description="what the columns must hold: number, date, category, drop, or a list of the "
        "only categories there may be; a column that is missing from the file or from here is "
        "refused. Empty: all columns, and whatever they hold",
    )
    target: str | None = Field(
        None, description="the column that models are trained to predict, to judge samples by it"
    )
    labels: str | None = Field(
        None,
        description="the column whose categories are the labels, which conditional methods are "
        "told; rows have it all the same",
    )
    group: str | None = Field(
        None,
        description="a column whose equal values, a patient's number say, keep rows in one part; "
        "it is not generated",
    )
    time: str | None = Field(
        None, description="a column by which the latest rows are for the test, not random ones"
    )
    held_out: Fraction = Field(
        0.2, gt=0, description="share of the rows that results are measured on"
    )
    validation: Fraction = Field(0.15, gt=0, description="share that searches look at")

    @model_validator(mode="after")
    def _some_left(self) -> Self:
        check_shares(self.held_out, self.validation, "rows")
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        return (1,)  # at least: only the file can tell how many numbers its rows become

    @property
    def train_size(self) -> int | None:
        return None

    @property
    def labelled(self) -> bool:  # type: ignore[override]
        """Whether rows have labels."""
        return self.labels is not None

    @property
    def offers(self) -> frozenset[str]:
        targets = {"target"} if self.target else set()
        return super().offers | {"columns"} | targets

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the rows come from, for messages."""

    @abstractmethod
    def read(self, folder: Path) -> dict[str, Texts]:
        """Return all columns as text; relative paths start from `folder`. Raises UserError."""

    def find_delimiter(self, folder: Path) -> str:
        """Return what stands between the values of a row, where samples are written as text."""
        return ","

    def parse(self, texts: Mapping[str, Texts]) -> dict[str, Values]:
        """Return what the columns that are kept hold. Raises UserError."""
        parsed = {}
        for name, text in texts.items():
            wanted = self.columns.get(name)
            if wanted == "drop" or name == self.group:
                continue
            kind = "category" if isinstance(wanted, tuple) else wanted
            parsed[name] = parse_column(name, text, kind)
            if isinstance(wanted, tuple):
                parsed[name] = _restrict(name, parsed[name], wanted)
        return parsed

    def make(self, folder: Path) -> Data:
        texts = self.read(folder)
        self._check_names([*texts])
        self._check_groups(texts)
        parsed = self.parse(texts)
        rows = len(next(iter(texts.values())).codes)
        values = np.stack([column.values for column in parsed.values()], axis=1)
        # Only where equal rows are rare are they copies, which must be in one part.
        tied = values if _are_mostly_different(values) else np.arange(rows)
        parts = split(
            {"real": tied, "row": np.arange(rows)},
            {"test": self.held_out, "validation": self.validation},
            self.seed,
            None if self.group is None else texts[self.group].codes,
            None if self.time is None else self._times(parsed),
        )
        sizes = {name: len(fields["row"]) for name, fields in parts.items()}
        if min(sizes.values()) < FEWEST:
            raise UserError(
                f"{self.place}: has {rows} rows, which leaves {sizes['train']} for "
                f"training, {sizes['validation']} for validation and {sizes['test']} for the test; "
                f"figures need at least {FEWEST} of each"
            )
        codec, varying = self._describe(parsed, texts, parts["train"]["row"])
        codec = codec.model_copy(update={"delimiter": self.find_delimiter(folder)})
        if self.labels is not None:
            codec = add_labels(codec, self.labels)
        real = describe_rows(codec)
        arrays = {
            name: {"real": codec.encode(values[fields["row"]][:, varying])}
            for name, fields in parts.items()
        }
        notes = [f"{quote(name)} {column.note}" for name, column in parsed.items() if column.note]
        for line in [*notes, *tell_rounding(codec, values[:, varying])]:
            print(f"{self.place}: {line}")
        of_labels = read_labels(codec, arrays)
        about = Description(fields={"real": real}, target=self.target or "", **of_labels)
        return Data(arrays, about)

    def _check_names(self, found: list[str]) -> None:
        """Raise UserError if the file lacks a column that is named here, or has another."""
        named = {
            "target": self.target,
            "labels": self.labels,
            "group": self.group,
            "time": self.time,
        }
        for key, name in named.items():
            if name is not None and name not in found:
                raise UserError(f"dataset.{key}: found {quote(name)}; {suggest(name, found)}")
        if not self.columns:
            return
        if lost := [name for name in self.columns if name not in found]:
            raise UserError(f"dataset.columns.{lost[0]}: {self.place} has no such column")
        known = {*self.columns, self.group}
        if new := [name for name in found if name not in known]:
            raise UserError(
                f"{self.place}: has a new column, {quote(new[0])}; say in dataset.columns what it "
                "holds, or drop"
            )

    def _check_groups(self, texts: Mapping[str, Texts]) -> None:
        """Raise UserError if a row has no group: such rows need not belong together."""
        if self.group is None:
            return
        found = texts[self.group]
        missing = np.isin(found.uniques, MISSING)[found.codes]
        if missing.any():
            raise UserError(
                f"dataset.group: {self.group} is missing in {missing.sum():,} rows, the first of "
                f"which is row {int(missing.argmax()) + 1}; each needs one, of its own if it "
                "belongs to no other"
            )

    def _times(self, parsed: dict[str, Values]) -> np.ndarray:
        assert self.time is not None
        column = parsed.get(self.time)
        if column is None or column.kind == "category" or np.isnan(column.values).any():
            raise UserError(
                f"dataset.time: {self.time} has dates or numbers not in all rows, or is dropped"
            )
        return column.values

    def _describe(
        self, parsed: dict[str, Values], texts: dict[str, Texts], train: np.ndarray
    ) -> tuple[Codec, list[int]]:
        """Return the codec, and which of the columns that are kept vary."""
        found = {
            name: describe_column(name, column, train, self.seed) for name, column in parsed.items()
        }
        varying = [i for i, column in enumerate(found.values()) if column is not None]
        if not varying:
            raise UserError(f"{self.place}: all rows are the same")
        for key in ("target", "labels"):
            name = getattr(self, key)
            if name is not None and found.get(name) is None:
                raise UserError(f"dataset.{key}: {name} is dropped, or the same in all rows")
        codec = Codec(
            columns=tuple(column for column in found.values() if column is not None),
            constants=tuple(
                describe_constant(name, parsed[name], str(texts[name].uniques[0]))
                for name, column in found.items()
                if column is None
            ),
            order=tuple(parsed),
        )
        return codec, varying


def _are_mostly_different(values: np.ndarray) -> bool:
    return len({row.tobytes() for row in values}) >= DIFFERENT * len(values)


def _restrict(name: str, column: Values, wanted: tuple[str, ...]) -> Values:
    """Return categories as those that there may be. Raises UserError if there are others."""
    if new := [category for category in column.categories if category not in wanted]:
        listed = ", ".join(map(quote, wanted))
        raise UserError(
            f"dataset.columns.{name}: the data have a new category, {quote(new[0])}; allowed: "
            f"{listed}"
        )
    order = sorted(wanted)
    place = np.array([order.index(category) for category in column.categories] or [0], float)
    there = ~np.isnan(column.values)
    values = fill_where(there, place[column.values[there].astype(int)])
    return replace(column, values=values, categories=tuple(order))
