"""The distances of what light curves show from what real ones show, by the same fits.

No fit finds the parameters of a noisy curve exactly. Those of samples are therefore compared with
those of fresh real curves, rather than with the law itself.
"""

import json
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import stats

from forger.core.seeds import stream
from forger.data.laws_of_curves import Stars, show_transits
from forger.metrics.descent import descend
from forger.metrics.sinusoid import best_fit

REFERENCE = 10_000  # fresh real curves
FEWEST = 20  # of a kind, below which there are no parameters to compare
ROWS = 1000  # fitted at once, which bounds the memory
PERIODS = 31  # that a fit of transits may start from
DURATIONS = 4
ITERATIONS = 12
PHASES = 30
WIDE = 1.2  # how far beyond the law's ends fits start, as a factor
# Columns of the fits, by the kind that a curve is taken for.
TRANSIT = ("ks_period", "ks_middle", "ks_duration", "ks_depth")
PULSATION = ("ks_pulsation", "ks_maximum", "ks_amplitude")


def fit_light_curves(samples: np.ndarray, law: dict[str, Any]) -> np.ndarray:
    """Fit a repeated transit and a pulsation to each curve.

    Args:
        samples: `[n, points]`, in per cent.
        law: the `parameters`, those of `Stars`.

    Returns:
        `[n, 9]`: whether the transit explains more (1 or 0); its period, its middle as a share of
        the period, its duration and depth; the pulsation's period, its maximum as a share of the
        period, and its amplitude; and the standard deviation of what is left by the better.
    """
    own = Stars.model_validate(law["parameters"])
    found = [_fit(samples[i : i + ROWS], own) for i in range(0, len(samples), ROWS)]
    return np.concatenate(found)


def light_curves(fits: np.ndarray, law: dict[str, Any]) -> dict[str, float]:
    """Return the figures of the fits.

    - `transit_share`: the share of curves that a transit explains better than a pulsation.
    - `ks_noise`: the Kolmogorov-Smirnov distance of what is left by the better fit from that of
      real curves.
    - The others: the same of a parameter, in the curves of its kind; 1 where there are fewer than
      `FEWEST`.

    Args:
        fits: `[n, 9]`, from `fit_light_curves`.
        law: as there.
    """
    real = _fit_real(json.dumps(law, sort_keys=True))
    found = {"transit_share": float(np.mean(fits[:, 0]))}
    for i, name in enumerate((*TRANSIT, *PULSATION), 1):
        kind = float(name in TRANSIT)
        own, others = (each[each[:, 0] == kind, i] for each in (fits, real))
        found[name] = _distance(own, others)
    found["ks_noise"] = _distance(fits[:, -1], real[:, -1])
    return found


@lru_cache(maxsize=4)
def _fit_real(law: str) -> np.ndarray:
    """Return the fits of fresh real curves."""
    read = json.loads(law)
    own = Stars.model_validate(read["parameters"])
    return fit_light_curves(own.draw(REFERENCE, stream(0, "metrics/light_curves")), read)


def _distance(samples: np.ndarray, real: np.ndarray) -> float:
    if min(len(samples), len(real)) < FEWEST:
        return 1.0
    return float(stats.ks_2samp(samples, real, method="asymp").statistic)


def _fit(rows: np.ndarray, law: Stars) -> np.ndarray:
    times = law.cadence * np.arange(law.points)
    transit, missed = _fit_transits(rows, times, law)
    low, high = (2 * np.pi / end for end in law.pulsation[::-1])
    finest = np.pi / law.cadence
    wave = best_fit(rows, times, low / WIDE, min(WIDE * high, finest))
    model = wave.a[:, None] * np.sin(wave.b[:, None] * times + wave.c[:, None])
    left = np.square(rows - model).sum(1)
    # At the maximum, b t + c is a quarter of a turn.
    maximum = np.mod((np.pi / 2 - wave.c) / (2 * np.pi), 1)
    better = missed < left
    noise = np.sqrt(np.minimum(missed, left) / (law.points - 4))
    waves = [2 * np.pi / wave.b, maximum, wave.a]
    return np.column_stack([better, transit, *waves, noise])


def _fit_transits(rows: np.ndarray, times: np.ndarray, law: Stars) -> tuple[np.ndarray, np.ndarray]:
    """Return period, middle, duration and depth, `[n, 4]`, and the rest's sum of squares, `[n]`."""
    starts = _starts(law)
    period, middle, duration = starts.T
    tried = show_transits(times, period, middle, duration, np.ones(len(starts)))
    norms = np.square(tried).sum(1)
    products = np.maximum(rows @ tried.T, 0)
    nearest = np.argmax(np.square(products) / norms, axis=1)
    depth = products[np.arange(len(rows)), nearest] / norms[nearest]
    # The middle that moves least with the period is that of a transit half way along.
    found = np.column_stack([starts[nearest], depth])
    centre = np.round((times.mean() - found[:, 1]) / found[:, 0])
    found[:, 1] += centre * found[:, 0]

    def model(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        period, middle, duration, depth = parameters.T
        period = np.clip(period, law.period[0] / 2, 2 * law.period[1])
        duration = np.clip(duration, 2 * law.cadence, period / 2)
        return _differentiate(times, [period, middle, duration, depth])

    best, squares = descend(model, rows, found, ITERATIONS)
    period = np.clip(best[:, 0], law.period[0] / 2, 2 * law.period[1])
    duration = np.clip(best[:, 2], 2 * law.cadence, period / 2)
    phase = np.mod(best[:, 1] / period, 1)
    return np.column_stack([period, phase, duration, best[:, 3]]), squares


def _starts(law: Stars) -> np.ndarray:
    """Return periods, middles and durations that fits may start from, `[k, 3]`."""
    period = np.linspace(law.period[0] / WIDE, law.period[1] * WIDE, PERIODS)
    duration = np.linspace(*law.duration, DURATIONS)
    share = np.arange(PHASES) / PHASES
    grid = np.stack(np.meshgrid(period, share, duration), axis=-1).reshape(-1, 3)
    grid[:, 1] *= grid[:, 0]
    return grid


def _differentiate(times: np.ndarray, at: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return transits `[n, points]`, and their slopes by each of four parameters, by differences.

    A transit has corners, over which the differences are taken: they are a share of the cadence.
    """
    step = 0.05 * (times[1] - times[0])
    values = show_transits(times, *at)
    slopes = []
    for i in range(3):
        ends = [[x + sign * step * (i == j) for j, x in enumerate(at)] for sign in (1, -1)]
        above, below = (show_transits(times, *end) for end in ends)
        slopes.append((above - below) / (2 * step))
    slopes.append(show_transits(times, at[0], at[1], at[2], np.ones(len(values))))
    return values, np.stack(slopes, axis=-1)
