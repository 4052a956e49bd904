"""How sure a figure is: 95 % intervals."""

from collections.abc import Sequence
from statistics import fmean

from scipy import stats

Interval = list[float]  # low, high


def of_mean(values: Sequence[float]) -> Interval:
    """Of the mean of at least two repeated draws, by Student's t."""
    if len(set(values)) == 1:
        return [values[0], values[0]]
    mean, error = fmean(values), stats.sem(values)
    return [float(end) for end in stats.t.interval(0.95, len(values) - 1, mean, error)]


def of_share(count: int, n: int) -> Interval:
    """Of a share `count / n` of independent examples (Wilson 1927)."""
    found = stats.binomtest(count, n).proportion_ci(0.95, method="wilson")
    return [float(found.low), float(found.high)]
