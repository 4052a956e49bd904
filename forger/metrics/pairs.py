"""Figures of translations beside the true examples: how far each is from its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from forger.metrics.figure import MOST_DECIBELS

WINDOW = 7  # side of the windows in which images are compared, scikit-image's default


def absolute_errors(truth: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Return the mean absolute error of each example, `[n]`; both are `[n, …]`."""
    apart = np.abs(truth.astype(np.float64) - made)
    return np.asarray(apart.reshape(len(truth), -1).mean(1))


def signal_to_noise(truth: np.ndarray, made: np.ndarray, span: float) -> np.ndarray:
    """Return the peak signal-to-noise ratio of each image in decibels, `[n]`.

    Args:
        truth, made: `[n, height, width, channels]`.
        span: the difference of the largest and the smallest possible value.
    """
    from skimage.metrics import peak_signal_noise_ratio

    def ratio(one: np.ndarray, other: np.ndarray) -> float:
        if np.array_equal(one, other):
            return MOST_DECIBELS
        found = float(peak_signal_noise_ratio(one, other, data_range=span))
        return min(found, MOST_DECIBELS)

    return _of_each(ratio, truth, made)


def structural_similarity(truth: np.ndarray, made: np.ndarray, span: float) -> np.ndarray:
    """Return the structural similarity of each image (Wang et al. 2004), `[n]`, at most 1.

    It is the mean over square windows of `WINDOW` pixels a side, or as many as fit, and channels.

    Args: as in `signal_to_noise`; the sides have at least 3 pixels.
    """
    from skimage.metrics import structural_similarity as similarity

    side = min(WINDOW, *truth.shape[1:3])
    window = side - 1 + side % 2  # it must be odd

    def alike(one: np.ndarray, other: np.ndarray) -> float:
        return float(similarity(one, other, win_size=window, data_range=span, channel_axis=-1))

    return _of_each(alike, truth, made)


def _of_each(
    figure: Callable[[np.ndarray, np.ndarray], float], truth: np.ndarray, made: np.ndarray
) -> np.ndarray:
    pairs = zip(truth.astype(np.float64), made.astype(np.float64), strict=True)
    return np.array([figure(*pair) for pair in pairs])
