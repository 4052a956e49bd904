"""A trained discriminator as a function: examples in, raw outputs out."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import roc_curve

from forger.methods.products import Given, Product
from forger.models.generator import forward, one_hot


class Judge:
    """A discriminator in inference mode.

    Args:
        product: takes examples and may be told labels, several packed as one.
        classes: the number of labels, 0 for none.
    """

    def __init__(self, product: Product, classes: int = 0) -> None:
        self.product, self.classes = product, classes

    @property
    def threshold(self) -> float:
        """The raw output above which it says "real"."""
        if self.product.threshold is None:
            raise ValueError("this discriminator has no threshold yet")
        return self.product.threshold

    def scores(self, examples: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Return the raw outputs, float32 `[n // packed]`, for examples `[n, …]`.

        The examples are in the networks' units. Labels, int `[n]`, are needed where the network
        takes them.
        """
        inputs = {}
        for name, source in self.product.inputs.items():
            assert isinstance(source, Given)
            rows = one_hot(labels, self.classes) if source.field == "labels" else examples
            inputs[name] = _pack(rows, source.packed)
        return forward(self.product.network, inputs)[:, 0]


def _pack(rows: np.ndarray, m: int) -> np.ndarray:
    """Join each m consecutive rows along the last axis, and leave out the rest."""
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
