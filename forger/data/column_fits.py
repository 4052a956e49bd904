"""The description of a column for its codec: choices, modes, range and grid."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from forger.core.seeds import stream
from forger.core.text import quote
from forger.data.codecs.columns import Category, Constant, Mode, Number, has_fine_grid
from forger.data.codecs.table import Table
from forger.data.description import DataField
from forger.data.table_columns import Values

FEW = 20  # different numbers that are a choice each
HEAVY = 0.05  # share of the rows from which on a number may be a choice of its own
ABOVE = 3  # how many times as many rows it must have as the next lower and the next higher number
MOST_MODES = 10  # Xu et al. 2019, section 4.2
LIGHTEST = 0.005  # least share of a mode
OFF_GRID = 0.45  # of a step, by which a float64 of many digits may lie off its grid
MOST_DIGITS = 18  # of a whole number
FITTED = 10_000  # rows that modes are found from


def describe_column(
    name: str, column: Values, train: np.ndarray, seed: int
) -> Number | Category | None:
    """Describe a column for its codec; None if it has one value in all rows.

    Args:
        name: the column's.
        column: its values in all rows, which say what there can be.
        train: the rows that modes are found from, int `[m]`.
        seed: of which rows are taken where there are more than enough, and of the first modes.
    """
    there = ~np.isnan(column.values)
    missing = not there.all()
    if column.kind == "category":
        if len(column.categories) + missing < 2:
            return None
        return Category(name=name, missing=missing, categories=column.categories, type=column.type)
    uniques, counts = np.unique(column.values[there], return_counts=True)
    if len(uniques) + missing < 2:
        return None
    atoms = _find_atoms(uniques, counts)
    own = column.values[train]
    rest = own[~np.isnan(own) & ~np.isin(own, atoms)]
    if not len(rest) and len(atoms) < len(uniques):
        rest = uniques[~np.isin(uniques, atoms)]
    step = _find_step(uniques, column)
    modes = _find_modes(rest, step, seed)
    low = float(uniques[0])
    high = float(uniques[-1])
    if has_fine_grid(low, high, step):
        modes = tuple(_round_mode(mode, low, step) for mode in modes)
    present = column.values[there]
    return Number(
        name=name,
        missing=missing,
        atoms=tuple(atoms.tolist()),
        modes=modes,
        mean=float(present.mean()),
        deviation=float(present.std()) or 1.0,
        low=low,
        high=high,
        step=step,
        decimals=column.decimals,
        comma=column.comma,
        format=column.format,
        type=column.type,
    )


def describe_constant(name: str, column: Values, text: str) -> Constant:
    """Describe a column with one value in all rows, which is written as `text`."""
    kind = column.type
    if not kind and column.kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", text):
        kind = "double" if "." in text or len(text) > MOST_DIGITS else "int64"
    elif not kind and column.kind == "date":
        kind = "timestamp[us]" if "%d" in column.format else "time64[us]"
    written = column.format if kind.startswith(("time", "date")) else ""
    return Constant(name=name, value=text, type=kind or "string", format=written)


def describe_rows(codec: Table) -> DataField:
    """Return the field of a table's rows."""
    return DataField(shape=(codec.width,), codec=codec, view="table", units="of each column")


def tell_rounding(codec: Table, values: np.ndarray) -> Iterator[str]:
    """Yield of which columns of values `[n, columns]` samples are rounded, and by how much.

    Networks have numbers of 24 bits. Where a mode has more steps than that, as of times in seconds
    over years or of numbers that are names, they give only some of its numbers.
    """
    for column, own in zip(codec.columns, values.T, strict=True):
        if not (isinstance(column, Number) and column.step):
            continue
        choice = column.choose(own)
        given = column.scale(own, choice).astype(np.float32).astype(np.float64)
        most = float(np.nan_to_num(np.abs(column.restore(choice, given) - own)).max())
        if most > column.step / 2:
            unit = " s" if column.format else ""
            yield (
                f"{quote(column.name)} lies too far apart for the networks' 24 bits: samples of it "
                f"are rounded, by up to {most:g}{unit}; say drop or category if they are names"
            )


def _round_mode(mode: Mode, low: float, step: float) -> Mode:
    """Return a mode by which float64 encodes and decodes the numbers of a grid without rounding.

    Its mean is on the grid, and its deviation a power of two of steps.
    """
    mean, deviation = mode
    return low + step * round((mean - low) / step), step * 2.0 ** round(math.log2(deviation / step))


def _find_atoms(uniques: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the numbers that are a choice each: all of a few, else those that stand out."""
    if len(uniques) <= FEW:
        return uniques
    beside = np.maximum(np.append(0, counts[:-1]), np.append(counts[1:], 0))
    return uniques[(counts >= HEAVY * counts.sum()) & (counts >= ABOVE * beside)]


def _find_step(uniques: np.ndarray, column: Values) -> float:
    """Return the step of the grid that all numbers lie on, from the lowest; 0 without one."""
    places = column.decimals or 0 if column.kind == "date" else column.decimals
    if places is None or len(uniques) < 2:
        return 0.0
    scaled = (uniques - uniques[0]) * 10.0**places
    whole = np.round(scaled)
    if np.abs(scaled - whole).max() > OFF_GRID or whole[-1] > 2**53:
        return 0.0
    return float(np.gcd.reduce(whole.astype(np.int64)) / 10**places)


def _find_modes(values: np.ndarray, step: float, seed: int) -> tuple[Mode, ...]:
    """Return means and standard deviations of a normal mixture, by their means.

    The mixture is a Dirichlet process of at most `MOST_MODES` components (Xu et al. 2019, section
    4.2, as their code has it).
    """
    from sklearn.mixture import BayesianGaussianMixture

    if not len(values):
        return ()
    if len(values) > FITTED:
        values = stream(seed, "table/modes").choice(values, FITTED, replace=False)
    centre = values.mean()
    width = values.std()
    if not width:
        return ((float(centre), step or max(abs(float(centre)), 1.0) * 1e-3),)
    rows = ((values - centre) / width)[:, None]
    mixture = BayesianGaussianMixture(
        n_components=min(MOST_MODES, len(np.unique(rows))),
        weight_concentration_prior=1e-3,
        max_iter=200,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # an unfinished fit will do
        mixture.fit(rows)
    kept = np.flatnonzero(mixture.weights_ > LIGHTEST)
    means = centre + width * mixture.means_[kept, 0]
    deviations = width * np.sqrt(mixture.covariances_[kept, 0, 0])
    deviations = np.maximum(deviations, max(step / 4, 1e-6 * width))
    order = np.argsort(means)
    return tuple(zip(means[order].tolist(), deviations[order].tolist(), strict=True))
