"""Figures from the distances between samples and real examples, each taken as one vector.

All of them come from one pass over the distances, a block of rows at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import pairwise_distances_chunked

K = 5  # the neighbour that a ball around an example reaches to
MEMORY = 64  # MiB of distances at once


@dataclass(frozen=True)
class Within:
    """Distances in one set `[n, …]`.

    Attributes:
        mean: of all pairs, an example with itself included (a V-statistic).
        nearest: to the nearest other example, `[n]`.
        radius: to the `K`-th nearest other, `[n]`.
    """

    mean: float
    nearest: np.ndarray
    radius: np.ndarray

    @classmethod
    def of(cls, examples: np.ndarray) -> Within:
        """Measure them; n > K."""
        total, nearest, radius = 0.0, [], []
        for block in _distances(examples, examples):
            total += block.sum()
            smallest = np.partition(block, (1, K), axis=1)  # the first is itself
            nearest.append(smallest[:, 1])
            radius.append(smallest[:, K])
        n = len(examples)
        return cls(float(total / n**2), np.concatenate(nearest), np.concatenate(radius))


def neighbours(
    samples: np.ndarray, real: np.ndarray, within_real: Within | None = None
) -> dict[str, float]:
    """Figures of samples `[n, …]` beside as many real examples.

    - `energy_distance`: 2 E|x − y| − E|x − x'| − E|y − y'| (Székely and Rizzo 2013, equation 6), in
      data units, ≥ 0.
    - `one_nn`: how often an example's nearest neighbour is of its own kind, leave-one-out
      (Lopez-Paz and Oquab 2017, section 3); 0.5 where the kinds can't be told apart, below it where
      samples sit on real examples.
    - `precision`, the share of samples in a ball around a real example, and `recall`, the share of
      real examples in one around a sample (Kynkäänniemi et al. 2019, equations 1 and 2).
    - `density`, in how many such balls a sample lies, over `K`, and `coverage`, the share of real
      examples with a sample in their ball (Naeem et al. 2020, equations 4 and 5).

    Args:
        within_real: where it is known already.
    """
    of_real, of_fake = within_real or Within.of(real), Within.of(samples)
    total, inside, nearest_real = 0.0, [], []
    nearest_fake, found = np.full(len(real), np.inf), np.zeros(len(real), bool)
    at = 0
    for block in _distances(samples, real):
        total += block.sum()
        inside.append(np.sum(block <= of_real.radius, axis=1))
        nearest_real.append(block.min(1))
        nearest_fake = np.minimum(nearest_fake, block.min(0))
        found |= np.any(block <= of_fake.radius[at : at + len(block), None], axis=0)
        at += len(block)
    balls = np.concatenate(inside)
    own_kind = np.concatenate(
        [of_fake.nearest < np.concatenate(nearest_real), of_real.nearest < nearest_fake]
    )
    between = total / (len(samples) * len(real))
    return {
        "energy_distance": max(0.0, float(2 * between - of_fake.mean - of_real.mean)),
        "one_nn": float(np.mean(own_kind)),
        "precision": float(np.mean(balls > 0)),
        "recall": float(np.mean(found)),
        "density": float(np.mean(balls) / K),
        "coverage": float(np.mean(nearest_fake <= of_real.radius)),
    }


def memorisation(samples: np.ndarray, train: np.ndarray, held_out: np.ndarray) -> float:
    """The median of (distance to the nearest of `train`) / (to the nearest of `held_out`), for
    samples `[n, …]` and as many examples of each kind, `[m, …]`; 1 where training data are no
    nearer than other data, lower where samples are copies of them."""
    to_train, to_held_out = (
        np.concatenate([block.min(1) for block in _distances(samples, examples)])
        for examples in (train, held_out)
    )
    ratio = to_train / np.maximum(to_held_out, np.finfo(float).tiny)
    return float(np.median(np.where(to_train == to_held_out, 1, ratio)))  # also where both are 0


def _distances(rows: np.ndarray, columns: np.ndarray) -> Iterator[np.ndarray]:
    vectors = (examples.reshape(len(examples), -1) for examples in (rows, columns))
    blocks: Iterator[np.ndarray] = pairwise_distances_chunked(*vectors, working_memory=MEMORY)
    return blocks
