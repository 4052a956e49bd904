"""Figures of one product, as they are gathered."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from forger.metrics.figures import FIGURES
from forger.metrics.intervals import Interval, of_mean


@dataclass
class Measures:
    """What is measured of a product on held-out examples.

    Attributes:
        quality: figures that real data have a floor of.
        apart: figures without a floor.
        interval: the 95 % intervals of both.
        arrays: what the report draws, in the networks' units.
    """

    quality: dict[str, float] = field(default_factory=dict)
    apart: dict[str, float] = field(default_factory=dict)
    interval: dict[str, Interval] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def add(self, name: str, value: float, interval: Interval) -> None:
        """Add a figure, where the catalogue says that it belongs."""
        (self.quality if FIGURES[name].has_floor else self.apart)[name] = value
        self.interval[name] = FIGURES[name].within(interval)

    def add_mean(self, name: str, values: np.ndarray) -> None:
        """Add a figure that is the mean over held-out examples of its values `[n]`."""
        self.add(name, float(values.mean()), of_mean(values.tolist()))
