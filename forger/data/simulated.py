"""Tables drawn from a known law, by which samples can be judged row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from forger.config.section import FEWEST
from forger.core.seeds import stream
from forger.data.base import Data, Drawn, Sized
from forger.data.codecs.table import Table
from forger.data.column_fits import describe_column, describe_rows
from forger.data.table_columns import Values

VARIANCE = 0.05  # of each mode, in both directions
SPACING = 2.0  # of the grids' modes
SIDE = 5
SHIFT = 0.5  # the most that gridr moves a mode by, in each direction
ON_RING = 8


class LawOfRows(Sized):
    """Parameters of a table that is drawn from a law."""

    spread: ClassVar[bool] = True

    train: Annotated[int, Field(ge=FEWEST, le=10_000_000)] = Field(
        10_000, description="training rows"
    )

    @property
    def shape(self) -> tuple[int, ...]:
        return (1,)  # at least: only the columns can tell how many numbers a row becomes

    @property
    def offers(self) -> frozenset[str]:
        return frozenset({"columns", "density"})


class Simulated(LawOfRows, Drawn):
    """Points in the plane as a table, from CTGAN's simulated benchmark (Xu et al. 2019, 5.1).

    `grid` has modes on a square of 5 × 5, `gridr` moves each of them at random, and `ring` has 8
    on a circle of radius 1. All have the variance 0.05 in both directions.
    """

    law: ClassVar[str] = "points"

    kind: Literal["simulated"]
    name: Literal["grid", "gridr", "ring"] = Field(
        description="25 modes, 25 that are moved, 8 on a circle"
    )

    @property
    def centres(self) -> np.ndarray:
        """Centres of the modes, `[modes, 2]`."""
        if self.name == "ring":
            angles = np.arange(ON_RING) * 2 * np.pi / ON_RING
            return np.stack([np.cos(angles), np.sin(angles)], axis=1)
        places = (np.arange(SIDE) - (SIDE - 1) / 2) * SPACING
        centres = np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2)
        if self.name == "gridr":
            centres += stream(self.seed, "dataset/centres").uniform(-SHIFT, SHIFT, centres.shape)
        return centres

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw `n` points, float64 `[n, 2]`."""
        centres = self.centres
        modes = rng.integers(len(centres), size=n)
        return np.asarray(centres[modes] + np.sqrt(VARIANCE) * rng.standard_normal((n, 2)))

    def make(self, folder: Path) -> Data:
        parts = self.draw_each(self.draw)
        # The range is that of all parts, so that no row of the test is moved to its end.
        rows = np.concatenate([*parts.values()])
        train = np.arange(self.train)
        found = [
            describe_column(name, Values("number", values), train, self.seed)
            for name, values in zip("xy", rows.T, strict=True)
        ]
        columns = tuple(column for column in found if column is not None)
        real = describe_rows(Table(columns=columns, order=("x", "y")))
        spread = float(np.sqrt(VARIANCE))
        return self.encode_each(parts, real, centres=self.centres.tolist(), stddev=spread)
