"""Figures from the distances between samples and real examples, each flattened to a vector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

# A ball around an example reaches to its K-th nearest neighbour.
MANIFOLD_K = 3  # for precision and recall (Kynkäänniemi et al. 2019, section 3)
DENSITY_K = 5  # for density and coverage (Naeem et al. 2020, section 4)


def distances(rows: np.ndarray, columns: np.ndarray | None = None) -> np.ndarray:
    """Return the Euclidean distances of examples `[n, …]` from `[m, …]`, `[n, m]`.

    Without columns, they are those within the rows, of which each is at 0 from itself.
    """
    vectors = [x.reshape(len(x), -1) for x in (rows, columns) if x is not None]
    return np.asarray(euclidean_distances(*vectors))


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
    def of(cls, within: np.ndarray) -> Within:
        """Summarise the distances within a set of n > `DENSITY_K` examples, `[n, n]`."""
        places = (1, MANIFOLD_K, DENSITY_K)  # 0 is itself
        nearest = np.partition(within, places, axis=1)[:, places]
        return cls(float(within.mean(dtype=np.float64)), *nearest.T)


def neighbours(
    samples: np.ndarray, real: np.ndarray, within_real: Within | None = None
) -> dict[str, float]:
    """Return the figures of samples `[n, …]`, given as many real examples; see `by_distances`.

    Args:
        within_real: what is known of the distances within `real`, where it is known already.
    """
    of_real = within_real or Within.of(distances(real))
    return by_distances(Within.of(distances(samples)), of_real, distances(samples, real))


def by_distances(of_fake: Within, of_real: Within, between: np.ndarray) -> dict[str, float]:
    """Return the figures of samples, given as many real examples, from their distances.

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
        of_fake, of_real: what is known of the distances within the two.
        between: the distances of samples from real examples, `[n, m]`.
    """
    nearest_real = between.min(1)
    nearest_fake = between.min(0)
    own_kind = np.concatenate([of_fake.nearest < nearest_real, of_real.nearest < nearest_fake])
    mean = between.mean(dtype=np.float64)
    return {
        "energy_distance": max(0.0, float(2 * mean - of_fake.mean - of_real.mean)),
        "one_nn": float(np.mean(own_kind)),
        "precision": float(np.mean(np.any(between <= of_real.third, axis=1))),
        "recall": float(np.mean(np.any(between <= of_fake.third[:, None], axis=0))),
        "density": float(np.mean(np.sum(between <= of_real.fifth, axis=1)) / DENSITY_K),
        "coverage": float(np.mean(nearest_fake <= of_real.fifth)),
    }


def coverage(samples: np.ndarray, real: np.ndarray) -> float:
    """Return only `coverage`, of real examples `[m, …]` by samples `[n, …]`; m > `DENSITY_K`."""
    nearest = distances(samples, real).min(0)
    return float(np.mean(nearest <= Within.of(distances(real)).fifth))
