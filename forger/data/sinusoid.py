"""Sine curves of random frequency and phase."""

import math
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from forger.config.section import Real
from forger.data.base import Data, Drawn
from forger.data.codecs.affine import IDENTITY
from forger.data.description import DataField

Range = tuple[Real, Real]


class Sinusoid(Drawn):
    """`sin(b x + c)` at evenly spaced `x`, with `b` and `c` uniform."""

    law: ClassVar[str] = "sinusoid"
    curved: ClassVar[bool] = True

    kind: Literal["sinusoid"]
    points: Annotated[int, Field(ge=8, le=65_536)] = Field(64, description="values in a curve")
    x: Range = Field((-5.0, 5.0), description="first and last point")
    b: Range = Field((0.5, 2.0), description="frequencies, in radians per unit of x")
    c: Range = Field((0.0, 3.141592653589793), description="phases, in radians")

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        for name, (low, high) in {"x": self.x, "b": self.b, "c": self.c}.items():
            if not low < high:
                raise ValueError(f"{name}: the first number must lie below the second")
        if self.b[0] <= 0:
            raise ValueError("b: frequencies must be positive")
        spacing = (self.x[1] - self.x[0]) / (self.points - 1)
        if self.b[1] * spacing > math.pi:
            raise ValueError(
                f"b: found {self.b[1]:g}; curves of {self.points} points in x show frequencies up "
                f"to {math.pi / spacing:.4g} (half a turn from point to point)"
            )
        if self.b[1] * (self.x[1] - self.x[0]) < 0.1:
            raise ValueError("x: so short a stretch that no curve bends by 0.1 radians")
        return self

    @property
    def _axis(self) -> np.ndarray:
        return np.linspace(*self.x, self.points)

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.points,)

    @property
    def numbers_measured(self) -> int:
        return 16 * self.points  # the fit tries a grid of frequencies

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        b = rng.uniform(*self.b, (n, 1))
        c = rng.uniform(*self.c, (n, 1))
        return np.sin(b * self._axis + c)

    def make(self, folder: Path) -> Data:
        return self.draw_parts(
            DataField(
                shape=self.shape,
                codec=IDENTITY,
                view="curves",
                units="amplitude",
                axis=tuple(self._axis.tolist()),
            ),
            x=list(self.x),
            b=list(self.b),
            c=list(self.c),
        )
