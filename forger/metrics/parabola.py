"""The distance of samples from the parabola."""

from typing import Any

import numpy as np
from scipy import stats


def parabola(samples: np.ndarray, law: dict[str, Any]) -> dict[str, float]:
    """Return `rmse`, of y − x², and `ks_x`, the Kolmogorov-Smirnov distance of x from its uniform
    law.

    Args:
        samples: `[n, 2]`.
        law: `half_width`, half the width of x's interval, which is centred on 0.
    """
    x, y = samples.T
    uniform = stats.uniform(-law["half_width"], 2 * law["half_width"])
    return {
        "rmse": float(np.sqrt(np.mean((y - x**2) ** 2))),
        "ks_x": float(stats.kstest(x, uniform.cdf, method="asymp").statistic),
    }
