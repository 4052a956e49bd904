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
from forger.metrics.parabola import parabola
from forger.metrics.sines import fit_sines, sines
from forger.metrics.sinusoid import fit_sinusoids, sinusoid

Law = dict[str, Any]

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
    return BY_LAW[law["name"]](described, law) if law.get("name") in BY_LAW else {}
