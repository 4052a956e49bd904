"""Recurrent networks of curves: gated recurrent units (Cho et al. 2014), as TimeGAN has them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from forger.config.section import Fraction
from forger.core.seeds import integer
from forger.networks.base import (
    Cost,
    Inputs,
    Network,
    Output,
    Shape,
    drop,
    finish,
    heads,
    join,
    numbers_of,
)
from forger.networks.sequential import (
    along,
    channels_of,
    comes_from_no_curve,
    leads_to_no_curve,
    shape_as,
    split_noise,
    steps_of,
)

if TYPE_CHECKING:
    import keras

Units = Annotated[
    tuple[Annotated[int, Field(ge=1, le=4096)], ...], Field(min_length=1, max_length=10)
]
GATES = 3


class Recurrent(Network):
    """Layers of gated recurrent units, one after the other."""

    ordered: ClassVar[bool] = True

    units: Units = Field(description="width of each layer")
    unroll: bool = Field(
        False,
        description="lay the steps out instead of looping over them: the same network, which of "
        "long curves takes minutes to compile",
    )

    def run(self, x: keras.KerasTensor, name: str, seed: int, last: bool) -> keras.KerasTensor:
        """Return the layers' states at every step or, if `last`, at the end alone.

        Args:
            x: `[batch, steps, channels]`.
            name: the layers' names begin with it.
            seed: weights derive from it.
            last: whether only the last step's state is wanted.
        """
        from keras import initializers, layers

        for i, width in enumerate(self.units):
            layer = f"{name}_gru_{i}"
            own = integer(seed, f"initializer/{layer}/recurrent")
            x = layers.GRU(
                width,
                kernel_initializer=self.initializer_of("glorot_uniform", layer, seed),
                recurrent_initializer=initializers.Orthogonal(seed=own),
                return_sequences=not last or i + 1 < len(self.units),
                unroll=self.unroll,
                name=layer,
            )(x)
        return x

    def count(self, entry: int, steps: int) -> Cost:
        """Return the size of the layers, whose first is given `entry` channels."""
        weights = 0
        for width in self.units:
            weights += GATES * width * (entry + width)
            entry = width
        return Cost(weights, GATES * steps * sum(self.units))

    def _unfit(self) -> str:
        if self.normalization != "none" or self.spectral:
            return "recurrent units are not normalised; allowed: normalization none, spectral false"
        return ""


class RecurrentGenerator(Recurrent):
    """Units that see the latents at every step, and a dense layer to each step's values.

    What a curve has of noise can't come from latents that all its steps share: `noise` gives each
    step some of its own, as in RCGAN (Esteban et al. 2017, section 3.1).
    """

    family: Literal["recurrent_generator"]
    noise: Annotated[int, Field(ge=0, le=4096)] = Field(
        0, description="how many of the latents each step has for itself; the others are shared"
    )

    def misfit(self, inputs: Inputs, shape: Shape) -> str:
        if why := leads_to_no_curve(inputs, shape) or self._unfit():
            return why
        if self.minibatch != "none":
            return "it makes examples, and sees no batch of them; allowed: minibatch none"
        (latents,) = next(iter(inputs.values()))
        wanted = self.noise * steps_of(shape)[0]
        if latents <= wanted and self.noise:
            return (
                f"its noise takes {wanted} latents, and {latents} are drawn; at least one must be "
                "shared by all steps"
            )
        return ""

    def cost(self, inputs: Inputs, shape: Shape) -> Cost:
        steps, channels = steps_of(shape)
        given = numbers_of(inputs)
        shared = given - self.noise * steps
        cost = self.count(shared + self.noise, steps)
        return Cost(
            cost.weights + self.units[-1] * channels, given + cost.values + steps * channels
        )

    def build(self, name: str, inputs: Inputs, output: Output, seed: int) -> keras.Model:
        import keras
        from keras import layers

        assert not isinstance(output, dict)  # which are vectors, and this leads to curves
        steps, channels = steps_of(output)
        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        own = None
        shared = dict(entries)
        if self.noise:
            shared, own = split_noise(name, entries, self.noise * steps)
            own = layers.Reshape((steps, self.noise), name=f"{name}_noise_of_steps")(own)
        x = layers.RepeatVector(steps, name=f"{name}_repeat")(join(name, shared))
        if own is not None:
            x = layers.Concatenate(name=f"{name}_with_noise")([x, own])
        x = self.run(x, name, seed, last=False)
        layer = f"{name}_output"
        kernel = self.initializer_of("glorot_uniform", layer, seed)
        y = layers.Dense(channels, kernel_initializer=kernel, name=layer)(x)
        return keras.Model(
            entries, finish(shape_as(y, output, layer), self.output, layer), name=name
        )


class RecurrentDiscriminator(Recurrent):
    """Units along a curve, and a dense layer to the logit from their last state."""

    family: Literal["recurrent_discriminator"]
    dropout: Fraction = Field(0.0, description="share dropped of the last state")

    def misfit(self, inputs: Inputs, shape: Shape) -> str:
        return comes_from_no_curve(inputs, shape) or self._unfit()

    def cost(self, inputs: Inputs, shape: Shape) -> Cost:
        steps, _ = steps_of(next(iter(inputs.values())))
        cost = self.count(channels_of(inputs), steps)
        end = math.prod(shape)
        return Cost(cost.weights + self.units[-1] * end, numbers_of(inputs) + cost.values + end)

    def build(self, name: str, inputs: Inputs, output: Output, seed: int) -> keras.Model:
        import keras
        from keras import layers

        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        x = self.run(along(name, entries), name, seed, last=True)
        x = drop(x, self.dropout, f"{name}_dropout", seed)
        x = self.mix_batch(x, "glorot_uniform", name, seed)

        def head(shape: Shape, layer: str) -> keras.KerasTensor:
            kernel = self.initializer_of("glorot_uniform", layer, seed)
            y = layers.Dense(math.prod(shape), kernel_initializer=kernel, name=layer)(x)
            return finish(y, self.output, layer)

        return keras.Model(entries, heads(name, output, head), name=name)
