"""The distance of samples from a Gaussian."""

from typing import Any

import numpy as np


def gaussian(samples: np.ndarray, law: dict[str, Any]) -> dict[str, float]:
    """Return `frechet`, the distance of the samples' mean and covariance from the law's.

    Args:
        samples: `[n, d]`, n > d.
        law: `mean` [d] and `covariance` [d, d].
    """
    covariance = np.cov(samples, rowvar=False)
    return {
        "frechet": frechet(samples.mean(0), covariance, law["mean"], np.array(law["covariance"]))
    }


def frechet(mean_1: Any, covariance_1: np.ndarray, mean_2: Any, covariance_2: np.ndarray) -> float:
    """Return `|m₁ − m₂|² + tr(C₁ + C₂ − 2 (C₁ C₂)^½)`, in squared data units, ≥ 0.

    This is the squared 2-Wasserstein distance of two Gaussians (Dowson and Landau 1982, equation
    16), as in the Fréchet inception distance.

    Args:
        mean_1, mean_2: `[d]`.
        covariance_1, covariance_2: `[d, d]`.
    """
    # C₁ C₂ is similar to a symmetric matrix: its eigenvalues are real, and ≥ 0 but for round-off.
    roots = np.sqrt(np.clip(np.linalg.eigvals(covariance_1 @ covariance_2).real, 0, None))
    shift = np.sum((np.asarray(mean_1) - np.asarray(mean_2)) ** 2)
    return max(0.0, float(shift + np.trace(covariance_1 + covariance_2) - 2 * np.sum(roots)))


def frechet_between(samples: np.ndarray, real: np.ndarray) -> float:
    """Return the Fréchet distance of the means and covariances of two sets, `[n, d]` each."""
    both = (samples.astype(np.float64), real.astype(np.float64))
    moments = [part for rows in both for part in (rows.mean(0), np.cov(rows, rowvar=False))]
    return frechet(*moments)
