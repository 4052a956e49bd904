"""Figures of quality, a file a family; all take samples in data units.

A law's takes the law's parameters (data.json's `law`) besides and returns `{name: float}`; a new
one is added to the table below.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from stages.gan.errors import UserError
from stages.gan.metrics.gaussian import gaussian
from stages.gan.metrics.mixture import mixture
from stages.gan.metrics.mmd import gaussian_kernel, mmd
from stages.gan.metrics.parabola import parabola
from stages.gan.metrics.sinusoid import sinusoid
from stages.gan.metrics.sliced_wasserstein import sliced_wasserstein
from stages.gan.metrics.two_sample import FOLDS, c2st
from stages.gan.neighbours import K, Within, memorisation, neighbours

Law = dict[str, Any]
FEWEST = 2 * (K + FOLDS)  # held-out examples

BY_LAW: dict[str, Callable[[np.ndarray, Law], dict[str, float]]] = {
    "gaussian": gaussian,
    "mixture": mixture,
    "parabola": parabola,
    "sinusoid": sinusoid,
}


def by_law(samples: np.ndarray, law: Law) -> dict[str, float]:
    """The closed-form figures of samples `[n, …]`; none where no law draws the data."""
    return BY_LAW[law["name"]](samples.astype(np.float64), law) if law else {}


class Comparison:
    """The figures of samples held beside real examples, for data of any kind.

    Args:
        train, held_out: real examples `[n, …]` and `[m, …]`.
        compared: how many of each kind the figures that look at all pairs take: these, or as many
            as there are.

    Raises:
        UserError: too few held-out examples to compare with.
    """

    def __init__(self, train: np.ndarray, held_out: np.ndarray, compared: int) -> None:
        self.train, self.held_out = _vectors(train), _vectors(held_out)
        self.n = min(compared, len(train), len(held_out))
        if self.n < FEWEST:
            raise UserError(
                f"quality is measured beside at least {FEWEST} training and {FEWEST} held-out "
                f"examples; found {len(train)} and {len(held_out)}"
            )
        self.real = self.held_out[: self.n]
        self.within_real = Within.of(self.real)
        self.kernel = gaussian_kernel(self.real)

    def of(self, samples: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
        """Of samples `[k, …]`, at least as many as are compared.

        Args:
            rng: picks the training examples that memorisation looks at, as many as held-out ones.
        """
        samples = _vectors(samples)
        picked = np.sort(rng.choice(len(self.train), self.n, replace=False))
        return {
            **self._paired(samples),
            "memorisation": memorisation(samples[: self.n], self.train[picked], self.real),
        }

    def floor(self, n: int) -> dict[str, float]:
        """Of `n` training examples in the place of samples; memorisation, of one half of the
        held-out examples beside the other half and as many training examples."""
        half = self.n // 2
        first, second = self.real[:half], self.real[half : 2 * half]
        return {
            **self._paired(self.train[:n]),
            "memorisation": memorisation(first, self.train[:half], second),
        }

    def _paired(self, samples: np.ndarray) -> dict[str, float]:
        return {
            "sliced_wasserstein": sliced_wasserstein(samples, self.held_out),
            **neighbours(samples[: self.n], self.real, self.within_real),
            "mmd": mmd(samples[: self.n], self.real, self.kernel),
            "c2st": c2st(samples[: self.n], self.real),
        }


def _vectors(examples: np.ndarray) -> np.ndarray:
    return examples.reshape(len(examples), -1)
