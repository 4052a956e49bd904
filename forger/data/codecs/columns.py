"""The columns of a table, as data.json describes them."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from pydantic import ConfigDict, Field, FiniteFloat

from forger.config.section import Section

BLOCK = 2**16  # values whose modes are found at a time
SINGLE_BITS = 24  # of a float32's fraction
Mode = tuple[FiniteFloat, Annotated[FiniteFloat, Field(gt=0)]]  # mean and standard deviation


class Column(Section):
    """One column: what its values are, and which choice and which number stand for each.

    A value is a float64: a number itself, the place of a category in `categories`, or NaN where it
    is missing.
    """

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, Field(max_length=1000)]
    missing: bool = Field(default=False, description="whether values may be missing")
    type: str = Field(
        default="",
        exclude_if=lambda name: not name,
        description="of a typed table, Arrow's name of the type; empty: none",
    )


class Number(Column):
    """Numbers, or dates as seconds since 1970, on a grid and in a range."""

    kind: Literal["number"] = "number"
    atoms: tuple[FiniteFloat, ...] = Field(
        default=(), description="values that many rows have, in ascending order: a choice each"
    )
    modes: tuple[Mode, ...] = Field(
        default=(), description="the modes of all others: means and standard deviations, ascending"
    )
    mean: FiniteFloat = Field(description="of all values that are not missing")
    deviation: Annotated[FiniteFloat, Field(gt=0)] = Field(description="their standard deviation")
    low: FiniteFloat = Field(description="lowest value")
    high: FiniteFloat = Field(description="highest value")
    step: Annotated[FiniteFloat, Field(ge=0)] = Field(
        default=0.0, description="step of the grid that all values lie on, from the lowest one"
    )
    decimals: Annotated[int, Field(ge=0, le=17)] | None = Field(
        default=None, description="places after the point, as they are written; null: as needed"
    )
    comma: bool = Field(default=False, description="whether the decimal point is a comma")
    format: str = Field(
        default="", description="how dates and times are written, as strftime has it; empty: none"
    )

    @property
    def choices(self) -> int:
        """Number of choices: the atoms, then the modes, then the missing value."""
        return len(self.atoms) + len(self.modes) + self.missing

    @property
    def measured(self) -> bool:
        """Whether a number stands beside the choice."""
        return bool(self.modes)

    @property
    def fine(self) -> bool:
        """Whether its grid has more steps than a float32 can tell apart."""
        return self.measured and has_fine_grid(self.low, self.high, self.step)

    @cached_property
    def moments(self) -> np.ndarray:
        """Means and standard deviations of the modes, float64 `[2, modes]`."""
        return np.array(self.modes, np.float64).reshape(-1, 2).T

    def choose(self, values: np.ndarray) -> np.ndarray:
        """Return the choice that stands for each value, int `[n]`: of modes, the likeliest."""
        choice = np.full(len(values), self.choices - 1, np.int64)
        here = ~np.isnan(values)
        if self.atoms:
            atoms = np.array(self.atoms)
            place = np.clip(np.searchsorted(atoms, values), 0, len(atoms) - 1)
            exact = here & (atoms[place] == values)
            choice[exact] = place[exact]
            here &= ~exact
        if self.modes and here.any():
            choice[here] = len(self.atoms) + self._likeliest(values[here])
        return choice

    def _likeliest(self, values: np.ndarray) -> np.ndarray:
        means, deviations = self.moments
        found = np.empty(len(values), np.int64)
        for i in range(0, len(values), BLOCK):
            from_it = (values[i : i + BLOCK, None] - means) / deviations
            found[i : i + BLOCK] = (-(from_it**2) / 2 - np.log(deviations)).argmax(1)
        return found

    def scale(self, values: np.ndarray, choice: np.ndarray) -> np.ndarray:
        """Return the number beside each choice, float64 `[n]`: 0 where it stands for one value."""
        scaled = np.zeros(len(values))
        mode = choice - len(self.atoms)
        rows = (mode >= 0) & (mode < len(self.modes))
        means, deviations = self.moments[:, mode[rows]]
        scaled[rows] = (values[rows] - means) / deviations
        return scaled

    def restore(self, choice: np.ndarray, scaled: np.ndarray | None) -> np.ndarray:
        """Return the values that choices and numbers stand for, float64 `[n]`: within the range."""
        values = np.full(len(choice), np.nan)
        named = choice < len(self.atoms)
        values[named] = np.array(self.atoms)[choice[named]]
        mode = choice - len(self.atoms)
        rows = (mode >= 0) & (mode < len(self.modes))
        if scaled is not None:
            means, deviations = self.moments[:, mode[rows]]
            values[rows] = self.snap(means + deviations * scaled[rows])
        return values

    def snap(self, values: np.ndarray) -> np.ndarray:
        """Move values to the nearest that the column can have."""
        if self.step:
            steps = np.round((values - self.low) / self.step)
            values = self.low + self.step * steps
            if self.decimals is not None:  # in whole last places, as sums of fractions may be off
                unit = 10.0**self.decimals
                values = (np.round(self.low * unit) + np.round(self.step * unit) * steps) / unit
        return np.clip(values, self.low, self.high)


def has_fine_grid(low: float, high: float, step: float) -> bool:
    """Tell whether a grid has more steps than a float32 can tell apart."""
    return 0 < step * 2**SINGLE_BITS < high - low


class Category(Column):
    """Categories, which are text in the file."""

    kind: Literal["category"] = "category"
    categories: tuple[str, ...] = Field(description="all of them, in alphabetical order")

    @property
    def choices(self) -> int:
        """Number of choices: the categories, then the missing value."""
        return len(self.categories) + self.missing

    @property
    def measured(self) -> bool:
        """Whether a number stands beside the choice: never."""
        return False

    def choose(self, values: np.ndarray) -> np.ndarray:
        """Return the choice that stands for each value, int `[n]`."""
        return np.where(np.isnan(values), self.choices - 1, values).astype(np.int64)

    def restore(self, choice: np.ndarray, scaled: np.ndarray | None) -> np.ndarray:
        """Return the values that choices stand for, float64 `[n]`."""
        return np.where(choice < len(self.categories), choice, np.nan).astype(np.float64)


class Constant(Section):
    """A column that has one value in all rows."""

    model_config = ConfigDict(extra="ignore")

    kind: Literal["constant"] = "constant"
    name: str
    value: str = Field(description="as it stands in the file; empty where it is missing")
    type: str = Field(default="string", description="Arrow's name of what it is, where types are")
    format: str = Field(
        default="",
        exclude_if=lambda written: not written,
        description="how a date or time is written, as strftime has it; empty: none",
    )


AnyColumn = Annotated[Number | Category, Field(discriminator="kind")]
