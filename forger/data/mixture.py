"""Mixtures of round Gaussians in the plane, the field's standard test of mode collapse."""

from abc import abstractmethod
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from forger.config.section import Positive
from forger.data.base import Data, Drawn
from forger.data.codecs.affine import Affine
from forger.data.description import DataField

Modes = Annotated[int, Field(ge=2, le=1000)]


class Mixture(Drawn):
    """Equally likely modes, each a Gaussian of standard deviation `stddev` in both directions.

    The networks see the data scaled to about [-1, 1].
    """

    law: ClassVar[str] = "mixture"

    stddev: Positive = Field(description="of each mode, in both directions")

    @model_validator(mode="after")
    def _apart(self) -> Self:
        reach = float(np.abs(self.centres).max())
        if not 1e-6 * reach <= self.stddev <= reach:
            raise ValueError(
                f"stddev: found {self.stddev:g}; must lie between 1e-6 and 1 times the modes' "
                f"distance from the middle, which is {reach:g}"
            )
        return self

    @property
    @abstractmethod
    def centres(self) -> np.ndarray:
        """Centres of the modes, `[modes, 2]`."""

    @property
    def shape(self) -> tuple[int, ...]:
        return (2,)

    @property
    def offers(self) -> frozenset[str]:
        return super().offers | {"modes"}

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        modes = rng.integers(len(self.centres), size=n)
        return self.centres[modes] + self.stddev * rng.standard_normal((n, 2))

    def make(self, folder: Path) -> Data:
        codec = Affine(scale=float(np.abs(self.centres).max()), offset=0.0)
        return self.draw_parts(
            DataField(shape=self.shape, codec=codec, view="points", units="coordinates"),
            centres=self.centres.tolist(),
            stddev=self.stddev,
        )


class Ring(Mixture):
    """Modes evenly spaced around a circle (Metz et al. 2017; PacGAN's radius 1, stddev 0.01)."""

    kind: Literal["ring"]
    modes: Modes = Field(8, description="how many")
    radius: Positive = Field(1.0, description="of the circle")
    stddev: Positive = Field(0.01, description="of each mode, in both directions")

    @property
    def centres(self) -> np.ndarray:
        angles = np.arange(self.modes) * 2 * np.pi / self.modes
        return self.radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


class Grid(Mixture):
    """Modes on a square grid (PacGAN's 5 × 5, spacing 2, stddev 0.05)."""

    kind: Literal["grid"]
    side: Annotated[int, Field(ge=2, le=100)] = Field(5, description="modes in a row")
    spacing: Positive = Field(2.0, description="between neighbours")
    stddev: Positive = Field(0.05, description="of each mode, in both directions")

    @property
    def centres(self) -> np.ndarray:
        places = (np.arange(self.side) - (self.side - 1) / 2) * self.spacing
        return np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2)
