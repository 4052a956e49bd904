"""Convolutional networks after DCGAN (Radford, Metz, Chintala 2016).

By default, strided convolutions go down and transposed ones go up, without pooling, with batch
normalisation and LeakyReLU.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from forger.config.section import Fraction
from forger.networks.base import (
    Cost,
    Inputs,
    Output,
    Shape,
    drop,
    finish,
    join,
    numbers_of,
)
from forger.networks.convolutional import (
    Convolutional,
    Growing,
    channels_of,
    one_pixel,
    stack,
    unstackable,
)

if TYPE_CHECKING:
    import keras


class DCGANGenerator(Growing):
    """A dense layer to a small image, whose sides are then doubled up to the full size.

    The small image has `filters[0]` channels. Each further entry of `filters` is a doubling, and a
    last one leads to the output's channels.
    """

    family: Literal["dcgan_generator"]
    output: Literal["linear", "tanh"] = Field("tanh", description="activation of the output")

    def misfit(self, inputs: Inputs, shape: Shape) -> str:
        factor = 2 ** len(self.filters)
        if any(len(entry) != 1 for entry in inputs.values()):
            return "it is a generator, from vectors to images"
        if len(shape) != 3 or any(side % factor for side in shape[:2]):
            return f"it needs images [height, width, channels] with sides divisible by {factor}"
        if self.normalization == "instance" and math.prod(shape[:2]) == factor**2:
            return one_pixel(self.filters)
        return ""

    def cost(self, inputs: Inputs, shape: Shape) -> Cost:
        *sides, channels = shape
        factor = 4 ** len(self.filters)
        places = math.prod(sides)
        given = numbers_of(inputs)
        first = places // factor * self.filters[0]
        layers = [*self.filters, channels]
        kernels = self.blocks * self.kernel**2 * sum(a * b for a, b in pairwise(layers))
        values = sum(places // factor * 4 ** (i + 1) * n for i, n in enumerate(layers[1:]))
        return Cost(given * first + kernels, given + first + values)

    def build(self, name: str, inputs: Inputs, output: Output, seed: int) -> keras.Model:
        import keras
        from keras import layers

        from forger.networks.layers.spectral import SpectralDense

        assert not isinstance(output, dict)  # which are vectors, and this leads to images
        height, width, channels = output
        factor = 2 ** len(self.filters)
        small = (height // factor, width // factor, self.filters[0])
        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        layer = f"{name}_dense"
        biased = self.normalization != "batch"
        dense = SpectralDense if self.spectral else layers.Dense
        x = dense(math.prod(small), use_bias=biased, **self.weights(layer, seed))(
            join(name, entries)
        )
        shaped = layers.Reshape(small, name=f"{name}_reshape")
        if self.normalization == "instance":  # needs an image
            x = self.finish(shaped(x), layer, self.normalization)
        else:
            x = shaped(self.finish(x, layer, self.normalization))
        for i, filters in enumerate(self.filters[1:]):
            layer = f"{name}_up_{i}"
            x = self.finish(self.double(x, filters, biased, layer, seed), layer, self.normalization)
        last = f"{name}_output"
        x = self.double(x, channels, True, last, seed)
        return keras.Model(entries, finish(x, self.output, last), name=name)


class DCGANDiscriminator(Convolutional):
    """One halving of the sides per entry of `filters`, then a dense layer to the logit."""

    family: Literal["dcgan_discriminator"]
    down: Literal["strided", "average_pool"] = Field(
        "strided", description="how sides halve: the convolution's stride, or averages after it"
    )
    dropout: Fraction = Field(0.0, description="share dropped after each convolution")

    def misfit(self, inputs: Inputs, shape: Shape) -> str:
        if len(shape) != 1:
            return "it is a discriminator, from images to vectors"
        if why := unstackable(inputs):
            return why
        entry = next(iter(inputs.values()))
        # The last image to be normalised is the smallest; its average pooling comes afterwards.
        halved = len(self.filters) - (self.down == "average_pool")
        one = all(math.ceil(side / 2**halved) == 1 for side in entry[:2])
        if self.normalization == "instance" and len(self.filters) > 1 and one:
            return one_pixel(self.filters)
        return ""

    def cost(self, inputs: Inputs, shape: Shape) -> Cost:
        height, width, _ = next(iter(inputs.values()))
        layers = [channels_of(inputs), *self.filters]
        kernels = self.kernel**2 * sum(a * b for a, b in pairwise(layers))
        values = numbers_of(inputs) + math.prod(shape)
        for filters in self.filters:
            halved = math.ceil(height / 2), math.ceil(width / 2)
            # Averages are taken after the convolution, of its output at the full size.
            values += filters * math.prod(halved if self.down == "strided" else (height, width))
            height, width = halved
        flat = height * width * self.filters[-1]
        return Cost(kernels + flat * math.prod(shape), values)

    def build(self, name: str, inputs: Inputs, output: Output, seed: int) -> keras.Model:
        import keras
        from keras import layers

        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        x = stack(name, entries)
        stride = 2 if self.down == "strided" else 1
        for i, filters in enumerate(self.filters):
            layer = f"{name}_down_{i}"
            normalization = self.normalization if i else "none"
            biased = normalization != "batch"
            x = self.convolve(x, filters, layer, seed, strides=stride, use_bias=biased)
            x = self.finish(x, layer, normalization)
            if self.down == "average_pool":
                x = layers.AveragePooling2D(2, padding="same", name=f"{layer}_pool")(x)
            x = drop(x, self.dropout, f"{layer}_dropout", seed)
        return keras.Model(entries, self.judge(x, name, output, seed), name=name)
