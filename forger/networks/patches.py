"""The discriminator of patches (PatchGAN: Isola et al. 2017, section 2.2.2)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from forger.networks.base import Cost, Inputs, Output, Shape, finish, numbers_of
from forger.networks.convolutional import (
    Convolutional,
    channels_of,
    one_pixel,
    stack,
    unstackable,
)

if TYPE_CHECKING:
    import keras


class PatchDiscriminator(Convolutional):
    """From an image to a map of logits, each of which judges one patch of the image.

    Each entry of `filters` but the last halves the sides; the last one and the logits keep them.
    Patches overlap, and grow with the number of filters and with `kernel`.
    """

    family: Literal["patch_discriminator"]

    def misfit(self, inputs: Inputs, shape: Shape) -> str:
        if shape != (1,):
            return "it is a discriminator, from images to a map of logits"
        if why := unstackable(inputs):
            return why
        if self.minibatch != "none":
            return "it judges patches, whose batch has no diversity; allowed: minibatch none"
        image = next(iter(inputs.values()))
        one = all(math.ceil(side / 2 ** (len(self.filters) - 1)) == 1 for side in image[:2])
        if self.normalization == "instance" and len(self.filters) > 1 and one:
            return one_pixel(self.filters)
        return ""

    def cost(self, inputs: Inputs, shape: Shape) -> Cost:
        height, width, _ = next(iter(inputs.values()))
        layers = [channels_of(inputs), *self.filters, 1]
        values = numbers_of(inputs)
        for i, filters in enumerate(layers[1:], 1):
            if i < len(self.filters):
                height = math.ceil(height / 2)
                width = math.ceil(width / 2)
            values += height * width * filters
        return Cost(self.kernel**2 * sum(a * b for a, b in pairwise(layers)), values)

    def build(self, name: str, inputs: Inputs, output: Output, seed: int) -> keras.Model:
        import keras

        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        x = stack(name, entries)
        last = len(self.filters) - 1
        for i, filters in enumerate(self.filters):
            layer = f"{name}_down_{i}"
            normalization = self.normalization if i else "none"
            biased = normalization != "batch"
            stride = 2 if i < last else 1
            x = self.convolve(x, filters, layer, seed, strides=stride, use_bias=biased)
            x = self.finish(x, layer, normalization)
        layer = f"{name}_output"
        x = self.convolve(x, 1, layer, seed, strides=1)
        return keras.Model(entries, finish(x, self.output, layer), name=name)
