"""How sure a figure is: 95 % intervals, over all that could have been drawn otherwise."""

from collections.abc import Sequence
from statistics import fmean

import numpy as np
from scipy import stats

Interval = list[float]  # low, high


def of_mean(values: Sequence[float], overlaps: Sequence[float] = (0.0,)) -> Interval:
    """Of the mean of at least two repeated draws, by Student's t.

    Args:
        overlaps: of each kind of examples that a draw is of (samples, real examples), the share
            that it has in common with another draw on average, in [0, 1): 0 where each has its own.
            Each kind is taken to bring the same part a of the variance. Then that between draws,
            s², is a Σ (1 − overlap), as what draws share does not tell them apart, and that of a
            mean over d draws is a Σ (1/d + (1 − 1/d) overlap).
    """
    if len(set(values)) == 1:
        return [values[0], values[0]]
    d, mean = len(values), fmean(values)
    wider = sum(1 + (d - 1) * shared for shared in overlaps) / sum(1 - each for each in overlaps)
    error = stats.sem(values) * wider**0.5
    return [float(end) for end in stats.t.interval(0.95, d - 1, mean, error)]


def of_share(count: int, n: int) -> Interval:
    """Of a share `count / n` of independent examples (Wilson 1927)."""
    found = stats.binomtest(count, n).proportion_ci(0.95, method="wilson")
    return [float(found.low), float(found.high)]


def of_auc(real: np.ndarray, fake: np.ndarray) -> Interval:
    """Of the area under a ROC, over both the real examples and the fakes (DeLong et al. 1988).

    Args:
        real, fake: scores `[n]` and `[m]`, at least two each.
    """
    above, below = _placements(real, fake), 1 - _placements(fake, real)
    error = (above.var(ddof=1) / len(real) + below.var(ddof=1) / len(fake)) ** 0.5
    half = stats.norm.ppf(0.975) * error
    return [max(0.0, float(above.mean() - half)), min(1.0, float(above.mean() + half))]


def _placements(scores: np.ndarray, others: np.ndarray) -> np.ndarray:
    """For each score the share of the others below it, ties counted half."""
    ordered = np.sort(others)
    sides = [np.searchsorted(ordered, scores, side) for side in ("left", "right")]
    return np.add(*sides) / (2 * len(others))
