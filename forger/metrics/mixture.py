"""Figures of how many modes of a mixture samples find, and how near they lie to them."""

from typing import Any

import numpy as np
from scipy.spatial import KDTree
from scipy.stats import entropy


def mixture(samples: np.ndarray, law: dict[str, Any]) -> dict[str, float]:
    """Return the figures of PacGAN (Lin et al. 2018, section 4.1), after VEEGAN (Srivastava et al.
    2017).

    - `high_quality`: the share of samples within three standard deviations of a mode.
    - `modes`: the number of modes with such a sample.
    - `reverse_kl`: the Kullback-Leibler divergence, in nats, of the samples' distribution over
      their nearest modes from the law's, which is uniform.

    Args:
        samples: `[n, 2]`.
        law: `centres` [m, 2] of equally likely modes, and their `stddev`.
    """
    centres = np.array(law["centres"])
    distance, nearest = KDTree(centres).query(samples)
    good = distance <= 3 * law["stddev"]
    return {
        "modes": float(len(np.unique(nearest[good]))),
        "high_quality": float(np.mean(good)),
        "reverse_kl": float(
            entropy(np.bincount(nearest, minlength=len(centres)), np.ones(len(centres)))
        ),
    }
