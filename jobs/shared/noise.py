"""What training again explains: figures of trainings that differ in nothing but the seed.

A new training is held beside n of them by Student's t of a prediction, on the cube root of the
distance from the floor, where what is like a sum of squares is nearly normal (Wilson and Hilferty
1931). The noise of draws is added before: what is no further from the floor than that is normal as
it is. For m figures at once, Holm's step-down (1979) keeps the chance that any is called worse
below `LEVEL`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

# The chance that a training that differs in the seed alone is called worse, over all that a recipe
# is held to. Of 20 such, at least 19 are accepted with a chance of 99.2 % for 5 stored seeds, of
# 99.3 % for 8, of 99.5 % for 12, where the roots are normal. (At a level of 1 % it would be 96 %.)
# A heavier tail costs some of that: for log-normal distances whose logarithms have a standard
# deviation of 0.6, 97 % for 8; of 1, 93 %.
LEVEL = 0.002
WORSE, BETTER = 1, -1
# A stored training has failed, and is no measure of the others, if a figure's root is so many
# standard deviations, by the median of the absolute deviations, further off than their median. By a
# figure that is normal one of eight seems to in one of 400 baselines, one of five in one of 60.
FAILED = 10


@dataclass(frozen=True)
class Spread:
    """One figure's distance from its floor in trainings that differ in the seed alone.

    Attributes:
        distances: one a seed, ≥ 0.
        noise: the half width of the 95 % interval of one of them, by its draws.
        failed: which of them say nothing of the others' spread, see `failed`; what is no worse than
            these is no worse than the others, all the same.
    """

    distances: Sequence[float]
    noise: float
    failed: Collection[int] = ()

    @property
    def usual(self) -> np.ndarray:
        """The distances of those that have not failed."""
        return np.delete(np.asarray(self.distances), list(self.failed))

    def chance(self, sign: int, distance: float, noise: float) -> float:
        """How often another seed alone gives a distance so far beyond these.

        Args:
            sign: `WORSE`: beyond is further from the floor; `BETTER`: nearer.
            noise: the half width of the new distance's own interval.

        Returns:
            1 for what is not beyond each of the seeds, or not beyond what draws explain.
        """
        known, n = self.usual, len(self.usual)
        if min(sign * (distance - np.asarray(self.distances))) <= 0:
            return 1.0
        if sign * (distance - known.mean()) <= math.hypot(noise, self.noise):
            return 1.0
        roots = np.cbrt(known + self.noise)
        gap = sign * (np.cbrt(distance + self.noise) - roots.mean())
        return self._tail(gap, roots.std(ddof=1) * math.sqrt(1 + 1 / n))

    def limit(self, level: float) -> float:
        """The distance beyond which `chance` is less than this level, for a training whose noise is
        that of these."""
        roots = np.cbrt(self.usual + self.noise)
        error = roots.std(ddof=1) * math.sqrt(1 + 1 / len(roots))
        root = roots.mean() + stats.t.isf(level, len(roots) - 1) * error
        by_draws = self.usual.mean() + math.hypot(self.noise, self.noise)
        return float(max(root**3 - self.noise, by_draws, *self.distances))

    def chance_beside(self, other: float, sign: int, distance: float, noise: float) -> float:
        """The same of two trainings that were measured with another ruler than these, whose spread
        is all that is taken of them, as a share: `distance` beside the `other`'s."""
        if sign * (distance - other) <= math.sqrt(2) * noise:
            return 1.0
        roots = np.cbrt(self.usual + self.noise)
        beside = np.cbrt(other + noise)
        gap = sign * (np.cbrt(distance + noise) - beside)
        share = roots.std(ddof=1) / roots.mean() if roots.any() else 0.0
        return self._tail(gap, beside * share * math.sqrt(2))

    def _tail(self, gap: Any, error: Any) -> float:
        if error == 0:
            return 0.0 if gap > 0 else 1.0
        return float(stats.t.sf(gap / error, len(self.usual) - 1))


def failed(spreads: Iterable[Spread]) -> set[int]:
    """Which of some trainings have failed by any of these figures, each of all of them.

    What draws explain is no failure: figures that are counts give distances that are the same for
    most trainings.
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


def told(chances: Mapping[str, float], level: float = LEVEL) -> set[str]:
    """Of several figures, those that no chance explains (Holm 1979).

    Args:
        chances: a figure's, as `Spread.chance` gives it.
        level: the most that the chance may be of naming any where another seed explains all.
    """
    found: set[str] = set()
    for name, chance in sorted(chances.items(), key=lambda item: item[1]):
        if chance > level / (len(chances) - len(found)):
            break
        found.add(name)
    return found


def of_another(values: Iterable[float]) -> list[float]:
    """The 95 % interval of one more training's figure, where these are of different seeds."""
    known = np.asarray(list(values))
    half = stats.t.isf(0.025, len(known) - 1) * known.std(ddof=1) * math.sqrt(1 + 1 / len(known))
    return [float(known.mean() - half), float(known.mean() + half)]
