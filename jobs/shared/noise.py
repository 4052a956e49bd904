"""What training again explains: how figures vary between trainings that differ only in the seed.

A new training is compared with n of them by Student's t for a prediction, on the cube root of the
distance from the floor, since the cube root of something like a sum of squares is nearly normal
(Wilson and Hilferty 1931). The noise of the draws is added before the root is taken, as distances
no larger than that are normal themselves. For m figures at once, Holm's step-down (1979) keeps the
chance that any is called worse below `LEVEL`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forger.core.lazy import stats

# The chance that a training that differs only in the seed is called worse, over all figures that a
# recipe is held to. Of 20 such trainings, at least 19 are accepted with a probability of 99.2 % for
# 5 stored seeds, 99.3 % for 8 and 99.5 % for 12, if the roots are normal. (At a level of 1 % it
# would be 96 %.) A heavier tail costs some of that: for log-normal distances whose logarithms have
# a standard deviation of 0.6, it is 97 % for 8 seeds; for one of 1, 93 %.
LEVEL = 0.002
WORSE = 1
BETTER = -1
# A stored training has failed, and is no measure of the others, if a figure's root exceeds their
# median by this many standard deviations, estimated by the median absolute deviation. For a normal
# figure, one of eight seeds seems to have failed in 1 of 400 baselines, and one of five in 1 of 60.
FAILED = 10
SEVERAL = 3  # failures that show how far off another may be


@dataclass(frozen=True)
class Spread:
    """One figure's distance from its floor in trainings that differ only in the seed.

    Attributes:
        distances: one per seed, ≥ 0.
        noise: the half width of the 95 % interval of one distance over its draws.
        failed: the indices of those that say nothing about the others' spread, see `find_failed`.
            A training that is no worse than one of these is still not called worse, and if there
            are `SEVERAL`, one that is worse may have failed as they did, by their own spread.
    """

    distances: Sequence[float]
    noise: float
    failed: Collection[int] = ()

    @property
    def usual(self) -> np.ndarray:
        """The distances of trainings that have not failed."""
        return np.delete(np.asarray(self.distances), list(self.failed))

    def chance(self, sign: int, distance: float, noise: float) -> float:
        """Return how often another seed alone gives a distance so far beyond these.

        Args:
            sign: `WORSE`: beyond is further from the floor; `BETTER`: nearer.
            distance: the new distance from the floor.
            noise: the half width of its own 95 % interval.

        Returns:
            The probability; 1 unless the distance is beyond every seed and what draws explain.
        """
        known = self.usual
        if min(sign * (distance - np.asarray(self.distances))) <= 0:
            return 1.0
        if sign * (distance - known.mean()) <= math.hypot(noise, self.noise):
            return 1.0
        groups = self._groups if sign == WORSE else [(known, 1.0)]
        return max(share * self._chance_among(each, sign, distance) for each, share in groups)

    def limit(self, level: float) -> float:
        """Return the distance beyond which `chance` is below `level`, given the noise of these."""
        by_draws = self.usual.mean() + math.hypot(self.noise, self.noise)
        # At most one half: of a group less likely than that, no limit lies above its own middle.
        limits = [self._limit_among(each, min(level / share, 0.5)) for each, share in self._groups]
        return float(max(by_draws, *self.distances, *limits))

    @property
    def _groups(self) -> list[tuple[np.ndarray, float]]:
        """The ways in which a training may be worse: the distances of each, and its share."""
        groups = [(self.usual, 1.0)]
        if len(self.failed) >= SEVERAL:
            failed = np.asarray(self.distances)[sorted(self.failed)]
            groups.append((failed, len(failed) / len(self.distances)))
        return groups

    def _chance_among(self, known: np.ndarray, sign: int, distance: float) -> float:
        """Return the chance of a distance so far beyond these, whose roots are taken as normal."""
        mean, error = self._root_among(known)
        return _tail(sign * (np.cbrt(distance + self.noise) - mean), error, len(known))

    def _limit_among(self, known: np.ndarray, level: float) -> float:
        """Return the distance whose chance among these is `level`."""
        mean, error = self._root_among(known)
        return float((mean + stats.t.isf(level, len(known) - 1) * error) ** 3 - self.noise)

    def _root_among(self, known: np.ndarray) -> tuple[float, float]:
        """Return the mean of these distances' roots, and the error of predicting another one."""
        roots = np.cbrt(known + self.noise)
        return float(roots.mean()), float(roots.std(ddof=1) * math.sqrt(1 + 1 / len(known)))

    def chance_beside(self, other: float, sign: int, distance: float, noise: float) -> float:
        """Return the same for two trainings that were measured with another ruler than these.

        Of these, only the relative spread of their roots is used.

        Args:
            other: the distance of the training to compare with.
            sign, distance, noise: as in `chance`.
        """
        if sign * (distance - other) <= math.sqrt(2) * noise:
            return 1.0
        roots = np.cbrt(self.usual + self.noise)
        beside = np.cbrt(other + noise)
        gap = sign * (np.cbrt(distance + noise) - beside)
        share = roots.std(ddof=1) / roots.mean() if roots.any() else 0.0
        return _tail(gap, beside * share * math.sqrt(2), len(roots))


def _tail(gap: Any, error: Any, n: int) -> float:
    """Return the chance of a gap that large, whose standard error `n` trainings have shown."""
    if error == 0:
        return 0.0 if gap > 0 else 1.0
    return float(stats.t.sf(gap / error, n - 1))


def find_failed(spreads: Iterable[Spread]) -> set[int]:
    """Return which trainings have failed by any of these figures; each spread is of all trainings.

    What draws explain is no failure: figures that are counts give most trainings the same distance.
    """
    found: set[int] = set()
    for spread in spreads:
        distances = np.asarray(spread.distances)
        roots = np.cbrt(distances + spread.noise)
        off = roots - np.median(roots)
        deviation = stats.median_abs_deviation(roots, scale="normal")
        if deviation > 0:
            beyond = distances - np.median(distances) > spread.noise
            found |= set(np.flatnonzero(beyond & (off > FAILED * deviation)).tolist())
    return found


def find_significant(chances: Mapping[str, float], level: float = LEVEL) -> set[str]:
    """Return those of several figures that chance does not explain (Holm 1979).

    Args:
        chances: by figure, as `Spread.chance` gives it.
        level: the maximum chance of returning any figure when another seed explains all of them.
    """
    found: set[str] = set()
    for name, chance in sorted(chances.items(), key=lambda item: item[1]):
        if chance > level / (len(chances) - len(found)):
            break
        found.add(name)
    return found


def of_another(values: Iterable[float]) -> list[float]:
    """Return the 95 % interval of one more training's figure, given those of other seeds."""
    known = np.asarray(list(values))
    half = stats.t.isf(0.025, len(known) - 1) * known.std(ddof=1) * math.sqrt(1 + 1 / len(known))
    return [float(known.mean() - half), float(known.mean() + half)]
