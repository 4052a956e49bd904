"""The distances of curves from sinusoids, and of frequencies and phases from their laws."""

from typing import Any, NamedTuple

import numpy as np
from scipy import stats
from scipy.optimize.elementwise import find_root


class Fit(NamedTuple):
    """The best fit `a sin(b x + c)` to each curve, `[n]` each: a ≥ 0, −π < c ≤ π, r2 ≤ 1."""

    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    r2: np.ndarray


def fit_sinusoids(samples: np.ndarray, law: dict[str, Any]) -> np.ndarray:
    """Return the best-fitting sinusoid of each curve, `[n, 4]`: the columns of `Fit`.

    Args:
        samples: `[n, points]`, at evenly spaced `x`.
        law: the ends of the intervals of `x`, `b` and `c`.
    """
    (first, last) = law["x"]
    (low, high) = law["b"]
    points = samples.shape[1]
    finest = np.pi * (points - 1) / (last - first)  # higher frequencies are aliases of lower ones
    axis = np.linspace(first, last, points)
    return np.column_stack(best_fit(samples, axis, low / 5, min(2 * high, finest)))


def sinusoid(fits: np.ndarray, law: dict[str, Any]) -> dict[str, float]:
    """Return the figures of the best-fitting sinusoids.

    - `r2_median`: the median of R²; `r2_share`: the share of curves with R² above 0.99.
    - `amplitude_share`: the share whose amplitude is within 5 % of 1.
    - `ks_b` and `ks_c`: the Kolmogorov-Smirnov distances of b and c from their uniform laws.

    Args:
        fits: `[n, 4]`, from `fit_sinusoids`.
        law: the ends of the intervals of `x`, `b` and `c`.
    """
    fit = Fit(*fits.T)
    return {
        "r2_median": float(np.median(fit.r2)),
        "r2_share": float(np.mean(fit.r2 > 0.99)),
        "amplitude_share": float(np.mean(np.abs(fit.a - 1) <= 0.05)),
        "ks_b": _distance(fit.b, law["b"]),
        "ks_c": _distance(fit.c, law["c"]),
    }


def _distance(values: np.ndarray, ends: list[float]) -> float:
    uniform = stats.uniform(ends[0], ends[1] - ends[0])
    return float(stats.kstest(values, uniform.cdf, method="asymp").statistic)


def best_fit(curves: np.ndarray, x: np.ndarray, low: float, high: float) -> Fit:
    """Fit `a sin(b x + c)` to each curve by least squares.

    For a given b the fit is linear in sin(bx) and cos(bx). The best b is sought on a grid, whose
    steps are too short to hold two minima, and then around its best point, where the slope of the
    residual is 0.

    Args:
        curves: `[n, points]`.
        x: `[points]`.
        low, high: the range of b, which may be exceeded by one step of the grid.
    """
    step = np.pi / (8 * np.ptp(x))
    grid = np.arange(low, high, step)
    b = grid[np.argmax(_explain(curves, x, grid), axis=1)]
    left = b - step
    right = b + step

    def slope(at: np.ndarray, row: np.ndarray) -> np.ndarray:
        """Return half the derivative of the residual by b, the fit's coefficients being the best.

        As they are, their own change with b counts for nothing.
        """
        _, _, residuals, tilt = _fit_at(curves[row], x, at)
        return -np.einsum("ij,ij,j->i", residuals, tilt, x)

    rows = np.arange(len(curves))
    found = find_root(slope, (left, right), args=(rows,), tolerances={"xatol": 1e-9})
    # Without a change of sign, the minimum is at the end of the range that is lower.
    downwards = np.where(slope(left, rows) < 0, right, left)
    b = np.where(found.success, found.x, downwards)
    sine, cosine, residuals, _ = _fit_at(curves, x, b)
    residual = np.sum(residuals**2, axis=1)
    total = np.sum((curves - curves.mean(1, keepdims=True)) ** 2, axis=1)
    r2 = 1 - residual / np.where(total > 0, total, np.inf)
    return Fit(np.hypot(sine, cosine), b, np.arctan2(cosine, sine), np.where(total > 0, r2, 0.0))


def _explain(curves: np.ndarray, x: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return the sum of squares that each b of the grid explains of each curve, `[n, grid]`."""
    s = np.sin(np.outer(x, grid))
    c = np.cos(np.outer(x, grid))
    sine, cosine = _solve(s, c, 0, curves @ s, curves @ c)
    return sine * (curves @ s) + cosine * (curves @ c)


def _fit_at(
    curves: np.ndarray, x: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the sin(bx) and cos(bx) coefficients, `[n]` each, the residuals, and the derivative of
    the fit by bx, `[n, points]` each."""
    angle = b[:, None] * x
    s = np.sin(angle)
    c = np.cos(angle)
    on_s = np.einsum("ij,ij->i", s, curves)
    on_c = np.einsum("ij,ij->i", c, curves)
    sine, cosine = (each[:, None] for each in _solve(s, c, 1, on_s, on_c))
    return sine[:, 0], cosine[:, 0], curves - sine * s - cosine * c, sine * c - cosine * s


def _solve(
    s: np.ndarray, c: np.ndarray, axis: int, on_s: np.ndarray, on_c: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Solve the normal equations of two regressors, given their products with the curves."""
    ss = np.sum(s * s, axis)
    cc = np.sum(c * c, axis)
    sc = np.sum(s * c, axis)
    determinant = ss * cc - sc**2
    return (on_s * cc - on_c * sc) / determinant, (on_c * ss - on_s * sc) / determinant
