"""The sliced Wasserstein distance, a figure for data of any kind."""

import numpy as np
from scipy.stats import wasserstein_distance

from stages.gan.seeds import stream

PROJECTIONS = 128


def sliced_wasserstein(samples: np.ndarray, real: np.ndarray) -> float:
    """Mean Wasserstein-1 distance of the two sets along random directions, in the data's units.

    Rabin et al. 2011, "Wasserstein barycenter and its application to texture mixing". The
    directions are always the same.

    Args:
        samples, real: `[n, d]` and `[m, d]`.
    """
    directions = stream(0, "sliced_wasserstein").normal(size=(samples.shape[1], PROJECTIONS))
    directions /= np.linalg.norm(directions, axis=0)
    pairs = zip((samples @ directions).T, (real @ directions).T, strict=True)
    return float(np.mean([wasserstein_distance(u, v) for u, v in pairs]))
