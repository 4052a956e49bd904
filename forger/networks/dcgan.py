"""Convolutional networks after DCGAN (Radford, Metz, Chintala 2016).

By default, strided convolutions go down and transposed ones go up, without pooling, with batch
normalisation and LeakyReLU. A bias before batch normalisation has no effect but round-off, so there
is none.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from forger.config.section import Fraction
from forger.core.seeds import integer
from forger.networks.base import (
    Cost,
    Network,
    Normalization,
    Output,
    Shape,
    dropped,
    finished,
    heads,
    joined,
    normalized,
)

if TYPE_CHECKING:
    import keras

Filters = Annotated[
    tuple[Annotated[int, Field(ge=1, le=8192)], ...], Field(min_length=1, max_length=20)
]


class _DCGAN(Network):
    filters: Filters = Field(description="channels, layer by layer")
    kernel: Annotated[int, Field(ge=1, le=64)] = Field(4, description="side of a filter, in pixels")
    slope: Fraction = Field(0.2, description="LeakyReLU's slope for negative inputs")
    normalization: Normalization = Field(
        "batch", description="after each layer but the output (D: and the first)"
    )

    def _weights(self, layer: str, seed: int) -> dict[str, Any]:
        options = {"kernel_initializer": self.initializer_of("normal", layer, seed), "name": layer}
        if self.spectral:
            options["direction_seed"] = integer(seed, f"{layer}/direction")
        return options

    def _convolution(self, layer: str, seed: int, stride: int = 2) -> dict[str, Any]:
        size = {"kernel_size": self.kernel, "strides": stride, "padding": "same"}
        return {**size, **self._weights(layer, seed)}

    def _finish(
        self, x: keras.KerasTensor, layer: str, normalization: Normalization
    ) -> keras.KerasTensor:
        from keras import layers

        x = normalized(x, normalization, f"{layer}_norm")
        return layers.LeakyReLU(self.slope, name=f"{layer}_activation")(x)


class DCGANGenerator(_DCGAN):
    """A dense layer to a small image, whose sides are then doubled up to the full size.

    The small image has `filters[0]` channels. Each further entry of `filters` is a doubling, and a
    last one leads to the output's channels.
    """

    family: Literal["dcgan_generator"]
    output: Literal["linear", "tanh"] = Field("tanh", description="activation of the output")
    up: Literal["transposed", "resize", "pixel_shuffle"] = Field(
        "transposed",
        description="how sides double: a transposed convolution; nearest pixels, then a "
        "convolution (Odena et al. 2016); a convolution to four times the channels, which become "
        "pixels (Shi et al. 2016)",
    )

    def misfit(self, entry: Shape, shape: Shape) -> str:
        factor = 2 ** len(self.filters)
        if len(entry) != 1:
            return "it is a generator, from vectors to images"
        if len(shape) != 3 or any(side % factor for side in shape[:2]):
            return f"it needs images [height, width, channels] with sides divisible by {factor}"
        if self.normalization == "instance" and math.prod(shape[:2]) == factor**2:
            return _one_pixel(self.filters)
        return ""

    def cost(self, entry: Shape, shape: Shape) -> Cost:
        *sides, channels = shape
        factor, places = 4 ** len(self.filters), math.prod(sides)
        first = places // factor * self.filters[0]
        blocks = 4 if self.up == "pixel_shuffle" else 1  # a fourth of the places, 4 × the channels
        layers = [*self.filters, channels]
        kernels = blocks * self.kernel**2 * sum(a * b for a, b in pairwise(layers))
        values = sum(places // factor * 4 ** (i + 1) * n for i, n in enumerate(layers[1:]))
        return Cost(math.prod(entry) * first + kernels, math.prod(entry) + first + values)

    def build(self, name: str, inputs: dict[str, Shape], output: Output, seed: int) -> keras.Model:
        import keras
        from keras import layers

        from forger.networks.layers.spectral import SpectralDense

        assert not isinstance(output, dict)  # which are vectors, and this leads to images
        height, width, channels = output
        factor = 2 ** len(self.filters)
        small = (height // factor, width // factor, self.filters[0])
        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        layer, biased = f"{name}_dense", self.normalization != "batch"
        dense = SpectralDense if self.spectral else layers.Dense
        x = dense(math.prod(small), use_bias=biased, **self._weights(layer, seed))(
            joined(name, entries)
        )
        shaped = layers.Reshape(small, name=f"{name}_reshape")
        if self.normalization == "instance":  # needs an image
            x = self._finish(shaped(x), layer, self.normalization)
        else:
            x = shaped(self._finish(x, layer, self.normalization))
        for i, filters in enumerate(self.filters[1:]):
            layer = f"{name}_up_{i}"
            x = self._double(x, filters, biased, layer, seed)
            x = self._finish(x, layer, self.normalization)
        last = f"{name}_output"
        x = self._double(x, channels, True, last, seed)
        return keras.Model(entries, finished(x, self.output, last), name=name)

    def _double(
        self, x: keras.KerasTensor, filters: int, biased: bool, layer: str, seed: int
    ) -> keras.KerasTensor:
        """Double the sides of an image, and give it `filters` channels."""
        from keras import layers

        from forger.networks.layers.spectral import SpectralDown, SpectralUp
        from forger.networks.layers.strided import Down, Up

        if self.up == "transposed":
            kind = SpectralUp if self.spectral else Up
            return kind(filters, use_bias=biased, **self._convolution(layer, seed))(x)
        convolution = SpectralDown if self.spectral else Down
        options = {"use_bias": biased, **self._convolution(layer, seed, stride=1)}
        if self.up == "resize":
            x = layers.UpSampling2D(2, interpolation="nearest", name=f"{layer}_resize")(x)
            return convolution(filters, **options)(x)
        x = convolution(4 * filters, **options)(x)
        height, width = x.shape[1:3]
        x = layers.Reshape((height, width, 2, 2, filters), name=f"{layer}_blocks")(x)
        x = layers.Permute((1, 3, 2, 4, 5), name=f"{layer}_rows")(x)
        return layers.Reshape((2 * height, 2 * width, filters), name=f"{layer}_pixels")(x)


class DCGANDiscriminator(_DCGAN):
    """One halving of the sides per entry of `filters`, then a dense layer to the logit."""

    family: Literal["dcgan_discriminator"]
    down: Literal["strided", "average_pool"] = Field(
        "strided", description="how sides halve: the convolution's stride, or averages after it"
    )
    dropout: Fraction = Field(0.0, description="share dropped after each convolution")

    def misfit(self, entry: Shape, shape: Shape) -> str:
        if len(shape) != 1:
            return "it is a discriminator, from images to vectors"
        if len(entry) != 3:
            return "it needs images [height, width, channels]"
        # The last image to be normalised is the smallest; its average pooling comes afterwards.
        halved = len(self.filters) - (self.down == "average_pool")
        one = all(math.ceil(side / 2**halved) == 1 for side in entry[:2])
        if self.normalization == "instance" and len(self.filters) > 1 and one:
            return _one_pixel(self.filters)
        return ""

    def cost(self, entry: Shape, shape: Shape) -> Cost:
        height, width, channels = entry
        kernels = self.kernel**2 * sum(a * b for a, b in pairwise([channels, *self.filters]))
        values = math.prod(entry) + math.prod(shape)
        for filters in self.filters:
            halved = math.ceil(height / 2), math.ceil(width / 2)
            # Averages are taken after the convolution, of its output at the full size.
            values += filters * math.prod(halved if self.down == "strided" else (height, width))
            height, width = halved
        flat = height * width * self.filters[-1]
        return Cost(kernels + flat * math.prod(shape), values)

    def build(self, name: str, inputs: dict[str, Shape], output: Output, seed: int) -> keras.Model:
        import keras
        from keras import layers

        from forger.networks.layers.minibatch import MINIBATCH
        from forger.networks.layers.spectral import SpectralDense, SpectralDown
        from forger.networks.layers.strided import Down

        convolution = SpectralDown if self.spectral else Down
        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        x = _stacked(name, entries)
        stride = 2 if self.down == "strided" else 1
        for i, filters in enumerate(self.filters):
            layer, normalization = f"{name}_down_{i}", self.normalization if i else "none"
            options = {
                "use_bias": normalization != "batch",
                **self._convolution(layer, seed, stride),
            }
            x = self._finish(convolution(filters, **options)(x), layer, normalization)
            if self.down == "average_pool":
                x = layers.AveragePooling2D(2, padding="same", name=f"{layer}_pool")(x)
            x = dropped(x, self.dropout, f"{layer}_dropout", seed)
        x = layers.Flatten(name=f"{name}_flat")(x)
        if self.minibatch != "none":
            own = self.initializer_of("normal", f"{name}_minibatch", seed)
            x = MINIBATCH[self.minibatch](x, name, own)
        dense = SpectralDense if self.spectral else layers.Dense

        def head(shape: Shape, layer: str) -> keras.KerasTensor:
            y = dense(math.prod(shape), **self._weights(layer, seed))(x)
            return finished(y, self.output, layer)

        return keras.Model(entries, heads(name, output, head), name=name)


def _one_pixel(filters: tuple[int, ...]) -> str:
    return (
        f"its {len(filters)} filters lead to images of one pixel, of which instance normalisation "
        "leaves nothing; allowed: fewer filters, or another normalization"
    )


def _stacked(name: str, entries: dict[str, keras.KerasTensor]) -> keras.KerasTensor:
    """Append every other input to the image, as constant channels."""
    from keras import layers

    image, *others = entries.values()
    height, width = image.shape[1:3]
    channels = [image]
    for other in others:
        key, size = other.name, other.shape[-1]
        x = layers.RepeatVector(height * width, name=f"{name}_{key}_repeat")(other)
        channels.append(layers.Reshape((height, width, size), name=f"{name}_{key}_plane")(x))
    return channels[0] if not others else layers.Concatenate(name=f"{name}_inputs")(channels)
