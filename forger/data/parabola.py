"""Points on a parabola."""

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from forger.config.section import Positive
from forger.data.base import Data, Drawn
from forger.data.codecs.affine import IDENTITY
from forger.data.description import DataField


class Parabola(Drawn):
    """`(x, x²)`, `x` uniform on [-half_width, half_width]."""

    law: ClassVar[str] = "parabola"

    kind: Literal["parabola"]
    half_width: Positive = Field(0.5, description="x is uniform on [-half_width, half_width]")

    @property
    def shape(self) -> tuple[int, ...]:
        return (2,)

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        x = rng.uniform(-self.half_width, self.half_width, n)
        return np.stack([x, x**2], axis=1)

    def make(self, folder: Path) -> Data:
        return self.draw_parts(
            DataField(shape=self.shape, codec=IDENTITY, view="points", units="coordinates"),
            half_width=self.half_width,
        )
