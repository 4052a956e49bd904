"""The U-Net of image translation (Ronneberger et al. 2015; Isola et al. 2017, section 6.1.1)."""

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
    activation,
    drop,
    finish,
    normalize,
    numbers_of,
)
from forger.networks.convolutional import Growing, channels_of, one_pixel, stack, unstackable

if TYPE_CHECKING:
    import keras

DROPPED = 3  # layers on the way up, as in pix2pix


class UNet(Growing):
    """From an image to one of the same sides, which are halved and doubled again.

    Each entry of `filters` is a halving. On the way up, each size is joined with what it was on the
    way down, so that details need not pass through the smallest image.
    """

    family: Literal["unet"]
    output: Literal["linear", "tanh"] = Field("tanh", description="activation of the output")
    dropout: Fraction = Field(
        0.5,
        description=f"share dropped in training, in the first {DROPPED} layers on the way up",
    )

    def misfit(self, inputs: Inputs, shape: Shape) -> str:
        if why := unstackable(inputs):
            return why
        image = next(iter(inputs.values()))
        factor = 2 ** len(self.filters)
        if len(shape) != 3 or shape[:2] != image[:2]:
            return "it leads from an image to one of the same sides"
        if any(side % factor for side in shape[:2]):
            return f"it needs images with sides divisible by {factor}"
        if self.normalization == "instance" and math.prod(shape[:2]) == factor**2:
            return one_pixel(self.filters)
        return ""

    def cost(self, inputs: Inputs, shape: Shape) -> Cost:
        *sides, channels = shape
        places = math.prod(sides)
        given = channels_of(inputs)
        down = [given, *self.filters]
        above = [*reversed(self.filters[:-1]), channels]
        # What comes up and what was there on the way down, side by side.
        below = [self.filters[-1], *(2 * filters for filters in above[:-1])]
        kernels = sum(a * b for a, b in pairwise(down))
        kernels += self.blocks * sum(a * b for a, b in zip(below, above, strict=True))
        values = sum(places // 4**i * n for i, n in enumerate(self.filters, 1))
        values += sum(places // 4**i * n for i, n in enumerate(reversed(above)))
        return Cost(self.kernel**2 * kernels, numbers_of(inputs) + values)

    def build(self, name: str, inputs: Inputs, output: Output, seed: int) -> keras.Model:
        import keras
        from keras import layers

        assert not isinstance(output, dict)  # which are vectors, and this leads to images
        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        x = stack(name, entries)
        seen = []
        for i, filters in enumerate(self.filters):
            layer = f"{name}_down_{i}"
            normalization = self.normalization if i else "none"
            biased = normalization != "batch"
            x = self.convolve(x, filters, layer, seed, use_bias=biased)
            x = self.finish(x, layer, normalization)
            seen.append(x)
        for i, skipped in enumerate(reversed(seen[:-1])):
            layer = f"{name}_up_{i}"
            biased = self.normalization != "batch"
            x = self.double(x, skipped.shape[-1], biased, layer, seed)
            x = normalize(x, self.normalization, f"{layer}_norm")
            x = drop(x, self.dropout * (i < DROPPED), f"{layer}_dropout", seed)
            x = activation("relu", f"{layer}_activation")(x)
            x = layers.Concatenate(name=f"{layer}_joined")([x, skipped])
        last = f"{name}_output"
        x = self.double(x, output[-1], True, last, seed)
        return keras.Model(entries, finish(x, self.output, last), name=name)
