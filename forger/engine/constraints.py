"""Constraints of weights, which optimizers apply after each of their steps."""

from typing import Any

import keras


class Clip(keras.constraints.Constraint):
    """Keeps every weight within ± `limit`."""

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def __call__(self, weight: Any) -> Any:
        return keras.ops.clip(weight, -self.limit, self.limit)


def clip(network: keras.Model, limit: float) -> None:
    """Keep a network's weights within ± `limit` from its optimizer's first step on."""
    for weight in network.trainable_variables:
        weight.constraint = Clip(limit)
