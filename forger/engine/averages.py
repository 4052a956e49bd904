"""Averages of networks' weights over updates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras


def copy(network: keras.Model) -> keras.Model:
    """Return a copy with the same weights, which is not trained."""
    made = keras.models.clone_model(network)
    made.set_weights(network.get_weights())
    made.trainable = False
    return made


def update(
    averages: Mapping[str, keras.Model],
    networks: Mapping[str, keras.Model],
    most: float,
    updates: Any,
) -> None:
    """Move each average towards its network's weights, inside a compiled call.

    Args:
        averages: copies of some of the networks, by role.
        networks: all networks, by role.
        most: the decay of a long training.
        updates: how many there have been so far, of which the averages span at most a ninth.
    """
    n = keras.ops.cast(updates, "float32")
    decay = keras.ops.minimum(most, n / (n + 9))
    for role, average in averages.items():
        for mean, weight in zip(average.weights, networks[role].weights, strict=True):
            mean.assign(weight + decay * (mean - weight))
        for layer in average.layers:
            if hasattr(layer, "settle"):  # some of its weights follow from others
                layer.settle()
