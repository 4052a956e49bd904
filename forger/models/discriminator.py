"""A trained discriminator as a function: examples in, raw outputs out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sklearn.metrics import roc_curve

from forger.methods.products import Product
from forger.models.inference import forward, take_inputs


class Judge:
    """A discriminator in inference mode.

    Args:
        product: takes examples and may be told other fields, several rows packed as one.
        classes: the number of labels, 0 for none.
    """

    def __init__(self, product: Product, classes: int = 0) -> None:
        self.product = product
        self.classes = classes

    @property
    def threshold(self) -> float:
        """The raw output above which it says "real"."""
        if self.product.threshold is None:
            raise ValueError("this discriminator has no threshold yet")
        return self.product.threshold

    def scores(self, rows: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the raw outputs, float32 `[n // packed]`; of a map of patches, their mean.

        Args:
            rows: `[n, …]` of each field, in the networks' units: what is judged as `real`, and the
                other fields that the network is told, if any.
        """
        outputs = forward(self.product.network, take_inputs(self.product, rows, self.classes))
        return np.asarray(outputs.reshape(len(outputs), -1).mean(1))


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
