"""Least squares of many rows at once, from starts that are near to their minima."""

from collections.abc import Callable

import numpy as np

Model = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

ITERATIONS = 30
FIRST_DAMPING = 1e-2


def descend(
    model: Model, rows: np.ndarray, start: np.ndarray, iterations: int = ITERATIONS
) -> tuple[np.ndarray, np.ndarray]:
    """Fit a model of k parameters to each row by least squares (Levenberg 1944, Marquardt 1963).

    A step is taken where it makes the row's sum of squares smaller; elsewhere the next is shorter.

    Args:
        model: gives values `[n, points]` and their derivatives `[n, points, k]` by parameters
            `[n, k]`.
        rows: `[n, points]`.
        start: the first parameters, `[n, k]`.
        iterations: how many steps are tried.

    Returns:
        The best parameters, `[n, k]`, and what is left of the sum of squares, `[n]`.
    """
    best = np.array(start, np.float64)
    values, slopes = model(best)
    left = rows - values
    squares = np.square(left).sum(1)
    damping = np.full(len(rows), FIRST_DAMPING)
    eye = np.eye(best.shape[1])
    for _ in range(iterations):
        normal = np.einsum("npi,npj->nij", slopes, slopes)
        along = np.einsum("npi,np->ni", slopes, left)
        scale = np.einsum("nii->ni", normal) + 1e-12  # of a parameter without effect, too
        damped = normal + damping[:, None, None] * scale[:, None] * eye
        tried = best + np.linalg.solve(damped, along[..., None])[..., 0]
        values, new_slopes = model(tried)
        new_left = rows - values
        new_squares = np.square(new_left).sum(1)
        better = new_squares < squares
        best = np.where(better[:, None], tried, best)
        left = np.where(better[:, None], new_left, left)
        slopes = np.where(better[:, None, None], new_slopes, slopes)
        squares = np.where(better, new_squares, squares)
        damping = np.clip(np.where(better, damping / 5, damping * 5), 1e-10, 1e10)
    return best, squares
