"""The maximum mean discrepancy: the distance of two samples under a kernel."""

from collections.abc import Callable

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances, polynomial_kernel, rbf_kernel

Kernel = Callable[[np.ndarray, np.ndarray], np.ndarray]  # `[n, d]`, `[m, d]` → `[n, m]`


def mmd(first: np.ndarray, second: np.ndarray, kernel: Kernel) -> float:
    """Return the unbiased estimate of the squared distance of `[n, d]` and `[m, d]` (Gretton et al.
    2012, equation 3). Its mean is 0 where both follow one law, so it may be negative."""

    def within(x: np.ndarray) -> float:
        values = kernel(x, x)
        return float((values.sum() - np.trace(values)) / (len(x) * (len(x) - 1)))

    return within(first) + within(second) - 2 * float(kernel(first, second).mean())


def cubic(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return (x·y / d + 1)³, a kernel for features (Bińkowski et al. 2018, section 4)."""
    values: np.ndarray = polynomial_kernel(first, second, degree=3)
    return values


def gaussian_kernel(examples: np.ndarray) -> Kernel:
    """Return the kernel exp(−|x − y|² / 2σ²), where σ is the median distance between examples
    (Gretton et al. 2012, section 8), or the mean where most examples are copies of each other."""
    pairs = euclidean_distances(examples)[np.triu_indices(len(examples), 1)]
    sigma = float(np.median(pairs)) or float(np.mean(pairs)) or 1.0
    return lambda x, y: np.asarray(rbf_kernel(x, y, 1 / (2 * sigma**2)))
