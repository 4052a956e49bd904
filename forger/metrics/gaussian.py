"""How far samples are from a Gaussian."""

from typing import Any

import numpy as np


def gaussian(samples: np.ndarray, law: dict[str, Any]) -> dict[str, float]:
    """`frechet`: between the samples' mean and covariance and the law's.

    Args:
        samples: `[n, d]`, n > d.
        law: `mean` [d] and `covariance` [d, d].
    """
    covariance = np.cov(samples, rowvar=False)
    return {
        "frechet": frechet(samples.mean(0), covariance, law["mean"], np.array(law["covariance"]))
    }


def frechet(mean_1: Any, covariance_1: np.ndarray, mean_2: Any, covariance_2: np.ndarray) -> float:
    """`|m₁ − m₂|² + tr(C₁ + C₂ − 2 (C₁ C₂)^½)`, in squared data units, ≥ 0.

    The squared 2-Wasserstein distance of two Gaussians (Dowson and Landau 1982, equation 16), as
    in the Fréchet inception distance.
    """
    # The product's eigenvalues are those of a symmetric matrix: real and ≥ 0, but for round-off.
    roots = np.sqrt(np.clip(np.linalg.eigvals(covariance_1 @ covariance_2).real, 0, None))
    shift = np.sum((np.asarray(mean_1) - np.asarray(mean_2)) ** 2)
    return max(0.0, float(shift + np.trace(covariance_1 + covariance_2) - 2 * np.sum(roots)))
