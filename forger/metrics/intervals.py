"""95 % intervals of figures, over everything that could have been drawn differently."""

from collections.abc import Sequence
from statistics import fmean

import numpy as np
from scipy import stats

Interval = list[float]  # low, high


def of_mean(values: Sequence[float], overlaps: Sequence[float] = (0.0,)) -> Interval:
    """Return the interval of the mean of at least two repeated draws, by Student's t.

    Args:
        values: one per draw.
        overlaps: for each kind of examples in a draw (samples, real examples), the share that two
            draws have in common on average, in [0, 1): 0 where each draw has its own. Each kind is
            assumed to contribute the same variance a. Then the variance between draws, s², is
            a Σ (1 − overlap), as shared examples do not make draws differ, and the variance of the
            mean over d draws is a Σ (1/d + (1 − 1/d) overlap).
    """
    if len(set(values)) == 1:
        return [values[0], values[0]]
    d = len(values)
    mean = fmean(values)
    wider = sum(1 + (d - 1) * shared for shared in overlaps) / sum(1 - each for each in overlaps)
    error = stats.sem(values) * wider**0.5
    return [float(end) for end in stats.t.interval(0.95, d - 1, mean, error)]


def of_share(count: int, n: int) -> Interval:
    """Return the interval of a share `count / n` of independent examples (Wilson 1927)."""
    found = stats.binomtest(count, n).proportion_ci(0.95, method="wilson")
    return [float(found.low), float(found.high)]


def of_auc(real: np.ndarray, fake: np.ndarray) -> Interval:
    """Return the interval of the area under a ROC (DeLong et al. 1988).

    It accounts for the sampling of both the real examples and the fakes.

    Args:
        real, fake: scores `[n]` and `[m]`, at least two each.
    """
    above = _placements(real, fake)
    below = 1 - _placements(fake, real)
    error = (above.var(ddof=1) / len(real) + below.var(ddof=1) / len(fake)) ** 0.5
    half = stats.norm.ppf(0.975) * error
    return [max(0.0, float(above.mean() - half)), min(1.0, float(above.mean() + half))]


def _placements(scores: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return, for each score, the share of the others below it; ties count half."""
    ordered = np.sort(others)
    sides = [np.searchsorted(ordered, scores, side) for side in ("left", "right")]
    return np.add(*sides) / (2 * len(others))
