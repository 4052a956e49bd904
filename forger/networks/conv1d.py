"""Networks of curves by one-dimensional convolutions, as DCGAN's are of images.

Steps halve by the stride, and double by repetition and a convolution: WaveGAN's remedy against
the patterns that transposed convolutions leave (Donahue et al. 2019, appendix C).
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from forger.config.section import Fraction
from forger.networks.base import (
    Cost,
    Initializer,
    Inputs,
    Network,
    Normalization,
    Output,
    Shape,
    drop,
    finish,
    heads,
    join,
    normalize,
    numbers_of,
)
from forger.networks.convolutional import Filters
from forger.networks.sequential import (
    along,
    channels_of,
    comes_from_no_curve,
    halve,
    leads_to_no_curve,
    shape_as,
    steps_of,
)

if TYPE_CHECKING:
    import keras


class Line(Network):
    """Parameters of networks that look along curves."""

    ordered: ClassVar[bool] = True

    filters: Filters = Field(description="channels, layer by layer")
    kernel: Annotated[int, Field(ge=1, le=256)] = Field(5, description="steps under a filter")
    slope: Fraction = Field(0.2, description="LeakyReLU's slope for negative inputs")
    initializer: Initializer = Field("glorot_uniform", description="of all weights")

    def weights(self, layer: str, seed: int) -> dict[str, Any]:
        """Return the options of a layer with a kernel; its weights derive from `seed`."""
        return self.kernel_of(self.initializer, layer, seed)

    def dense(self, width: int, layer: str, seed: int, biased: bool = True) -> keras.Layer:
        """Return a dense layer."""
        from keras import layers

        from forger.networks.layers.spectral import SpectralDense

        kind = SpectralDense if self.spectral else layers.Dense
        return kind(width, use_bias=biased, **self.weights(layer, seed))

    def convolution(self, filters: int, layer: str, seed: int, **options: Any) -> keras.Layer:
        """Return a convolution along curves."""
        from forger.networks.layers import lines

        kind = lines.SpectralLine if self.spectral else lines.Line
        given = {"padding": "same", **self.weights(layer, seed), **options}
        return kind(filters, self.kernel, **given)

    def activate(
        self, x: keras.KerasTensor, layer: str, normalization: Normalization
    ) -> keras.KerasTensor:
        """Normalise features, and activate them."""
        from keras import layers

        x = normalize(x, normalization, f"{layer}_norm")
        return layers.LeakyReLU(self.slope, name=f"{layer}_activation")(x)


class Conv1DGenerator(Line):
    """A dense layer to a short curve, whose steps are then doubled up to the full length.

    The short curve has `filters[0]` channels. Each further entry of `filters` is a doubling, and a
    last one leads to the output's channels. What is too long is cut at the end.
    """

    family: Literal["conv1d_generator"]

    def misfit(self, inputs: Inputs, shape: Shape) -> str:
        return leads_to_no_curve(inputs, shape) or _too_short(shape, len(self.filters))

    def cost(self, inputs: Inputs, shape: Shape) -> Cost:
        steps, channels = steps_of(shape)
        short = halve(steps, len(self.filters))
        given = numbers_of(inputs)
        layers = [*self.filters, channels]
        kernels = self.kernel * sum(a * b for a, b in pairwise(layers))
        values = sum(short * 2 ** (i + 1) * n for i, n in enumerate(layers[1:]))
        first = short * self.filters[0]
        return Cost(given * first + kernels, given + first + values)

    def build(self, name: str, inputs: Inputs, output: Output, seed: int) -> keras.Model:
        import keras
        from keras import layers

        from forger.networks.layers.lines import Double

        assert not isinstance(output, dict)  # which are vectors, and this leads to curves
        steps, channels = steps_of(output)
        short = halve(steps, len(self.filters))
        biased = self.normalization != "batch"
        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        layer = f"{name}_dense"
        x = self.dense(short * self.filters[0], layer, seed, biased)(join(name, entries))
        x = layers.Reshape((short, self.filters[0]), name=f"{name}_reshape")(x)
        x = self.activate(x, layer, self.normalization)
        for i, filters in enumerate(self.filters[1:]):
            layer = f"{name}_up_{i}"
            x = Double(2, name=f"{layer}_repeat")(x)
            x = self.convolution(filters, layer, seed, use_bias=biased)(x)
            x = self.activate(x, layer, self.normalization)
        last = f"{name}_output"
        x = Double(2, name=f"{last}_repeat")(x)
        x = self.convolution(channels, last, seed)(x)
        if more := x.shape[1] - steps:
            x = layers.Cropping1D((0, more), name=f"{last}_cut")(x)
        return keras.Model(entries, finish(shape_as(x, output, last), self.output, last), name=name)


class Conv1DDiscriminator(Line):
    """One halving of the steps per entry of `filters`, then a dense layer to the logit."""

    family: Literal["conv1d_discriminator"]
    dropout: Fraction = Field(0.0, description="share dropped after each convolution")

    def misfit(self, inputs: Inputs, shape: Shape) -> str:
        curve = next(iter(inputs.values()))
        return comes_from_no_curve(inputs, shape) or _too_short(curve, len(self.filters))

    def cost(self, inputs: Inputs, shape: Shape) -> Cost:
        steps, _ = steps_of(next(iter(inputs.values())))
        layers = [channels_of(inputs), *self.filters]
        kernels = self.kernel * sum(a * b for a, b in pairwise(layers))
        places = [halve(steps, i + 1) for i in range(len(self.filters))]
        end = math.prod(shape)
        values = sum(n * filters for n, filters in zip(places, self.filters, strict=True))
        flat = places[-1] * self.filters[-1]
        return Cost(kernels + flat * end, numbers_of(inputs) + values + end)

    def build(self, name: str, inputs: Inputs, output: Output, seed: int) -> keras.Model:
        import keras
        from keras import layers

        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        x = along(name, entries)
        for i, filters in enumerate(self.filters):
            layer = f"{name}_down_{i}"
            normalization = self.normalization if i else "none"
            biased = normalization != "batch"
            x = self.convolution(filters, layer, seed, strides=2, use_bias=biased)(x)
            x = self.activate(x, layer, normalization)
            x = drop(x, self.dropout, f"{layer}_dropout", seed)
        x = layers.Flatten(name=f"{name}_flat")(x)
        x = self.mix_batch(x, self.initializer, name, seed)

        def head(shape: Shape, layer: str) -> keras.KerasTensor:
            return finish(self.dense(math.prod(shape), layer, seed)(x), self.output, layer)

        return keras.Model(entries, heads(name, output, head), name=name)


def _too_short(shape: Shape, halvings: int) -> str:
    """Tell that curves can't be halved so often; empty if they can."""
    steps, _ = steps_of(shape)
    if steps > 2 ** (halvings - 1):
        return ""
    return (
        f"its {halvings} filters halve curves of {steps} steps beyond one; allowed: fewer filters"
    )
