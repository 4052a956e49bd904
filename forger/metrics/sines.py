"""The distances of curves from sines of amplitude 1, and of frequencies and phases from their laws.

TimeGAN's sines may be less than half a turn long, where a sine of any amplitude fits almost alike.
With the amplitude of the law, frequency and phase are well determined.
"""

from typing import Any

import numpy as np
from scipy import stats

from forger.data.laws_of_curves import ENDS
from forger.metrics.descent import descend

ROWS = 2000  # fitted at once, which bounds the memory
START_STEP = np.pi / 16  # between sines that a fit may start from, in radians at a curve's end
PHASES = 32  # in a turn, of these


def fit_sines(samples: np.ndarray, law: dict[str, Any]) -> np.ndarray:
    """Return the best-fitting sine of each channel of each curve, `[n, channels, 3]`.

    That is its frequency in radians a step, its phase in radians, and the root mean square of what
    is left. Of the paper's law, frequencies above half a turn a step are those below it that look
    alike: b lies in [0, π], and c in (-π, π].

    Args:
        samples: `[n, steps, channels]`, in the data's units.
        law: the `version`.
    """
    version = law["version"]
    sines = 2 * samples - 1 if version == "code" else samples
    n, steps, channels = sines.shape
    rows = sines.transpose(0, 2, 1).reshape(-1, steps)
    starts = _starts(version, steps)
    found = [_fit(rows[i : i + ROWS], starts) for i in range(0, len(rows), ROWS)]
    b, c, rmse = np.concatenate(found).T
    if version == "paper":
        b, c = _fold(b, c)
    return np.stack([b, c, rmse], axis=1).reshape(n, channels, 3)


def sines(fits: np.ndarray, law: dict[str, Any]) -> dict[str, float]:
    """Return the figures of the best-fitting sines.

    - `ks_frequency` and `ks_phase`: the Kolmogorov-Smirnov distances of b and c from their uniform
      laws, mean over the channels.
    - `sine_rmse`: the root mean square distance of curves from sines, of amplitude 1.

    Args:
        fits: `[n, channels, 3]`, from `fit_sines`.
        law: the `version`.
    """
    frequencies, phases = ENDS[law["version"]]
    if law["version"] == "paper":
        frequencies = (0.0, np.pi)
    return {
        "ks_frequency": _distance(fits[..., 0], frequencies),
        "ks_phase": _distance(fits[..., 1], phases),
        "sine_rmse": float(np.sqrt(np.mean(np.square(fits[..., 2])))),
    }


def _distance(values: np.ndarray, ends: tuple[float, float]) -> float:
    uniform = stats.uniform(ends[0], ends[1] - ends[0])
    distances = [stats.kstest(x, uniform.cdf, method="asymp").statistic for x in values.T]
    return float(np.mean(distances))


def _starts(version: str, steps: int) -> np.ndarray:
    """Return the frequencies and phases that fits may start from, `[k, 2]`."""
    highest = np.pi if version == "paper" else 2 * ENDS[version][0][1]
    b = np.linspace(0, highest, 1 + int(np.ceil(highest * (steps - 1) / START_STEP)))
    c = np.linspace(-np.pi, np.pi, PHASES, endpoint=False)
    return np.stack(np.meshgrid(b, c), axis=-1).reshape(-1, 2)


def _sine(parameters: np.ndarray, steps: int) -> np.ndarray:
    return np.asarray(np.sin(parameters[:, :1] * np.arange(steps) + parameters[:, 1:]))


def _fit(rows: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return frequency, phase and what is left of each row `[n, steps]`, `[n, 3]`."""
    steps = rows.shape[1]
    tried = _sine(starts, steps)
    nearest = np.argmin(np.square(tried).sum(1) - 2 * rows @ tried.T, axis=1)

    def model(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        slope = _sine(parameters + np.array([0, np.pi / 2]), steps)
        return _sine(parameters, steps), np.stack([slope * np.arange(steps), slope], axis=-1)

    found, squares = descend(model, rows, starts[nearest])
    return np.column_stack([found, np.sqrt(squares / steps)])


def _fold(b: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the frequency in [0, π] and the phase in (-π, π] that give the same values."""
    b = np.mod(b, 2 * np.pi)
    high = b > np.pi
    b = np.where(high, 2 * np.pi - b, b)
    c = np.where(high, np.pi - c, c)
    return b, np.pi - np.mod(np.pi - c, 2 * np.pi)
