"""A Gaussian, as a linear map of standard normal numbers."""

from pathlib import Path
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from forger.config.section import Real
from forger.data.base import Data, Drawn
from forger.data.codecs.affine import IDENTITY
from forger.data.description import DataField


class Gaussian(Drawn):
    """`x = z A + b`, `z` standard normal: mean `b`, covariance `AᵀA`."""

    law: ClassVar[str] = "gaussian"

    kind: Literal["gaussian"]
    matrix: tuple[tuple[Real, ...], ...] = Field(description="A, a list of rows")
    mean: tuple[Real, ...] = Field(description="b")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        d = len(self.mean)
        if d < 2 or len(self.matrix) != d or any(len(row) != d for row in self.matrix):
            raise ValueError(f"matrix: must be {d} × {d}, as mean has {d} entries (at least 2)")
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.mean),)

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        z = rng.standard_normal((n, len(self.mean)))
        return z @ np.array(self.matrix) + np.array(self.mean)

    def make(self, folder: Path) -> Data:
        a = np.array(self.matrix)
        return self.draw_parts(
            DataField(shape=self.shape, codec=IDENTITY, view="points", units="coordinates"),
            mean=list(self.mean),
            covariance=(a.T @ a).tolist(),
        )
