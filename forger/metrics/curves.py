"""Figures of curves: how values hang on earlier ones, how fast they change, and what each step has.

All take curves `[n, t, channels]` (or `[n, t]`) in the data's units, NaN beyond a curve's end, and
give one number, the mean over the channels, that no unit changes.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

FEWEST = 20  # curves that reach a step, below which its values are not compared
QUIETEST = 1e-6  # share of the strongest frequency's power that counts as none: −60 dB


def by_curves(samples: np.ndarray, real: np.ndarray) -> dict[str, float]:
    """Return the figures of curves, given real ones; where any end early, `ks_length` too."""
    samples = _with_channels(samples)
    real = _with_channels(real)
    found = {
        "autocorrelation_distance": autocorrelation_distance(samples, real),
        "spectrum_distance": spectrum_distance(samples, real),
        "step_distance": step_distance(samples, real),
    }
    if np.isnan(real).any():
        lengths = (np.isfinite(curves[..., 0]).sum(1) for curves in (samples, real))
        found["ks_length"] = float(stats.ks_2samp(*lengths, method="asymp").statistic)
    return found


def autocorrelation_distance(samples: np.ndarray, real: np.ndarray) -> float:
    """Return the mean absolute difference of autocorrelations, over lags up to half a curve.

    The autocorrelation at lag k is that of all pairs of values k steps apart, in all curves, around
    the channel's mean: the score of Quant GANs (Wiese et al. 2020, section 4.2), with a mean in
    place of a norm.
    """
    return float(np.mean(np.abs(autocorrelation(samples) - autocorrelation(real))))


def autocorrelation(curves: np.ndarray) -> np.ndarray:
    """Return the autocorrelations of curves `[n, t, channels]` at the lags 1 to t // 2.

    Returns:
        `[lags, channels]`; 0 of a channel that is constant, and where no curve is so long.
    """
    steps = curves.shape[1]
    centred = curves - np.nanmean(curves, axis=(0, 1))
    variance = np.nanmean(np.square(centred), axis=(0, 1))
    found = []
    for lag in range(1, steps // 2 + 1):
        products = centred[:, :-lag] * centred[:, lag:]
        pairs = np.isfinite(products).sum((0, 1))
        found.append(np.nansum(products, axis=(0, 1)) / np.maximum(pairs, 1))
    return np.array(found) / np.where(variance > 0, variance, 1.0)


def spectrum_distance(samples: np.ndarray, real: np.ndarray) -> float:
    """Return the root mean square difference of log spectra, in dB, over the frequencies.

    It is the log-spectral distance (Gray and Markel 1976, equation 5) of mean spectra. Frequencies
    with less than 10⁻⁶ of the strongest one's power count as if they had that much.
    """
    powers = [spectrum(curves) for curves in (samples, real)]
    least = QUIETEST * powers[1].max(0)
    levels = [10 * np.log10(np.maximum(power, least)) for power in powers]
    return float(np.mean(np.sqrt(np.mean(np.square(levels[0] - levels[1]), axis=0))))


def spectrum(curves: np.ndarray) -> np.ndarray:
    """Return the mean periodogram of curves `[n, t, channels]`, `[t // 2, channels]`.

    Each is taken around its channel's mean, under Hann's window; beyond its end it is 0. The
    constant part is left out.
    """
    steps = curves.shape[1]
    centred = np.nan_to_num(curves - np.nanmean(curves, axis=(0, 1)))
    window = np.hanning(steps + 2)[1:-1, None]
    powers = np.square(np.abs(np.fft.rfft(centred * window, axis=1))).mean(0)
    return np.asarray(powers[1:] / np.square(window).sum())


def step_distance(samples: np.ndarray, real: np.ndarray) -> float:
    """Return the Kolmogorov-Smirnov distance of the values at a step, mean over the steps.

    Steps that fewer than `FEWEST` curves of either kind reach are left out.
    """
    reached = [np.isfinite(curves[..., 0]).sum(0) >= FEWEST for curves in (samples, real)]
    steps = np.flatnonzero(reached[0] & reached[1])
    if not len(steps):
        return 1.0
    found = [
        stats.ks_2samp(
            *(_present(curves[:, step, channel]) for curves in (samples, real)), method="asymp"
        ).statistic
        for step in steps
        for channel in range(real.shape[2])
    ]
    return float(np.mean(found))


def _present(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values)]


def _with_channels(curves: np.ndarray) -> np.ndarray:
    curves = np.asarray(curves, np.float64)
    return curves if curves.ndim == 3 else curves[..., None]
