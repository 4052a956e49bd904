"""Fully connected networks."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from forger.config.section import Fraction
from forger.networks.base import (
    Activation,
    Cost,
    Initializer,
    Inputs,
    Network,
    Output,
    Shape,
    activation,
    drop,
    finish,
    heads,
    join,
    normalize,
    numbers_of,
)

if TYPE_CHECKING:
    import keras

Width = Annotated[int, Field(ge=1, le=65_536)]


class MLP(Network):
    """Dense layers; several inputs are flattened and joined."""

    family: Literal["mlp"]
    hidden: Annotated[tuple[Width, ...], Field(max_length=100)] = Field(
        (), description="widths of the hidden layers; may be empty"
    )
    activation: Activation = Field("leaky_relu", description="of the hidden layers")
    slope: Fraction = Field(0.2, description="LeakyReLU's slope for negative inputs")
    dropout: Fraction = Field(0.0, description="share dropped after each hidden layer")
    initializer: Initializer = Field("glorot_uniform", description="of the hidden layers' weights")
    output_initializer: Initializer = Field(
        "glorot_uniform", description="of the output layer's weights"
    )
    bias_initializer: Literal["zeros", "normal"] = Field("zeros", description="of all biases")

    def misfit(self, inputs: Inputs, shape: Shape) -> str:
        if self.normalization == "instance":
            return "instance normalisation is for images; allowed: none, batch, layer"
        return ""

    def cost(self, inputs: Inputs, shape: Shape) -> Cost:
        widths = [numbers_of(inputs), *self.hidden, math.prod(shape)]
        return Cost(sum(a * b for a, b in pairwise(widths)), sum(widths))

    def build(self, name: str, inputs: Inputs, output: Output, seed: int) -> keras.Model:
        import keras
        from keras import layers

        from forger.networks.layers.spectral import SpectralDense

        def dense(width: int, layer: str, initializer: Initializer) -> keras.Layer:
            bias = "zeros"
            if self.bias_initializer == "normal":
                bias = self.initializer_of("normal", f"{layer}/bias", seed)
            kind = SpectralDense if self.spectral else layers.Dense
            own = self.kernel_of(initializer, layer, seed)
            return kind(width, bias_initializer=bias, **own)

        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        x = join(name, entries)
        for i, width in enumerate(self.hidden):
            x = dense(width, f"{name}_dense_{i}", self.initializer)(x)
            x = normalize(x, self.normalization, f"{name}_norm_{i}")
            x = activation(self.activation, f"{name}_activation_{i}", self.slope)(x)
            x = drop(x, self.dropout, f"{name}_dropout_{i}", seed)
        x = self.mix_batch(x, self.initializer, name, seed)

        def head(shape: Shape, layer: str) -> keras.KerasTensor:
            y = dense(math.prod(shape), layer, self.output_initializer)(x)
            if len(shape) > 1:
                y = layers.Reshape(shape, name=f"{name}_reshape")(y)
            return finish(y, self.output, layer)

        return keras.Model(entries, heads(name, output, head), name=name)
