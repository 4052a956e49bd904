"""Whether samples are copies of training data: their nearest examples, among all there are."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors

WORK = 4e10  # multiplications of one search: all samples by all training rows by their numbers


class Memory:
    """The training data, in which copies are sought.

    Args:
        train: all training examples `[n, …]`, in data units.
    """

    def __init__(self, train: np.ndarray) -> None:
        self.train = train.reshape(len(train), -1)
        self._index = NearestNeighbors().fit(self.train)

    @property
    def most(self) -> int:
        """Samples that one call of `measure` should look at, at most."""
        return max(100, int(WORK / self.train.size))

    def measure(self, samples: np.ndarray, held_out: np.ndarray) -> dict[str, float]:
        """Measure samples `[k, …]` beside held-out examples `[m, …]`.

        - `memorisation`: of which share of the samples training data must have been copied. With
          `s` the share whose nearest example, of all training and held-out ones, is a training
          one, and `p = n / (n + m)`, which `s` is on average for a generator that has learnt the
          law and nothing of its examples, it is (s − p) / (1 − p): 0 then, 1 for a lookup table.
          It is the share of Platzer and Reutterer (2021, section 3.3), freed from unequal sizes.
        - `authenticity`: the share of samples that are further from their nearest training example
          than that is from its own nearest (Alaa et al. 2022, section 3.3); 0 for a lookup table.
        """
        samples, held_out = (x.reshape(len(x), -1) for x in (samples, held_out))
        to_train, index = self._nearest(samples)
        to_held_out = NearestNeighbors().fit(held_out).kneighbors(samples, 1)[0][:, 0]
        p = len(self.train) / (len(self.train) + len(held_out))
        share = np.mean(to_train < to_held_out) + p * np.mean(to_train == to_held_out)
        rows, row_of = np.unique(index, return_inverse=True)
        own = self._index.kneighbors(self.train[rows], 2)[0][:, 1]
        return {
            "memorisation": float((share - p) / (1 - p)),
            "authenticity": float(np.mean(to_train > own[row_of])),
        }

    def _nearest(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        distances, rows = self._index.kneighbors(samples, 1)
        return distances[:, 0], rows[:, 0]
