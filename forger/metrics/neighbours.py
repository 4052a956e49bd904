"""Figures from the distances between samples and real examples, each flattened to a vector.

They take one pass over the distances, a block of rows at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import pairwise_distances_chunked

# A ball around an example reaches to its K-th nearest neighbour.
MANIFOLD_K = 3  # for precision and recall (Kynkäänniemi et al. 2019, section 3)
DENSITY_K = 5  # for density and coverage (Naeem et al. 2020, section 4)
MEMORY = 64  # MiB of distances held at once


@dataclass(frozen=True)
class Within:
    """Distances within one set `[n, …]`.

    Attributes:
        mean: over all pairs, including each example with itself (a V-statistic).
        nearest: from each example to the nearest other one, `[n]`.
        third, fifth: to the `MANIFOLD_K`-th and the `DENSITY_K`-th nearest other one, `[n]` each.
    """

    mean: float
    nearest: np.ndarray
    third: np.ndarray
    fifth: np.ndarray

    @classmethod
    def of(cls, examples: np.ndarray) -> Within:
        """Measure the distances within a set of n > `DENSITY_K` examples."""
        places, total, found = (1, MANIFOLD_K, DENSITY_K), 0.0, []
        for block in _distances(examples, examples):
            total += block.sum()
            found.append(np.partition(block, places, axis=1)[:, places])  # 0 is itself
        return cls(float(total / len(examples) ** 2), *np.concatenate(found).T)


def neighbours(
    samples: np.ndarray, real: np.ndarray, within_real: Within | None = None
) -> dict[str, float]:
    """Return the figures of samples `[n, …]`, given as many real examples.

    - `energy_distance`: 2 E|x − y| − E|x − x'| − E|y − y'| (Székely and Rizzo 2013, equation 6), in
      data units, ≥ 0.
    - `one_nn`: how often an example's nearest neighbour is of its own kind, leave-one-out
      (Lopez-Paz and Oquab 2017, section 3); 0.5 where the kinds can't be told apart, less where
      samples sit on real examples.
    - `precision`: the share of samples in a real example's ball; `recall`: the share of real
      examples in a sample's ball (Kynkäänniemi et al. 2019, equations 1 and 2).
    - `density`: the mean number of real examples' balls that a sample lies in, over `DENSITY_K`;
      `coverage`: the share of real examples with a sample in their ball (Naeem et al. 2020,
      equations 4 and 5).

    Args:
        within_real: the distances within `real`, where they are already known.
    """
    of_real, of_fake = within_real or Within.of(real), Within.of(samples)
    total, inside, balls, nearest_real = 0.0, [], [], []
    nearest_fake, found = np.full(len(real), np.inf), np.zeros(len(real), bool)
    at = 0
    for block in _distances(samples, real):
        total += block.sum()
        inside.append(np.any(block <= of_real.third, axis=1))
        balls.append(np.sum(block <= of_real.fifth, axis=1))
        nearest_real.append(block.min(1))
        nearest_fake = np.minimum(nearest_fake, block.min(0))
        found |= np.any(block <= of_fake.third[at : at + len(block), None], axis=0)
        at += len(block)
    own_kind = np.concatenate(
        [of_fake.nearest < np.concatenate(nearest_real), of_real.nearest < nearest_fake]
    )
    between = total / (len(samples) * len(real))
    return {
        "energy_distance": max(0.0, float(2 * between - of_fake.mean - of_real.mean)),
        "one_nn": float(np.mean(own_kind)),
        "precision": float(np.mean(np.concatenate(inside))),
        "recall": float(np.mean(found)),
        "density": float(np.mean(np.concatenate(balls)) / DENSITY_K),
        "coverage": float(np.mean(nearest_fake <= of_real.fifth)),
    }


def coverage(samples: np.ndarray, real: np.ndarray) -> float:
    """Return only `coverage`, of real examples `[m, …]` by samples `[n, …]`; m > `DENSITY_K`."""
    nearest = np.concatenate([block.min(1) for block in _distances(real, samples)])
    return float(np.mean(nearest <= Within.of(real).fifth))


def _distances(rows: np.ndarray, columns: np.ndarray) -> Iterator[np.ndarray]:
    vectors = (examples.reshape(len(examples), -1) for examples in (rows, columns))
    blocks: Iterator[np.ndarray] = pairwise_distances_chunked(*vectors, working_memory=MEMORY)
    return blocks
