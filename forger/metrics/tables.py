"""Figures of the rows of a table, column by column and pair by pair."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from scipy.stats import ks_2samp

from forger.core.seeds import stream
from forger.data.codecs.columns import AnyColumn, Category, Number
from forger.data.codecs.table import Table
from forger.metrics.prediction import predict_target

BINS = 10  # of numbers beside categories, as wide as each other on the real data's range
MOST_PAIRS = 1000  # pairs of columns that are compared; of more, so many at random


def compare_columns(
    samples: np.ndarray, real: np.ndarray, columns: Sequence[AnyColumn]
) -> dict[str, float]:
    """Return the figures of samples, given real rows; both float64 `[n, columns]`, see `Column`.

    - `column_shapes`: the mean over columns of 1 − the Kolmogorov-Smirnov distance of numbers that
      are not missing, or 1 − the total variation distance of categories, a missing one among them
      (SDMetrics's KSComplement and TVComplement).
    - `pair_trends`: the mean over pairs of columns of 1 − half the difference of their
      correlations, where both are numbers; else of 1 − the total variation distance of their joint
      distribution, numbers in `BINS` bins (SDMetrics's CorrelationSimilarity and
      ContingencySimilarity; here with all pairs, and with the real data's bins for both).
    """
    shapes = [
        _compare_column(own, true, column)
        for own, true, column in zip(samples.T, real.T, columns, strict=True)
    ]
    trends = [
        _compare_pair(samples[:, pair], real[:, pair], [columns[i] for i in pair])
        for pair in _pairs(len(columns))
    ]
    found = {"column_shapes": float(np.mean(shapes))}
    return found | ({"pair_trends": float(np.mean(trends))} if trends else {})


def measure_copies(samples: np.ndarray, train: np.ndarray) -> dict[str, float]:
    """Return `copies`: the share of samples `[n, columns]` that equal a training row."""
    known = {row.tobytes() for row in train}
    return {"copies": float(np.mean([row.tobytes() in known for row in samples]))}


def associate(values: np.ndarray, columns: Sequence[AnyColumn]) -> np.ndarray:
    """Return how far each column tells of each other, from 0 to 1, `[columns, columns]`.

    That is the absolute correlation of two numbers, and Cramér's V of other pairs (Cramér 1946,
    chapter 21), numbers in `BINS` bins.
    """
    found = np.eye(len(columns))
    for i, j in combinations(range(len(columns)), 2):
        pair = values[:, [i, j]]
        both = [columns[i], columns[j]]
        if all(isinstance(column, Number) for column in both):
            found[i, j] = found[j, i] = abs(_correlate(pair))
        else:
            found[i, j] = found[j, i] = _cramer(_cross(*_bin(pair, pair, both)))
    return found


def _pairs(columns: int) -> list[list[int]]:
    pairs = [list(pair) for pair in combinations(range(columns), 2)]
    if len(pairs) <= MOST_PAIRS:
        return pairs
    rows = stream(0, "tables/pairs").choice(len(pairs), MOST_PAIRS, replace=False)
    return [pairs[row] for row in sorted(rows)]


def _compare_column(samples: np.ndarray, real: np.ndarray, column: AnyColumn) -> float:
    if isinstance(column, Category):
        return 1 - _vary(
            _count(column.choose(samples), column), _count(column.choose(real), column)
        )
    own = samples[~np.isnan(samples)]
    true = real[~np.isnan(real)]
    if not len(own) or not len(true):
        return float(len(own) == len(true))
    return 1 - float(ks_2samp(own, true, method="asymp").statistic)


def _count(places: np.ndarray, column: AnyColumn) -> np.ndarray:
    return np.bincount(places, minlength=column.choices)


def _vary(one: np.ndarray, other: np.ndarray) -> float:
    """Return the total variation distance of two arrays of counts, from 0 to 1."""
    return float(np.abs(one / one.sum() - other / other.sum()).sum() / 2)


def _compare_pair(samples: np.ndarray, real: np.ndarray, columns: Sequence[AnyColumn]) -> float:
    if all(isinstance(column, Number) for column in columns):
        return 1 - abs(_correlate(samples) - _correlate(real)) / 2
    sizes = [BINS + 1 if isinstance(column, Number) else column.choices for column in columns]
    joint = [
        np.bincount(
            np.ravel_multi_index(_bin(rows, real, columns), sizes), minlength=np.prod(sizes)
        )
        for rows in (samples, real)
    ]
    return 1 - _vary(*joint)


def _bin(
    rows: np.ndarray, real: np.ndarray, columns: Sequence[AnyColumn]
) -> tuple[np.ndarray, np.ndarray]:
    """Return two columns as whole numbers from 0: places of categories, or bins of numbers."""
    found = []
    for values, true, column in zip(rows.T, real.T, columns, strict=True):
        if isinstance(column, Category):
            found.append(column.choose(values))
            continue
        there = true[~np.isnan(true)]
        edges = np.histogram_bin_edges(there, BINS)[1:-1]
        found.append(np.where(np.isnan(values), BINS, np.digitize(values, edges)))
    return found[0], found[1]


def _correlate(pair: np.ndarray) -> float:
    """Return the correlation of two columns `[n, 2]` where neither is missing; 0 without any."""
    both = pair[~np.isnan(pair).any(1)]
    if len(both) < 2 or (both == both[0]).all(0).any():
        return 0.0
    return float(np.corrcoef(both.T)[0, 1])


def _cross(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    sizes = (int(one.max()) + 1, int(other.max()) + 1)
    places = np.ravel_multi_index((one, other), sizes)
    table = np.bincount(places, minlength=sizes[0] * sizes[1]).reshape(sizes)
    return table[table.any(1)][:, table.any(0)]


def _cramer(table: np.ndarray) -> float:
    least = min(table.shape) - 1
    if not least:
        return 0.0
    n = table.sum()
    expected = np.outer(table.sum(1), table.sum(0)) / n
    return float(np.sqrt(((table - expected) ** 2 / expected).sum() / (n * least)))


def measure_rows(
    samples: np.ndarray, real: np.ndarray, train: np.ndarray, codec: Table, target: str
) -> dict[str, float]:
    """Return all figures of the rows of a table.

    Args:
        samples, real: float64 `[n, columns]`, see `Column`.
        train: all training rows, `[m, columns]`.
        codec: says what the columns are.
        target: the column to predict; empty: none.
    """
    found = compare_columns(samples, real, codec.columns) | measure_copies(samples, train)
    return found | (predict_target(samples, real, codec.columns, target) if target else {})
