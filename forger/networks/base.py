"""The interface of a network: parameters that know how to build a Keras model."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from pydantic import Field

from forger.config.section import Section
from forger.core.seeds import integer

if TYPE_CHECKING:  # Keras takes seconds to import, and reading parameters does not need it.
    import keras

Activation = Literal["relu", "leaky_relu", "tanh"]
Initializer = Literal["glorot_uniform", "he_uniform", "normal"]
Normalization = Literal["none", "batch", "layer", "instance"]
Shape = tuple[int, ...]
Inputs = Mapping[str, Shape]  # of one example of each input, by name
Output = Shape | dict[str, Shape]  # of one output, or of several by name


class Cost(NamedTuple):
    """The size of a network.

    Attributes:
        weights: how many weights its kernels have; biases and the like are left out.
        values: how many numbers the inputs have for one example, and the layers with a kernel
            output for it; those of `minibatch` and of layers without a kernel are left out.
    """

    weights: int
    values: int


class Network(Section):
    """Parameters of one family of networks."""

    ordered: ClassVar[bool] = False  # whether neighbours in an example must be so in space or time
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
        """Whether an example's output depends on the rest of its batch."""
        return self.normalization == "batch" or self.minibatch != "none"

    def misfit(self, inputs: Inputs, shape: Shape) -> str:
        """Tell why the network can't lead from some inputs to an output; empty if it can.

        Args:
            inputs: the shape of one example of each, by name, the main input first.
            shape: the shape of the output; of several, that of all of them as one vector.
        """
        return ""

    @abstractmethod
    def cost(self, inputs: Inputs, shape: Shape) -> Cost:
        """Return the size of the network; the arguments are those of `misfit`."""

    @abstractmethod
    def build(self, name: str, inputs: Inputs, output: Output, seed: int) -> keras.Model:
        """Return a functional model.

        Args:
            name: the model's name, with which its layers' names begin.
            inputs: the shape of one example of each, by name, the main input first.
            output: the shape of what an example becomes; for several outputs, which must be
                vectors, the shape of each by name.
            seed: initial weights and dropout masks derive from it and the layers' names.
        """

    def initializer_of(self, kind: Initializer, layer: str, seed: int) -> keras.Initializer:
        """Return an initializer for `layer`, with a random stream of its own."""
        from keras import initializers

        own = integer(seed, f"initializer/{layer}")
        if kind == "normal":
            return initializers.RandomNormal(stddev=self.stddev, seed=own)
        by_name = {
            "glorot_uniform": initializers.GlorotUniform,
            "he_uniform": initializers.HeUniform,
        }
        return by_name[kind](seed=own)

    def mix_batch(
        self, x: keras.KerasTensor, kind: Initializer, name: str, seed: int
    ) -> keras.KerasTensor:
        """Append to features `[batch, n]` what `minibatch` tells of their batch, if anything.

        Args:
            x: the features.
            kind: of the initializer of what compares examples.
            name: the network's.
            seed: the initializer derives from it.
        """
        from forger.networks.layers.minibatch import MINIBATCH

        if self.minibatch == "none":
            return x
        own = self.initializer_of(kind, f"{name}_minibatch", seed)
        return MINIBATCH[self.minibatch](x, name, own)

    def kernel_of(self, kind: Initializer, layer: str, seed: int) -> dict[str, Any]:
        """Return the options of a layer with a kernel: its name, its initializer and, if kernels
        are divided by their size, where the search for that begins."""
        own: dict[str, Any] = {
            "kernel_initializer": self.initializer_of(kind, layer, seed), "name": layer,
        }  # fmt: skip
        if self.spectral:
            own["direction_seed"] = integer(seed, f"{layer}/direction")
        return own


def numbers_of(inputs: Inputs) -> int:
    """Return how many numbers all inputs have for one example."""
    return sum(map(math.prod, inputs.values()))


def multiply_adds(network: keras.Model) -> int:
    """Count the multiply-adds of one example's forward pass (matrix products, convolutions)."""
    loops = (layer for layer in network.layers if hasattr(layer, "cell"))
    of_loops = sum(
        layer.input.shape[1] * sum(math.prod(kernel.shape) for kernel in layer.cell.weights[:2])
        for layer in loops
    )
    return of_loops + sum(math.prod(product(layer, 1)) for layer in find_weighted(network))


def find_weighted(network: keras.Model) -> list[keras.Layer]:
    """Return the layers that multiply by a kernel."""
    return [layer for layer in network.layers if hasattr(layer, "kernel")]


def product(layer: keras.Layer, examples: int) -> tuple[int, int, int]:
    """Return the sizes of a layer's forward pass as a matrix product: (rows, inner, columns).

    The product is `[rows, inner] × [inner, columns]`.
    """
    from keras import layers

    *window, inner, columns = layer.kernel.shape
    if isinstance(layer, layers.Conv2DTranspose):
        return examples * math.prod(layer.input.shape[1:-1]), columns, inner * math.prod(window)
    return examples * math.prod(layer.output.shape[1:-1]), inner * math.prod(window), columns


def activation(kind: Activation, name: str, slope: float = 0.2) -> keras.Layer:
    """Return an activation layer; `slope` is LeakyReLU's for negative inputs."""
    from keras import layers

    if kind == "leaky_relu":
        return layers.LeakyReLU(slope, name=name)
    return layers.Activation(kind, name=name)


def normalize(x: keras.KerasTensor, kind: Normalization, name: str) -> keras.KerasTensor:
    """Normalise features `[batch, …, channels]`; each channel has a gain and a bias.

    Layer normalisation is over all of an example (Ba et al. 2016): of an image, over height, width
    and channels, as in WGAN-GP's critics (Gulrajani et al. 2017, section 4).
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


def drop(x: keras.KerasTensor, share: float, name: str, seed: int) -> keras.KerasTensor:
    """Drop a share of the features in training.

    Args:
        x: the features.
        share: the share to drop; 0 adds no layer.
        name: the layer's name.
        seed: the layer's own random stream derives from it and the name.
    """
    from keras import layers

    return layers.Dropout(share, seed=integer(seed, name), name=name)(x) if share else x


def finish(x: keras.KerasTensor, kind: str, layer: str) -> keras.KerasTensor:
    """Apply the output's activation, in float32 whatever the precision inside."""
    from keras import layers

    return layers.Activation(kind, dtype="float32", name=f"{layer}_{kind}")(x)


def heads(
    name: str, output: Output, build: Callable[[Shape, str], keras.KerasTensor]
) -> keras.KerasTensor | dict[str, keras.KerasTensor]:
    """Return `build(shape, layer)` of the one output, or of each of several by its name."""
    if isinstance(output, dict):
        return {key: build(shape, f"{name}_{key}") for key, shape in output.items()}
    return build(output, f"{name}_output")


def join(name: str, entries: dict[str, keras.KerasTensor]) -> keras.KerasTensor:
    """Flatten each input to one axis and concatenate them."""
    from keras import layers

    flat = [
        layers.Flatten(name=f"{name}_{key}_flat")(entry) if len(entry.shape) > 2 else entry
        for key, entry in entries.items()
    ]
    return flat[0] if len(flat) == 1 else layers.Concatenate(name=f"{name}_inputs")(flat)
