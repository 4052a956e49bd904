"""Figures of quality, a file a family; a new law's is added to the table below.

Each takes samples in data units and the law's parameters (data.json's `law`) and returns
`{name: float}`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from stages.gan.metrics.gaussian import gaussian
from stages.gan.metrics.parabola import parabola
from stages.gan.metrics.sinusoid import sinusoid

Law = dict[str, Any]

BY_LAW: dict[str, Callable[[np.ndarray, Law], dict[str, float]]] = {
    "gaussian": gaussian,
    "parabola": parabola,
    "sinusoid": sinusoid,
}


def quality(samples: np.ndarray, law: Law) -> dict[str, float]:
    """The closed-form figures of samples `[n, …]`; none where no law draws the data."""
    return BY_LAW[law["name"]](samples.astype(np.float64), law) if law else {}
