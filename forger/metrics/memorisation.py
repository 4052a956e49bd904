"""Detection of copied training data, from each sample's nearest examples."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors

from forger.metrics.nearest import Examples, Nearest

WORK = 4e10  # multiplications of one search: samples × training rows × numbers per row


class Memory:
    """The training data, in which the originals of copied samples are sought.

    Args:
        train: all training examples `[n, …]`, in data units.
    """

    def __init__(self, train: Examples) -> None:
        self._train = train
        self._nearest = Nearest(train)
        self._own = np.full(len(train), np.nan)  # distances to the nearest other, once asked

    @property
    def most(self) -> int:
        """The most samples that one call of `measure` should take."""
        return max(100, int(WORK / (len(self._train) * self._nearest.width)))

    def measure(self, samples: np.ndarray, held_out: np.ndarray) -> dict[str, float]:
        """Return the figures of samples `[k, …]`, given held-out examples `[m, …]`.

        - `memorisation`: the share of samples that must be copies of training data. Let `s` be the
          share of samples that are nearer to a training example than to any held-out one, and
          `p = n / (n + m)` its mean for a generator that has learnt the law but no examples. Then
          `memorisation` is (s − p) / (1 − p): 0 for that generator, 1 for a lookup table. This is
          the share of Platzer and Reutterer (2021, section 3.3), corrected for unequal sizes.
        - `authenticity`: the share of samples that are further from their nearest training example
          than it is from its own nearest (Alaa et al. 2022, section 3.3); 0 for a lookup table.
        """
        samples, held_out = (x.reshape(len(x), -1) for x in (samples, held_out))
        to_train, index = (found[:, 0] for found in self._nearest.search(samples))
        to_held_out = NearestNeighbors().fit(held_out).kneighbors(samples, 1)[0][:, 0]
        p = len(self._train) / (len(self._train) + len(held_out))
        share = np.mean(to_train < to_held_out) + p * np.mean(to_train == to_held_out)
        rows, row_of = np.unique(index, return_inverse=True)
        if len(new := rows[np.isnan(self._own[rows])]):
            self._own[new] = self._nearest.search(self._train[new], 2)[0][:, 1]
        return {
            "memorisation": float((share - p) / (1 - p)),
            "authenticity": float(np.mean(to_train > self._own[rows][row_of])),
        }
