"""The codec of a table's rows: each value is a choice, a number, or both (Xu et al. 2019)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from forger.core.errors import UserError
from forger.core.lazy import ops
from forger.core.seeds import stream
from forger.data.codecs.base import Codec
from forger.data.codecs.columns import AnyColumn, Constant, Number

if TYPE_CHECKING:
    import keras

NO_TENSOR = "a table's rows are no tensor in the data's units; `forger generate` writes them"
MOST_ALONE = 32  # categories that have a coordinate each; more share as many directions


class Place(NamedTuple):
    """Where a column's values are in an encoded row; None where there is no such number."""

    number: int | None
    choice: int | None


class Group(NamedTuple):
    """Choices among equally many, which stand next to each other.

    Attributes:
        size: among how many each is.
        columns: how many of them there are.
    """

    size: int
    columns: int


class Table(Codec):
    """Rows of a table.

    Values are float64 `[n, columns]`, as `Column` says. Encoded, a row has the numbers of all
    columns that are measured, scaled to their modes, and then the choices, as whole numbers, in
    ascending order of how many there are. For networks, a choice is spread out: 1 at its place and
    0 elsewhere.
    """

    spreads: ClassVar[bool] = True

    kind: Literal["table"] = "table"
    columns: tuple[AnyColumn, ...] = Field(description="those that vary, in the file's order")
    constants: tuple[Constant, ...] = Field(default=(), description="those that do not")
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = Field(
        default=",", description="between the values of a CSV file"
    )
    order: tuple[str, ...] = Field(default=(), description="the names of all, as in the file")
    labels: str = Field(
        default="",
        exclude_if=lambda name: not name,
        description="the column whose choices are the labels, in their order; empty: none",
    )

    @model_validator(mode="after")
    def _check_labels(self) -> Self:
        if self.labels and self.label_place is None:
            raise ValueError(f"labels: found {self.labels!r}, which is no column of choices alone")
        return self

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns that vary."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Where each column's values are in an encoded row."""
        measured = [i for i, column in enumerate(self.columns) if column.measured]
        numbers = {i: at for at, i in enumerate(measured)}
        choosing = [i for i, column in enumerate(self.columns) if column.choices > 1]
        choosing.sort(key=lambda i: self.columns[i].choices)
        choices = {i: at for at, i in enumerate(choosing, len(measured))}
        return tuple(Place(numbers.get(i), choices.get(i)) for i in range(len(self.columns)))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The choices, by how many there are."""
        sizes = sorted(column.choices for column in self.columns if column.choices > 1)
        return tuple(Group(size, len([*same])) for size, same in groupby(sizes))

    @property
    def numbers(self) -> int:
        """How many numbers an encoded row begins with."""
        return sum(column.measured for column in self.columns)

    @property
    def width(self) -> int:
        """How many numbers an encoded row has."""
        return self.numbers + sum(group.columns for group in self.groups)

    def spread_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (self.numbers + sum(group.size * group.columns for group in self.groups),)

    @property
    def dtype(self) -> type[np.floating]:
        fine = any(isinstance(column, Number) and column.fine for column in self.columns)
        return np.float64 if fine else np.float32

    def encode(self, values: np.ndarray) -> np.ndarray:
        encoded = np.zeros((len(values), self.width), self.dtype)
        for own, column, place in zip(values.T, self.columns, self.places, strict=True):
            choice = column.choose(own)
            if place.choice is not None:
                encoded[:, place.choice] = choice
            if place.number is not None and isinstance(column, Number):
                encoded[:, place.number] = column.scale(own, choice)
        return encoded

    def decode(self, array: np.ndarray) -> np.ndarray:
        rows = array.reshape(-1, self.width)
        values = np.empty((len(rows), len(self.columns)))
        for i, (column, place) in enumerate(zip(self.columns, self.places, strict=True)):
            choice = np.zeros(len(rows), np.int64)
            if place.choice is not None:
                choice = rows[:, place.choice].astype(np.int64)
            scaled = None if place.number is None else rows[:, place.number].astype(np.float64)
            values[:, i] = column.restore(choice, scaled)
        return values.reshape(*array.shape[:-1], len(self.columns))

    def snap(self, samples: np.ndarray) -> np.ndarray:
        return self.encode(self.decode(samples))

    def misfit(self, values: np.ndarray) -> str:
        return ""

    def vectors(self, values: np.ndarray) -> np.ndarray:
        """Return rows as vectors, float64 `[n, …]`, in which each column weighs about the same.

        Numbers are in standard deviations from their mean, which also stands where they are
        missing, with a coordinate more that says so. Categories are √2 apart: each has a coordinate
        of its own or, where there are more than `MOST_ALONE`, a random direction.
        """
        parts = [
            _vectors_of(column, own) for column, own in zip(self.columns, values.T, strict=True)
        ]
        return np.concatenate(parts, axis=1)

    def spread(self, encoded: Any) -> Any:
        parts = [encoded[..., : self.numbers]] if self.numbers else []
        at = self.numbers
        for size, columns in self.groups:
            codes = ops.cast(encoded[..., at : at + columns], "int32")
            hot = ops.one_hot(codes, size)
            parts.append(ops.reshape(hot, (*hot.shape[:-2], columns * size)))
            at += columns
        return parts[0] if len(parts) == 1 else ops.concatenate(parts, axis=-1)

    @property
    def label_place(self) -> int | None:
        if self.labels not in self.names:
            return None
        place = self.places[self.names.index(self.labels)]
        return place.choice if place.number is None else None

    @property
    def label_span(self) -> tuple[int, int] | None:
        place = self.label_place
        if place is None:
            return None
        choices = place - self.numbers
        for at, (size, columns) in self.spans():
            if choices < columns:
                return at + choices * size, at + (choices + 1) * size
            choices -= columns
        return None

    def spans(self) -> Iterator[tuple[int, Group]]:
        """Yield where each group begins in a row that is spread out, and the group."""
        at = self.numbers
        for group in self.groups:
            yield at, group
            at += group.size * group.columns

    @property
    def ends(self) -> tuple[float, float]:
        return -1.0, 1.0

    def encoder(self) -> keras.layers.Layer:
        raise UserError(NO_TENSOR)

    def decoder(self) -> keras.layers.Layer:
        raise UserError(NO_TENSOR)


def _vectors_of(column: AnyColumn, values: np.ndarray) -> np.ndarray:
    missing = np.isnan(values)
    if isinstance(column, Number):
        centred = np.where(missing, 0.0, (values - column.mean) / column.deviation)
        return np.stack([centred, missing], axis=1) if column.missing else centred[:, None]
    place = column.choose(values)
    if column.choices <= MOST_ALONE:
        return np.eye(column.choices)[place]
    rng = stream(0, f"table/{column.name}")
    directions = rng.standard_normal((column.choices, MOST_ALONE))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    return np.asarray(directions[place])
