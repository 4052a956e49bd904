"""The maximum mean discrepancy: the distance of two samples under a kernel."""

from collections.abc import Callable

import numpy as np
from scipy.spatial.distance import squareform
from sklearn.metrics.pairwise import polynomial_kernel

Kernel = Callable[[np.ndarray, np.ndarray], np.ndarray]  # `[n, d]`, `[m, d]` → `[n, m]`


def mmd(first: np.ndarray, second: np.ndarray, kernel: Kernel) -> float:
    """Return the unbiased estimate of the squared distance of `[n, d]` and `[m, d]` (Gretton et al.
    2012, equation 3). Its mean is 0 where both follow one law, so it may be negative."""
    within = mean_of_pairs(kernel(first, first)) + mean_of_pairs(kernel(second, second))
    return within - 2 * float(kernel(first, second).mean())


def mean_of_pairs(values: np.ndarray) -> float:
    """Return the mean of a kernel's values `[n, n]` within a set, over pairs of two examples."""
    n = len(values)
    return float((values.sum(dtype=np.float64) - np.trace(values)) / (n * (n - 1)))


def cubic(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return (x·y / d + 1)³, a kernel for features (Bińkowski et al. 2018, section 4)."""
    values: np.ndarray = polynomial_kernel(first, second, degree=3)
    return values


def gaussian(distances: np.ndarray, sigma: float) -> np.ndarray:
    """Return the Gaussian kernel of distances: exp(−d² / 2σ²)."""
    return np.asarray(np.exp(np.square(distances) / (-2 * sigma**2)))


def bandwidth(within: np.ndarray) -> float:
    """Return σ for examples whose distances are these, `[n, n]`: the median (Gretton et al. 2012,
    section 8), or the mean where most examples are copies of each other."""
    pairs = squareform(within, checks=False)
    return float(np.median(pairs)) or float(np.mean(pairs)) or 1.0
