"""Figures of samples of any kind beside real examples, in the data's units."""

import numpy as np

from forger.metrics.mmd import bandwidth, gaussian, mean_of_pairs
from forger.metrics.neighbours import Within, by_distances, distances
from forger.metrics.sliced_wasserstein import sliced_wasserstein
from forger.metrics.two_sample import c2st


class Comparison:
    """A comparison of samples with as many real examples, for data of any kind.

    Args:
        real: held-out examples `[n, …]`.
    """

    def __init__(self, real: np.ndarray) -> None:
        self.real = _vectors(real)
        within = distances(self.real)
        self._within = Within.of(within)
        self._sigma = bandwidth(within)
        self._kernel = mean_of_pairs(gaussian(within, self._sigma))

    def measure(self, samples: np.ndarray) -> dict[str, float]:
        """Return the figures of samples `[n, …]`."""
        samples = _vectors(samples)
        # Distances take longer than all that is made of them.
        within = distances(samples)
        between = distances(samples, self.real)
        kernel = mean_of_pairs(gaussian(within, self._sigma))
        return {
            "sliced_wasserstein": sliced_wasserstein(samples, self.real),
            **by_distances(Within.of(within), self._within, between),
            "mmd": kernel + self._kernel - 2 * float(gaussian(between, self._sigma).mean()),
            "c2st": c2st(samples, self.real),
        }


def _vectors(examples: np.ndarray) -> np.ndarray:
    return examples.reshape(len(examples), -1)
