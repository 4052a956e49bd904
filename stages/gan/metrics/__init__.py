"""Figures of quality, a file a family; all take samples in data units.

A law's takes the law's parameters (data.json's `law`) besides and returns `{name: float}`; a new
one is added to the table below.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from stages.gan.metrics.gaussian import gaussian
from stages.gan.metrics.parabola import parabola
from stages.gan.metrics.sinusoid import sinusoid
from stages.gan.metrics.sliced_wasserstein import sliced_wasserstein

Law = dict[str, Any]

BY_LAW: dict[str, Callable[[np.ndarray, Law], dict[str, float]]] = {
    "gaussian": gaussian,
    "parabola": parabola,
    "sinusoid": sinusoid,
}


def by_law(samples: np.ndarray, law: Law) -> dict[str, float]:
    """The closed-form figures of samples `[n, …]`; none where no law draws the data."""
    return BY_LAW[law["name"]](samples.astype(np.float64), law) if law else {}


def against(samples: np.ndarray, real: np.ndarray) -> dict[str, float]:
    """The figures of samples `[n, …]` held against real examples `[m, …]`."""
    return {"sliced_wasserstein": sliced_wasserstein(samples, real)}
