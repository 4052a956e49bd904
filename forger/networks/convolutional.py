"""What families of convolutional networks share: their options, and how sides halve and double."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from forger.config.section import Fraction
from forger.networks.base import (
    Inputs,
    Network,
    Normalization,
    Output,
    Shape,
    finish,
    heads,
    normalize,
)

if TYPE_CHECKING:
    import keras

Filters = Annotated[
    tuple[Annotated[int, Field(ge=1, le=8192)], ...], Field(min_length=1, max_length=20)
]


class Convolutional(Network):
    """Parameters of networks that look at images. A bias before batch normalisation has no effect
    but round-off, so there is none."""

    filters: Filters = Field(description="channels, layer by layer")
    kernel: Annotated[int, Field(ge=1, le=64)] = Field(4, description="side of a filter, in pixels")
    slope: Fraction = Field(0.2, description="LeakyReLU's slope for negative inputs")
    normalization: Normalization = Field(
        "batch", description="after each layer but the output (D: and the first)"
    )

    def weights(self, layer: str, seed: int) -> dict[str, Any]:
        """Return the options of a layer with a kernel; its weights derive from `seed`."""
        return self.kernel_of("normal", layer, seed)

    def convolution(self, layer: str, seed: int) -> dict[str, Any]:
        """Return the options of a convolution; its weights derive from `seed`."""
        size = {"kernel_size": self.kernel, "strides": 2, "padding": "same"}
        return {**size, **self.weights(layer, seed)}

    def convolve(
        self, x: keras.KerasTensor, filters: int, layer: str, seed: int, **options: Any
    ) -> keras.KerasTensor:
        """Convolve an image with `filters` filters, at a stride of 2 if `options` do not differ."""
        from forger.networks.layers.spectral import SpectralDown
        from forger.networks.layers.strided import Down

        kind = SpectralDown if self.spectral else Down
        return kind(filters, **{**self.convolution(layer, seed), **options})(x)

    def finish(
        self, x: keras.KerasTensor, layer: str, normalization: Normalization
    ) -> keras.KerasTensor:
        """Normalise features, and activate them."""
        from keras import layers

        x = normalize(x, normalization, f"{layer}_norm")
        return layers.LeakyReLU(self.slope, name=f"{layer}_activation")(x)

    def judge(
        self, x: keras.KerasTensor, name: str, output: Output, seed: int
    ) -> keras.KerasTensor | dict[str, keras.KerasTensor]:
        """Return what dense layers make of all features of an image, beside its batch's."""
        from keras import layers

        from forger.networks.layers.spectral import SpectralDense

        x = layers.Flatten(name=f"{name}_flat")(x)
        x = self.mix_batch(x, "normal", name, seed)
        dense = SpectralDense if self.spectral else layers.Dense

        def head(shape: Shape, layer: str) -> keras.KerasTensor:
            y = dense(math.prod(shape), **self.weights(layer, seed))(x)
            return finish(y, self.output, layer)

        return heads(name, output, head)


class Growing(Convolutional):
    """Parameters of networks that double the sides of images."""

    up: Literal["transposed", "resize", "pixel_shuffle"] = Field(
        "transposed",
        description="how sides double: a transposed convolution; nearest pixels, then a "
        "convolution (Odena et al. 2016); a convolution to four times the channels, which become "
        "pixels (Shi et al. 2016)",
    )

    @property
    def blocks(self) -> int:
        """How many kernels a doubling has: for a fourth of the places, 4 × the channels."""
        return 4 if self.up == "pixel_shuffle" else 1

    def double(
        self, x: keras.KerasTensor, filters: int, biased: bool, layer: str, seed: int
    ) -> keras.KerasTensor:
        """Double the sides of an image, and give it `filters` channels."""
        from keras import layers

        from forger.networks.layers.spectral import SpectralUp
        from forger.networks.layers.strided import Up

        if self.up == "transposed":
            kind = SpectralUp if self.spectral else Up
            return kind(filters, use_bias=biased, **self.convolution(layer, seed))(x)
        if self.up == "resize":
            x = layers.UpSampling2D(2, interpolation="nearest", name=f"{layer}_resize")(x)
            return self.convolve(x, filters, layer, seed, strides=1, use_bias=biased)
        x = self.convolve(x, 4 * filters, layer, seed, strides=1, use_bias=biased)
        height, width = x.shape[1:3]
        x = layers.Reshape((height, width, 2, 2, filters), name=f"{layer}_blocks")(x)
        x = layers.Permute((1, 3, 2, 4, 5), name=f"{layer}_rows")(x)
        return layers.Reshape((2 * height, 2 * width, filters), name=f"{layer}_pixels")(x)


def unstackable(inputs: Inputs) -> str:
    """Tell why inputs can't become one image, by `stacked`; empty if they can."""
    image, *others = inputs.values()
    if len(image) != 3:
        return "it needs images [height, width, channels]"
    if any(len(shape) != 1 and shape[:2] != image[:2] for shape in others):
        return "it needs images of the same sides"
    return ""


def channels_of(inputs: Inputs) -> int:
    """Return the channels that all inputs have when they are stacked."""
    return sum(shape[-1] for shape in inputs.values())


def stack(name: str, entries: Mapping[str, keras.KerasTensor]) -> keras.KerasTensor:
    """Append every other input to the image: images as they are, vectors as constant channels."""
    from keras import layers

    image, *others = entries.values()
    height, width = image.shape[1:3]
    channels = [image]
    for other in others:
        if len(other.shape) == 2:
            key = other.name
            size = other.shape[-1]
            x = layers.RepeatVector(height * width, name=f"{name}_{key}_repeat")(other)
            other = layers.Reshape((height, width, size), name=f"{name}_{key}_plane")(x)
        channels.append(other)
    return channels[0] if not others else layers.Concatenate(name=f"{name}_inputs")(channels)


def one_pixel(filters: tuple[int, ...]) -> str:
    """Tell that filters lead to images of which instance normalisation leaves nothing."""
    return (
        f"its {len(filters)} filters lead to images of one pixel, of which instance normalisation "
        "leaves nothing; allowed: fewer filters, or another normalization"
    )
