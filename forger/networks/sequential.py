"""What networks of curves share: curves as their inputs, and where their parts begin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from forger.networks.base import Inputs, Shape

if TYPE_CHECKING:
    import keras


def steps_of(shape: Shape) -> tuple[int, int]:
    """Return the steps and channels of curves `[steps]` or `[steps, channels]`."""
    return (shape[0], 1) if len(shape) == 1 else (shape[0], shape[1])


def leads_to_no_curve(inputs: Inputs, shape: Shape) -> str:
    """Tell why a network can't lead from vectors to curves; empty if it can."""
    if any(len(entry) != 1 for entry in inputs.values()):
        return "it is a generator, from vectors to curves"
    return "" if len(shape) in (1, 2) else "it needs curves [steps] or [steps, channels]"


def comes_from_no_curve(inputs: Inputs, shape: Shape) -> str:
    """Tell why a network can't lead from curves to vectors; empty if it can."""
    if len(shape) != 1:
        return "it is a discriminator, from curves to vectors"
    curve, *others = inputs.values()
    if len(curve) not in (1, 2):
        return "it needs curves [steps] or [steps, channels]"
    if any(len(other) != 1 and other[0] != curve[0] for other in others):
        return "it needs curves of the same steps"
    return ""


def channels_of(inputs: Inputs) -> int:
    """Return the channels that all inputs have when they are joined by `along`."""
    curve, *others = inputs.values()
    return steps_of(curve)[1] + sum(shape[-1] for shape in others)


def along(name: str, entries: Mapping[str, keras.KerasTensor]) -> keras.KerasTensor:
    """Join the inputs to one curve: others as they are, vectors as constant channels."""
    from keras import layers

    curve, *others = entries.values()
    steps, channels = steps_of(curve.shape[1:])
    if len(curve.shape) == 2:
        curve = layers.Reshape((steps, channels), name=f"{name}_curve")(curve)
    joined = [
        layers.RepeatVector(steps, name=f"{name}_{other.name}_repeat")(other)
        if len(other.shape) == 2
        else other
        for other in others
    ]
    return layers.Concatenate(name=f"{name}_inputs")([curve, *joined]) if joined else curve


def shape_as(y: keras.KerasTensor, shape: Shape, name: str) -> keras.KerasTensor:
    """Reshape curves `[batch, steps, channels]` to the shape of an example."""
    from keras import layers

    return y if len(shape) == 2 else layers.Reshape(shape, name=f"{name}_reshape")(y)


def halve(steps: int, times: int) -> int:
    """Return ⌈steps / 2^times⌉."""
    return math.ceil(steps / 2**times)


def split_noise(
    name: str, entries: Mapping[str, keras.KerasTensor], size: int
) -> tuple[dict[str, keras.KerasTensor], keras.KerasTensor]:
    """Return the inputs without the first `size` latents, and these, `[batch, size, 1]`."""
    from keras import layers

    first = next(iter(entries))
    latents = entries[first].shape[1]
    line = layers.Reshape((latents, 1), name=f"{name}_line")(entries[first])
    own = layers.Cropping1D((0, latents - size), name=f"{name}_noise")(line)
    left = layers.Cropping1D((size, 0), name=f"{name}_shared")(line)
    return {**entries, first: layers.Flatten(name=f"{name}_shared_flat")(left)}, own
