"""Convolutional networks after DCGAN (Radford, Metz, Chintala 2016).

No pooling: strided convolutions down, transposed ones up; batch normalisation; LeakyReLU.
A bias in front of batch normalisation has no effect but round-off, so there is none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from stages.gan.networks.base import Network, Shape, finished, joined
from stages.gan.params.section import Fraction

if TYPE_CHECKING:
    import keras

Filters = Annotated[tuple[Annotated[int, Field(ge=1, le=8192)], ...], Field(min_length=1)]


class _DCGAN(Network):
    filters: Filters = Field(description="channels, layer by layer")
    kernel: Annotated[int, Field(ge=1, le=64)] = Field(4, description="side of a filter, in pixels")
    slope: Fraction = Field(0.2, description="LeakyReLU's slope for negative inputs")
    batch_norm: bool = Field(True, description="batch normalisation (D: not on its first layer)")

    @property
    def normalizes_batches(self) -> bool:
        return self.batch_norm

    def _weights(self, layer: str, seed: int) -> dict[str, Any]:
        return {"kernel_initializer": self.initializer_of("normal", layer, seed), "name": layer}

    def _convolution(self, layer: str, seed: int) -> dict[str, Any]:
        size = {"kernel_size": self.kernel, "strides": 2, "padding": "same"}
        return {**size, **self._weights(layer, seed)}

    def _finish(self, x: keras.KerasTensor, layer: str, normalize: bool) -> keras.KerasTensor:
        from keras import layers

        if normalize:
            x = layers.BatchNormalization(name=f"{layer}_norm")(x)
        return layers.LeakyReLU(self.slope, name=f"{layer}_activation")(x)


class DCGANGenerator(_DCGAN):
    """Dense to a small image of `filters[0]` channels, then one doubling a further entry and one
    to the output's channels."""

    family: Literal["dcgan_generator"]
    output: Literal["linear", "tanh"] = Field("tanh", description="activation of the output")

    def misfit(self, role: str, shape: Shape) -> str:
        factor = 2 ** len(self.filters)
        if role != "generator":
            return "it is a generator"
        if len(shape) != 3 or any(side % factor for side in shape[:2]):
            return f"it needs images [height, width, channels] with sides divisible by {factor}"
        return ""

    def build(self, name: str, inputs: dict[str, Shape], shape: Shape, seed: int) -> keras.Model:
        import keras
        from keras import layers

        from stages.gan.networks.strided import Up

        height, width, channels = shape
        factor = 2 ** len(self.filters)
        small = (height // factor, width // factor, self.filters[0])
        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        layer = f"{name}_dense"
        x = layers.Dense(
            math.prod(small), use_bias=not self.batch_norm, **self._weights(layer, seed)
        )(joined(name, entries))
        x = self._finish(x, layer, self.batch_norm)
        x = layers.Reshape(small, name=f"{name}_reshape")(x)
        for i, filters in enumerate(self.filters[1:]):
            layer = f"{name}_up_{i}"
            x = Up(filters, use_bias=not self.batch_norm, **self._convolution(layer, seed))(x)
            x = self._finish(x, layer, self.batch_norm)
        x = Up(channels, **self._convolution(f"{name}_output", seed))(x)
        return keras.Model(entries, finished(x, self.output, name), name=name)


class DCGANDiscriminator(_DCGAN):
    """One halving an entry of `filters`, then a dense layer to the logit."""

    family: Literal["dcgan_discriminator"]

    def misfit(self, role: str, shape: Shape) -> str:
        if role != "discriminator":
            return "it is a discriminator"
        return "" if len(shape) == 3 else "it needs images [height, width, channels]"

    def build(self, name: str, inputs: dict[str, Shape], shape: Shape, seed: int) -> keras.Model:
        import keras
        from keras import layers

        from stages.gan.networks.strided import Down

        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        x = _stacked(name, entries)
        for i, filters in enumerate(self.filters):
            layer, normalize = f"{name}_down_{i}", self.batch_norm and i > 0
            x = Down(filters, use_bias=not normalize, **self._convolution(layer, seed))(x)
            x = self._finish(x, layer, normalize)
        x = layers.Flatten(name=f"{name}_flat")(x)
        x = layers.Dense(math.prod(shape), **self._weights(f"{name}_output", seed))(x)
        return keras.Model(entries, finished(x, self.output, name), name=name)


def _stacked(name: str, entries: dict[str, keras.KerasTensor]) -> keras.KerasTensor:
    """The image, with every other input as constant channels behind it."""
    from keras import layers

    image, *others = entries.values()
    height, width = image.shape[1:3]
    channels = [image]
    for other in others:
        key, size = other.name, other.shape[-1]
        x = layers.RepeatVector(height * width, name=f"{name}_{key}_repeat")(other)
        channels.append(layers.Reshape((height, width, size), name=f"{name}_{key}_plane")(x))
    return channels[0] if not others else layers.Concatenate(name=f"{name}_inputs")(channels)
