"""Convolutional networks of residual blocks (He et al. 2016), for images of many sizes.

Sides double by nearest pixels and a convolution (Odena et al. 2016), and halve by its stride. As in
R3GAN (Huang et al. 2024, section 3) nothing is normalised by default; each block's last convolution
starts at zero instead, so that the network starts as its short cuts (Zhang et al. 2019).
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from forger.networks.base import (
    Cost,
    Initializer,
    Inputs,
    Normalization,
    Output,
    Shape,
    finish,
    join,
    numbers_of,
)
from forger.networks.convolutional import Convolutional, channels_of, stack, unstackable

if TYPE_CHECKING:
    import keras

SMALLEST = range(4, 8)  # the shorter side of the smallest image


class Residual(Convolutional):
    """What the two networks share: a block of two convolutions beside a short cut."""

    kernel: Annotated[int, Field(ge=1, le=64)] = Field(3, description="side of a filter, in pixels")
    normalization: Normalization = Field("none", description="before each activation in a block")
    initializer: Initializer = Field("he_uniform", description="of all kernels that begin non-zero")

    def weights(self, layer: str, seed: int) -> dict[str, Any]:
        return self.kernel_of(self.initializer, layer, seed)

    def same(
        self, x: keras.KerasTensor, filters: int, layer: str, seed: int, **options: Any
    ) -> keras.KerasTensor:
        """Convolve an image to one of the same sides."""
        return self.convolve(x, filters, layer, seed, **{"strides": 1, **options})

    def shorten(
        self, x: keras.KerasTensor, filters: int, layer: str, seed: int
    ) -> keras.KerasTensor:
        """Return the short cut: `x` itself, or mixtures of its channels if it has others."""
        if x.shape[-1] == filters:
            return x
        options = {"kernel_size": 1, "use_bias": False}
        return self.same(x, filters, f"{layer}_short", seed, **options)

    def last(
        self, x: keras.KerasTensor, filters: int, layer: str, seed: int, strides: int = 1
    ) -> keras.KerasTensor:
        """Convolve for the last time in a block: to zeros, at first.

        Spectral normalisation, which divides by the kernel's size, can't begin there.
        """
        zero = {} if self.spectral else {"kernel_initializer": "zeros"}
        return self.convolve(x, filters, layer, seed, strides=strides, **zero)

    def sides_misfit(self, sides: Shape) -> str:
        """Tell why sides can't be halved so often; empty if they can."""
        times = len(self.filters) - 1
        factor = 2**times
        if all(side % factor == 0 for side in sides) and min(sides) // factor in SMALLEST:
            return ""
        return (
            f"its {len(self.filters)} filters halve sides {times} times, which must lead to whole "
            f"numbers, the smaller {SMALLEST[0]} to {SMALLEST[-1]}"
        )


class ResidualGenerator(Residual):
    """A dense layer to a small image with `filters[0]` channels; each further entry doubles sides.

    A last convolution leads to the output's channels.
    """

    family: Literal["residual_generator"]
    output: Literal["linear", "tanh"] = Field("tanh", description="activation of the output")

    def misfit(self, inputs: Inputs, shape: Shape) -> str:
        if any(len(entry) != 1 for entry in inputs.values()):
            return "it is a generator, from vectors to images"
        if len(shape) != 3:
            return "it needs images [height, width, channels]"
        return self.sides_misfit(shape[:2])

    def cost(self, inputs: Inputs, shape: Shape) -> Cost:
        *sides, channels = shape
        places = math.prod(sides) // 4 ** (len(self.filters) - 1)
        given = numbers_of(inputs)
        weights = given * places * self.filters[0]
        values = given + places * self.filters[0]
        for a, b in pairwise(self.filters):
            places *= 4
            weights += self.kernel**2 * (a * b + b * b) + a * b * (a != b)
            values += places * b * 2 + places // 4 * b * (a != b)
        end = self.kernel**2 * self.filters[-1] * channels
        return Cost(weights + end, values + math.prod(shape))

    def build(self, name: str, inputs: Inputs, output: Output, seed: int) -> keras.Model:
        import keras
        from keras import layers

        from forger.networks.layers.spectral import SpectralDense

        assert not isinstance(output, dict)  # which are vectors, and this leads to images
        height, width, channels = output
        factor = 2 ** (len(self.filters) - 1)
        small = (height // factor, width // factor, self.filters[0])
        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        dense = SpectralDense if self.spectral else layers.Dense
        x = dense(math.prod(small), **self.weights(f"{name}_dense", seed))(join(name, entries))
        x = layers.Reshape(small, name=f"{name}_reshape")(x)
        for i, filters in enumerate(self.filters[1:]):
            x = self.double(x, filters, f"{name}_up_{i}", seed)
        x = self.finish(x, f"{name}_end", self.normalization)
        last = f"{name}_output"
        small_kernel = self.initializer_of("normal", last, seed)
        x = self.same(x, channels, last, seed, kernel_initializer=small_kernel)
        return keras.Model(entries, finish(x, self.output, last), name=name)

    def double(
        self, x: keras.KerasTensor, filters: int, layer: str, seed: int
    ) -> keras.KerasTensor:
        """Double the sides of an image, and give it `filters` channels."""
        from keras import layers

        def grow(x: keras.KerasTensor, place: str) -> keras.KerasTensor:
            return layers.UpSampling2D(2, interpolation="nearest", name=f"{layer}_{place}")(x)

        y = self.finish(x, f"{layer}_0", self.normalization)
        y = self.same(grow(y, "resize"), filters, f"{layer}_first", seed)
        y = self.finish(y, f"{layer}_1", self.normalization)
        y = self.last(y, filters, f"{layer}_second", seed)
        # Channels are mixed before the image grows: the same, with a fourth of the work.
        short = grow(self.shorten(x, filters, layer, seed), "short_resize")
        return layers.Add(name=f"{layer}_sum")([short, y])


class ResidualDiscriminator(Residual):
    """A convolution to `filters[0]` channels; each further entry halves sides; then the logit."""

    family: Literal["residual_discriminator"]

    def misfit(self, inputs: Inputs, shape: Shape) -> str:
        if len(shape) != 1:
            return "it is a discriminator, from images to vectors"
        if why := unstackable(inputs):
            return why
        return self.sides_misfit(next(iter(inputs.values()))[:2])

    def cost(self, inputs: Inputs, shape: Shape) -> Cost:
        height, width, _ = next(iter(inputs.values()))
        places = height * width
        weights = self.kernel**2 * channels_of(inputs) * self.filters[0]
        values = numbers_of(inputs) + places * self.filters[0]
        for a, b in pairwise(self.filters):
            weights += self.kernel**2 * (a * a + a * b) + a * b * (a != b)
            values += places * a + places // 4 * b * (1 + (a != b))
            places //= 4
        flat = places * self.filters[-1]
        return Cost(weights + flat * math.prod(shape), values + math.prod(shape))

    def build(self, name: str, inputs: Inputs, output: Output, seed: int) -> keras.Model:
        import keras

        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        x = self.same(stack(name, entries), self.filters[0], f"{name}_entry", seed)
        for i, filters in enumerate(self.filters[1:]):
            x = self.halve(x, filters, f"{name}_down_{i}", seed)
        x = self.finish(x, f"{name}_end", self.normalization)
        return keras.Model(entries, self.judge(x, name, output, seed), name=name)

    def halve(self, x: keras.KerasTensor, filters: int, layer: str, seed: int) -> keras.KerasTensor:
        """Halve the sides of an image, and give it `filters` channels."""
        from keras import layers

        y = self.finish(x, f"{layer}_0", self.normalization)
        y = self.same(y, x.shape[-1], f"{layer}_first", seed)
        y = self.finish(y, f"{layer}_1", self.normalization)
        y = self.last(y, filters, f"{layer}_second", seed, strides=2)
        small = layers.AveragePooling2D(2, name=f"{layer}_short_pool")(x)
        short = self.shorten(small, filters, layer, seed)
        return layers.Add(name=f"{layer}_sum")([short, y])
