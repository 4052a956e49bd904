"""What a network is: parameters that know how to build a Keras model."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import Field

from forger.config.section import Section
from forger.core.seeds import integer

if TYPE_CHECKING:  # Keras takes seconds to import, and reading parameters does not need it.
    import keras

Activation = Literal["relu", "leaky_relu", "tanh"]
Initializer = Literal["glorot_uniform", "he_uniform", "normal"]
Normalization = Literal["none", "batch", "layer", "instance"]
Shape = tuple[int, ...]


class Cost(NamedTuple):
    """What a network takes, in numbers.

    Attributes:
        weights: of it.
        values: that its layers give, of one example.
    """

    weights: int
    values: int


class Network(Section):
    """Parameters of one family of networks."""

    if TYPE_CHECKING:
        family: str

    output: Literal["linear", "tanh"] = Field(
        "linear", description="activation of the output; D gives logits, so linear"
    )
    stddev: float = Field(
        0.02, gt=0, le=10, description="standard deviation of the initializer normal"
    )

    normalization: Normalization = Field(
        "none",
        description="after each hidden layer (DCGAN's D: not the first); layer: of all of an "
        "example (Ba et al. 2016); instance: of each channel of an image apart; both where batches "
        "can't be normalised",
    )
    spectral: bool = Field(
        False, description="divide each kernel by its largest singular value (Miyato et al. 2018)"
    )
    minibatch: Literal["none", "stddev", "discrimination"] = Field(
        "none",
        description="tell D, before its last layer, of its batch's diversity: its standard "
        "deviation (Karras et al. 2018), or distances to the others (Salimans et al. 2016)",
    )

    @property
    def mixes_examples(self) -> bool:
        """Whether an example's output depends on the others of its batch."""
        return self.normalization == "batch" or self.minibatch != "none"

    def misfit(self, role: str, shape: Shape) -> str:
        """Why it can't play `role` for examples of this shape; empty where it can."""
        if role == "generator" and self.minibatch != "none":
            return "minibatch is the discriminator's"
        return ""

    @abstractmethod
    def cost(self, entry: Shape, shape: Shape) -> Cost:
        """From an example of shape `entry` to an output of `shape`; biases and the like apart."""

    @abstractmethod
    def build(self, name: str, inputs: dict[str, Shape], shape: Shape, seed: int) -> keras.Model:
        """A functional model named `name`.

        Args:
            inputs: the shape of one example, by input name.
            shape: of one output.
            seed: initial weights and dropout masks derive from it and the layers' names.
        """

    def initializer_of(self, kind: Initializer, layer: str, seed: int) -> keras.Initializer:
        """An initializer with a random stream of its own for `layer`."""
        from keras import initializers

        own = integer(seed, f"initializer/{layer}")
        if kind == "normal":
            return initializers.RandomNormal(stddev=self.stddev, seed=own)
        by_name = {
            "glorot_uniform": initializers.GlorotUniform,
            "he_uniform": initializers.HeUniform,
        }
        return by_name[kind](seed=own)


def multiply_adds(network: keras.Model) -> int:
    """Of one example's forward pass, in its matrix products and convolutions."""
    return sum(math.prod(product(layer, 1)) for layer in weighted(network))


def weighted(network: keras.Model) -> list[keras.Layer]:
    """The layers that multiply by a kernel."""
    return [layer for layer in network.layers if hasattr(layer, "kernel")]


def product(layer: keras.Layer, examples: int) -> tuple[int, int, int]:
    """Its forward pass as a matrix product: `[rows, inner] × [inner, columns]`."""
    from keras import layers

    *window, inner, columns = layer.kernel.shape
    if isinstance(layer, layers.Conv2DTranspose):
        return examples * math.prod(layer.input.shape[1:-1]), columns, inner * math.prod(window)
    return examples * math.prod(layer.output.shape[1:-1]), inner * math.prod(window), columns


def activation(kind: Activation, name: str, slope: float = 0.2) -> keras.Layer:
    """An activation layer; `slope` is LeakyReLU's for negative inputs."""
    from keras import layers

    if kind == "leaky_relu":
        return layers.LeakyReLU(slope, name=name)
    return layers.Activation(kind, name=name)


def normalized(x: keras.KerasTensor, kind: Normalization, name: str) -> keras.KerasTensor:
    """Features `[batch, …, channels]`, normalised; each channel has a gain and a bias.

    By layer: over all of an example (Ba et al. 2016), of an image over height, width and channels,
    as WGAN-GP's critics are (Gulrajani et al. 2017, section 4).
    """
    from keras import layers

    match kind:
        case "batch":
            return layers.BatchNormalization(name=name)(x)
        case "layer" if len(x.shape) > 2:
            return layers.GroupNormalization(groups=1, name=name)(x)
        case "layer":
            return layers.LayerNormalization(name=name)(x)
        case "instance":
            return layers.GroupNormalization(groups=-1, name=name)(x)
    return x


def dropped(x: keras.KerasTensor, share: float, name: str, seed: int) -> keras.KerasTensor:
    """Features, a share of them dropped in training, by a random stream of the layer's own."""
    from keras import layers

    return layers.Dropout(share, seed=integer(seed, name), name=name)(x) if share else x


def finished(x: keras.KerasTensor, kind: str, name: str) -> keras.KerasTensor:
    """The output's activation, in float32 whatever the precision inside."""
    from keras import layers

    return layers.Activation(kind, dtype="float32", name=f"{name}_output_{kind}")(x)


def joined(name: str, entries: dict[str, keras.KerasTensor]) -> keras.KerasTensor:
    """The inputs, each flattened to one axis, side by side."""
    from keras import layers

    flat = [
        layers.Flatten(name=f"{name}_{key}_flat")(entry) if len(entry.shape) > 2 else entry
        for key, entry in entries.items()
    ]
    return flat[0] if len(flat) == 1 else layers.Concatenate(name=f"{name}_inputs")(flat)
