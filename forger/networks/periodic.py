"""Networks of curves that repeat themselves: sines of learnt frequencies, and a spectrum.

A generator's curves are functions of time, as π-GAN's images are functions of the place (Chan et
al. 2021, section 3.1). Its first layer is a bank of oscillators and it may add noise, as the
synthesizer of DDSP does (Engel et al. 2020, section 3).
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from forger.config.section import Positive
from forger.core.seeds import integer
from forger.networks.base import (
    Cost,
    Inputs,
    Network,
    Output,
    Shape,
    activation,
    finish,
    heads,
    join,
    numbers_of,
)
from forger.networks.mlp import Width
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

Widths = Annotated[tuple[Width, ...], Field(min_length=1, max_length=100)]
FAINT = -2.0  # softplus of which is the level that noise starts from
UNIFORM = 1.702  # the slope at which a sigmoid is nearest to the normal law's distribution function


class Periodic(Network):
    """Parameters of both networks."""

    ordered: ClassVar[bool] = True

    def dense(self, width: int, layer: str, seed: int, **options: Any) -> keras.layers.Dense:
        """Return a dense layer, whose weights derive from `seed`."""
        from keras import layers

        kernel = self.initializer_of("glorot_uniform", layer, seed)
        return layers.Dense(width, name=layer, **{"kernel_initializer": kernel, **options})

    def _unfit(self) -> str:
        if self.normalization != "none" or self.spectral:
            return "its layers are not normalised; allowed: normalization none, spectral false"
        return ""


class PeriodicGenerator(Periodic):
    """Dense layers of the latents, which decide on frequencies, phases and what follows of them.

    The first of `units` are sines of the time. Each further layer is dense at each step by itself,
    its features scaled and shifted as the latents say (Perez et al. 2018).
    """

    family: Literal["periodic_generator"]
    hidden: Widths = Field((128, 128), description="widths of the layers of the latents")
    units: Widths = Field(
        (16,), description="how many sines there are, and widths of layers that follow"
    )
    turns: Positive = Field(
        8.0, description="sines start with frequencies from 0 to so many turns in a curve"
    )
    noise: bool = Field(
        False,
        description="whether each value has a latent of its own, which is added at a level that "
        "the other latents decide on",
    )

    def misfit(self, inputs: Inputs, shape: Shape) -> str:
        if why := leads_to_no_curve(inputs, shape) or self._unfit():
            return why
        if self.minibatch != "none":
            return "it makes examples, and sees no batch of them; allowed: minibatch none"
        if steps_of(shape)[0] < 2:
            return "it needs curves of 2 steps or more"
        (latents,) = next(iter(inputs.values()))
        if self.noise and latents <= math.prod(shape):
            return (
                f"its noise takes {math.prod(shape)} latents, and {latents} are drawn; at least "
                "one must be left"
            )
        return ""

    def cost(self, inputs: Inputs, shape: Shape) -> Cost:
        steps, channels = steps_of(shape)
        given = numbers_of(inputs)
        widths = [given - self.noise * steps * channels, *self.hidden]
        alone = [*(2 * width for width in self.units), *[channels] * self.noise]
        every = [*self.units, channels]
        weights = sum(a * b for a, b in [*pairwise(widths), *pairwise(every)])
        return Cost(
            weights + self.hidden[-1] * sum(alone),
            given + sum(self.hidden) + sum(alone) + steps * sum(every[1:]),
        )

    def build(self, name: str, inputs: Inputs, output: Output, seed: int) -> keras.Model:
        import keras
        from keras import initializers, layers, ops

        assert not isinstance(output, dict)  # which are vectors, and this leads to curves
        steps, channels = steps_of(output)
        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        shared = dict(entries)
        if self.noise:
            shared, own = split_noise(name, entries, steps * channels)
        # Laws with ends are easier made of latents with ends.
        x = 2 * ops.sigmoid(UNIFORM * join(name, shared)) - 1
        for i, width in enumerate(self.hidden):
            x = self.dense(width, f"{name}_dense_{i}", seed)(x)
            x = activation("relu", f"{name}_activation_{i}")(x)
        y = self._oscillate(x, f"{name}_sines", steps, seed)
        for i, width in enumerate(self.units[1:]):
            layer = f"{name}_film_{i}"
            scale = self.dense(width, f"{layer}_scale", seed, bias_initializer="ones")(x)
            shift = self.dense(width, f"{layer}_shift", seed)(x)
            y = self.dense(width, layer, seed)(y) * _repeat(scale, steps) + _repeat(shift, steps)
            y = activation("relu", f"{layer}_activation")(y)
        layer = f"{name}_output"
        y = self.dense(channels, layer, seed)(y)
        if self.noise:
            faint = initializers.Constant(FAINT)
            level = self.dense(channels, f"{name}_level", seed, bias_initializer=faint)(x)
            own = layers.Reshape((steps, channels), name=f"{name}_noise_of_steps")(own)
            y = y + own * _repeat(ops.softplus(level), steps)
        y = shape_as(y, output, layer)
        return keras.Model(entries, finish(y, self.output, layer), name=name)

    def _oscillate(
        self, x: keras.KerasTensor, layer: str, steps: int, seed: int
    ) -> keras.KerasTensor:
        """Return sines `[batch, steps, units]` of frequencies and phases that `x` decides on."""
        from keras import initializers, layers, ops

        def spread(low: float, high: float, purpose: str) -> keras.Initializer:
            own = integer(seed, f"initializer/{layer}/{purpose}")
            return initializers.RandomUniform(low, high, seed=own)

        width = self.units[0]
        starts = {"frequency": spread(0.0, 1.0, "frequency")}
        starts["phase"] = spread(-math.pi, math.pi, "phase")
        frequency, phase = (
            self.dense(width, f"{layer}_{part}", seed, bias_initializer=start)(x)
            for part, start in starts.items()
        )
        turned = 2 * math.pi * self.turns / (steps - 1)
        times = layers.Rescaling([[turned * i] for i in range(steps)], name=f"{layer}_times")
        return ops.sin(times(_repeat(frequency, steps)) + _repeat(phase, steps))


class PeriodicDiscriminator(Periodic):
    """Dense layers of a curve and of its amplitude spectrum, in which it does not matter when."""

    family: Literal["periodic_discriminator"]
    hidden: Widths = Field((256, 256), description="widths of the hidden layers")

    def misfit(self, inputs: Inputs, shape: Shape) -> str:
        return comes_from_no_curve(inputs, shape) or self._unfit()

    def cost(self, inputs: Inputs, shape: Shape) -> Cost:
        steps, _ = steps_of(next(iter(inputs.values())))
        channels = channels_of(inputs)
        waves = steps // 2
        widths = [channels * (steps + waves), *self.hidden, math.prod(shape)]
        weights = 2 * steps * waves + sum(a * b for a, b in pairwise(widths))
        return Cost(weights, numbers_of(inputs) + 2 * channels * waves + sum(widths[1:]))

    def build(self, name: str, inputs: Inputs, output: Output, seed: int) -> keras.Model:
        import keras
        from keras import layers

        entries = {key: keras.Input(size, name=key) for key, size in inputs.items()}
        curve = along(name, entries)
        both = {"curve": curve, "spectrum": _find_spectrum(curve, name)}
        flat = [layers.Flatten(name=f"{name}_{part}_flat")(y) for part, y in both.items()]
        x = layers.Concatenate(name=f"{name}_both")(flat)
        for i, width in enumerate(self.hidden):
            x = self.dense(width, f"{name}_dense_{i}", seed)(x)
            x = activation("leaky_relu", f"{name}_activation_{i}")(x)
        x = self.mix_batch(x, "glorot_uniform", name, seed)

        def head(shape: Shape, layer: str) -> keras.KerasTensor:
            return finish(self.dense(math.prod(shape), layer, seed)(x), self.output, layer)

        return keras.Model(entries, heads(name, output, head), name=name)


def _repeat(x: keras.KerasTensor, steps: int) -> keras.KerasTensor:
    from keras import layers

    return layers.RepeatVector(steps)(x)


def _find_spectrum(curve: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Return the amplitudes `[batch, channels, steps // 2]` of a discrete Fourier transform.

    The waves are orthonormal, so that white noise of standard deviation σ has amplitudes of σ√2 by
    root mean square. They are kept off 0, where the root's slope is infinite.
    """
    from keras import layers, ops

    steps = curve.shape[1]
    lines = layers.Permute((2, 1), name=f"{name}_lines")(curve)
    angles = 2 * np.pi * np.outer(np.arange(steps), np.arange(1, steps // 2 + 1)) / steps
    squares = []
    for part, waves in {"cosine": np.cos(angles), "sine": np.sin(angles)}.items():
        layer = layers.Dense(
            steps // 2, use_bias=False, kernel_initializer="zeros", trainable=False,
            name=f"{name}_{part}",
        )  # fmt: skip
        projected = layer(lines)
        layer.set_weights([waves * (2 / steps) ** 0.5])
        squares.append(ops.square(projected))
    return ops.sqrt(squares[0] + squares[1] + 1e-4)
