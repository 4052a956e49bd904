"""Rows of a table under conditions: those samples that meet them."""

from __future__ import annotations

import operator
import re
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from forger.core.errors import UserError
from forger.core.text import quote, suggest
from forger.data.codecs.base import Codec
from forger.data.codecs.columns import AnyColumn, Category
from forger.data.codecs.table import Table
from forger.data.table_columns import parse_column
from forger.data.table_dates import read_times_as
from forger.data.table_files import Texts
from forger.data.table_rows import write_column
from jobs.generate.samples import Chunk

MOST_TRIED = 10_000_000  # samples that are drawn for rare conditions
FIRST_LOOK = 200_000  # samples after which a condition that none has met is given up
ORDERS = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "=": operator.eq,
}  # fmt: skip
VALUE = r"\s*(<=|>=|<|>|==?)\s*(.*)"


class Condition(NamedTuple):
    """What the value of a column must be."""

    column: str
    order: str
    value: str
    text: str = ""

    def __str__(self) -> str:
        return f"{self.column}{self.order}{self.value}"

    def fit(self, codec: Table) -> Condition:
        """Return the same for a table whose columns' names may have signs of an order in them."""
        for name in sorted(_names(codec), key=len, reverse=True):
            if found := re.fullmatch(re.escape(name) + VALUE, self.text, re.DOTALL):
                return _condition(name, found[1], found[2], self.text)
        return self

    def misfit(self, codec: Table) -> str:
        """Tell why no row of a table can meet it; empty if one may."""
        if self.column not in codec.names:
            return self._misfit_of_constant(codec)
        column = codec.columns[codec.names.index(self.column)]
        if isinstance(column, Category):
            if self.order != "=":
                return f"--where: {self.column} has categories, which {self.order} does not order"
            known = [*column.categories, *[""] * column.missing]
            if self.value not in known:
                return f"--where: {self.column}: found {quote(self.value)}; " + suggest(
                    self.value, known
                )
            return ""
        if self.value == "" and self.order == "=" and column.missing:
            return ""
        try:
            value = _read(column, self.value)
        except UserError as error:
            return f"--where: {error.problems[0]}"
        best = np.clip(value, column.low, column.high)
        if self.order != "=":
            best = column.low if "<" in self.order else column.high
        if not ORDERS[self.order](best, value):
            ends = write_column(column, np.array([column.low, column.high]))
            return f"--where: {self}: {self.column} lies between {' and '.join(ends)}"
        return ""

    def _misfit_of_constant(self, codec: Table) -> str:
        constants = {constant.name: constant.value for constant in codec.constants}
        if self.column not in constants:
            told = suggest(self.column, _names(codec))
            return f"--where: found the column {quote(self.column)}; {told}"
        own = constants[self.column]
        try:
            meets = ORDERS[self.order](float(own), float(self.value))
        except ValueError:
            meets = self.order == "=" and own == self.value
        return "" if meets else f"--where: {self}: {self.column} is {quote(own)} in all rows"

    def holds(self, values: np.ndarray, codec: Table) -> np.ndarray:
        """Tell which rows `[n, columns]` meet it, bool `[n]`."""
        if any(constant.name == self.column for constant in codec.constants):
            return np.ones(len(values), bool)
        at = codec.names.index(self.column)
        return self.meet(codec.columns[at], values[:, at])

    def meet(self, column: AnyColumn, own: np.ndarray) -> np.ndarray:
        """Tell which values `[n]` of the column meet it, bool `[n]`."""
        if self.value == "":
            return np.isnan(own)
        return np.asarray(ORDERS[self.order](own, _read(column, self.value)))


def condition(text: str) -> Condition:
    """Parse a condition of the command line, such as `colour=red` or `age>=18`."""
    found = re.fullmatch("(.+?)" + VALUE, text, re.DOTALL)
    if found is None:
        raise ArgumentTypeError(f"found {text!r}; expected COLUMN=VALUE")
    column, order, value = found.groups()
    return _condition(column, order, value, text)


def find_label(conditions: Sequence[Condition], codec: Table) -> int | None:
    """Return the label of all rows that meet the conditions; None if these do not name one."""
    for each in conditions:
        if each.column == codec.labels and each.order == "=" and not each.misfit(codec):
            column = codec.columns[codec.names.index(each.column)]
            met = each.meet(column, column.restore(np.arange(column.choices), None))
            return int(met.argmax()) if met.any() else None
    return None


def select(
    chunks: Iterable[Chunk], conditions: Sequence[Condition], codec: Codec, n: int
) -> Iterator[Chunk]:
    """Yield the first `n` rows that meet all conditions.

    Raises:
        UserError: too few samples meet them.
    """
    assert isinstance(codec, Table)
    found = 0
    tried = 0
    for samples, labels in chunks:
        meets = np.all([each.holds(samples, codec) for each in conditions], axis=0)
        rows = np.flatnonzero(meets)[: n - found]
        found += len(rows)
        tried += len(samples)
        if len(rows):
            yield samples[rows], None if labels is None else labels[rows]
        if found == n:
            return
        if not found and tried >= FIRST_LOOK:
            break
    told = " and ".join(map(str, conditions))
    raise UserError(f"--where: {found:,} of {tried:,} samples meet {told}; asked for {n:,}")


def _condition(column: str, order: str, value: str, text: str) -> Condition:
    return Condition(column, "=" if order == "==" else order, value, text)


def _names(codec: Table) -> list[str]:
    return [each.name for each in (*codec.columns, *codec.constants)]


def _read(column: AnyColumn, text: str) -> float:
    """Return what a text means in a column. Raises UserError if it means nothing there."""
    if isinstance(column, Category):
        return float(column.categories.index(text))
    one = np.array([text], object)
    if column.format:
        (seconds,) = read_times_as(one, column.format)
        if np.isnan(seconds):
            raise UserError(f"{column.name}: found {quote(text)}; its dates are {column.format}")
        return float(seconds)
    return float(parse_column(column.name, Texts(one, np.zeros(1, int)), "number").values[0])
