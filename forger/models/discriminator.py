"""A trained discriminator as a function: examples in, raw outputs out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import roc_curve

from forger.models.generator import forward, one_hot

if TYPE_CHECKING:
    import keras


class Judge:
    """A discriminator network in inference mode.

    Args:
        classes: the number of labels that it takes, 0 for none.
        packing: how many examples it judges together.
    """

    def __init__(self, network: keras.Model, classes: int = 0, packing: int = 1) -> None:
        self.network, self.classes, self.packing = network, classes, packing

    def scores(self, examples: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Return the raw outputs, float32 `[n // packing]`, for examples `[n, …]`.

        The examples are in the networks' units. Labels, int `[n]`, are needed where the network
        takes them.
        """
        inputs = {"examples": self._packed(examples)}
        if "labels" in self.network.input:
            inputs["labels"] = self._packed(one_hot(labels, self.classes))
        return forward(self.network, inputs)[:, 0]

    def _packed(self, rows: np.ndarray) -> np.ndarray:
        m = self.packing
        if m == 1:
            return rows
        whole = len(rows) // m * m
        return np.concatenate([rows[i:whole:m] for i in range(m)], axis=-1)


def separating(real: np.ndarray, fake: np.ndarray) -> float:
    """Return the threshold that best separates the raw outputs of real examples and fakes.

    It maximises the share of real examples above it plus that of fakes below it (Youden 1950).

    Args:
        real, fake: raw outputs, `[n]` and `[m]`.
    """
    truth = np.repeat([1, 0], [len(real), len(fake)])
    false_positive, true_positive, thresholds = roc_curve(truth, np.concatenate([real, fake]))
    best = int(np.argmax(true_positive - false_positive))
    if best + 1 == len(thresholds):
        return float(thresholds[best])
    # The curve counts scores at its thresholds as real, so move halfway to the next lower score.
    above = thresholds[best] if np.isfinite(thresholds[best]) else max(real.max(), fake.max())
    return float((above + thresholds[best + 1]) / 2)
