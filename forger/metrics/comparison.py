"""Figures of quality, one file per family; all take samples in data units.

A law's figures look at what `describe` makes of each sample, mostly the sample itself. To measure a
new law, add it to `BY_LAW`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from forger.metrics import gaussian as of_a_gaussian
from forger.metrics.light_curves import fit_light_curves, light_curves
from forger.metrics.mixture import mixture
from forger.metrics.mmd import bandwidth, gaussian, mean_of_pairs
from forger.metrics.neighbours import Within, by_distances, distances
from forger.metrics.parabola import parabola
from forger.metrics.sines import fit_sines, sines
from forger.metrics.sinusoid import fit_sinusoids, sinusoid
from forger.metrics.sliced_wasserstein import sliced_wasserstein
from forger.metrics.two_sample import c2st

Law = dict[str, Any]
OF_TABLES = ("points", "network")

Measure = Callable[[np.ndarray, Law], dict[str, float]]

BY_LAW: dict[str, Measure] = {
    "gaussian": of_a_gaussian.gaussian,
    "light_curves": light_curves,
    "mixture": mixture,
    "parabola": parabola,
    "sines": sines,
    "sinusoid": sinusoid,
}
DESCRIBE: dict[str, Callable[[np.ndarray, Law], np.ndarray]] = {
    "light_curves": fit_light_curves,
    "sines": fit_sines,
    "sinusoid": fit_sinusoids,
}


def describe(samples: np.ndarray, law: Law) -> np.ndarray:
    """Return what a law's figures look at, one row per sample: float64 `[n, …]`."""
    rows = samples.astype(np.float64)
    return DESCRIBE[law["name"]](rows, law) if law.get("name") in DESCRIBE else rows


def by_law(described: np.ndarray, law: Law) -> dict[str, float]:
    """Return a law's figures of what `describe` gives; none where the data follow no law.

    Those of the laws of tables are in `forger.metrics.likelihood`, as they look at real rows, too.
    """
    return BY_LAW[law["name"]](described, law) if law and law["name"] not in OF_TABLES else {}


class Comparison:
    """A comparison of samples with as many real examples, for data of any kind.

    Args:
        real: held-out examples `[n, …]`.
    """

    def __init__(self, real: np.ndarray) -> None:
        self.real = _vectors(real)
        within = distances(self.real)
        self._within = Within.of(within)
        self._sigma = bandwidth(within)
        self._kernel = mean_of_pairs(gaussian(within, self._sigma))

    def measure(self, samples: np.ndarray) -> dict[str, float]:
        """Return the figures of samples `[n, …]`."""
        samples = _vectors(samples)
        # Distances take longer than all that is made of them.
        within = distances(samples)
        between = distances(samples, self.real)
        kernel = mean_of_pairs(gaussian(within, self._sigma))
        return {
            "sliced_wasserstein": sliced_wasserstein(samples, self.real),
            **by_distances(Within.of(within), self._within, between),
            "mmd": kernel + self._kernel - 2 * float(gaussian(between, self._sigma).mean()),
            "c2st": c2st(samples, self.real),
        }


def _vectors(examples: np.ndarray) -> np.ndarray:
    return examples.reshape(len(examples), -1)
