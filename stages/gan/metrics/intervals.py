"""How sure a figure is: 95 % intervals, over all that could have been drawn otherwise."""

from collections.abc import Sequence
from statistics import fmean

import numpy as np
from scipy import stats

Interval = list[float]  # low, high


def of_mean(values: Sequence[float], overlap: float = 0.0) -> Interval:
    """Of the mean of at least two repeated draws, by Student's t.

    Args:
        overlap: the share of its real examples that a draw has in common with another on average,
            in [0, 1): 0 where each has its own. With it, the variance s² between draws of what
            depends on the examples is too small by 1 − overlap, and a mean over `d` draws varies by
            1/d + (1 − 1/d) overlap of it. (All of s² is taken for such: the interval is no
            narrower than it should be.)
    """
    if len(set(values)) == 1:
        return [values[0], values[0]]
    d, mean = len(values), fmean(values)
    wider = (1 + (d - 1) * overlap) / (1 - overlap)
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
