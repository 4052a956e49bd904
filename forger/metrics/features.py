"""The distance of images without labels, by features that a network has learnt without any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forger.metrics.gaussian import frechet_between
from forger.models.features import extract

if TYPE_CHECKING:
    import keras

EACH = 10  # images for each component that is compared


def compare(network: keras.Model, samples: np.ndarray, real: np.ndarray) -> float:
    """Return the Fréchet distance of samples' features from as many real images', `[n, …]` each.

    Of n images, the first n / `EACH` components are compared, at least two: covariances of more
    would be noise.
    """
    first = max(2, len(real) // EACH)
    return frechet_between(*(extract(network, x)[:, :first] for x in (samples, real)))
