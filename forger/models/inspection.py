"""Inspection of an untrusted `.keras` file before Keras builds anything from it.

Keras's safe mode refuses pickled functions. This module also refuses layers that no network here
has (some read files or run programs), weights stored outside the file, weights that would take more
memory than the file's own, layers with huge outputs, and graphs that take Keras long to build.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forger.core.archives import open_checked

if TYPE_CHECKING:
    import keras

CONFIG = "config.json"
METADATA = "metadata.json"
WEIGHTS = "model.weights.h5"
MOST_BYTES = 8 * 2**30
MOST_TEXT = 2**23  # bytes of config.json
MOST_NUMBERS = 2**21  # in a layer's output for one example
MOST_NAMES = 10_000  # groups and arrays in the weights file
MOST_LAYERS = 1000
ROWS = 1000  # of a batch, where an example's output has an entry for each of them
MOST_DILATION = 1024
SLACK = 2**16  # bytes by which the layers' weights may exceed the file's

# What a network may be made of: whatever of Keras only computes. Left out is what calls code of
# others (Lambda, TFSMLayer, …), reads files (TextVectorization, StringLookup, …), holds arrays that
# are no layer's output (attention) or no weights (Normalization), or makes rows of an example's
# numbers (the operation Reshape), which what follows may multiply with each other.
LAYERS = ("InputLayer", "Identity", "Dense", "Embedding",
          "Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "DepthwiseConv2D",
          "SeparableConv1D", "SeparableConv2D", "UpSampling1D", "UpSampling2D",
          "AveragePooling1D", "AveragePooling2D", "MaxPooling1D", "MaxPooling2D",
          "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D",
          "GlobalMaxPooling2D", "SimpleRNN", "GRU", "GRUCell", "LSTM", "LSTMCell", "RNN",
          "Bidirectional", "TimeDistributed", "Masking",
          "Flatten", "Reshape", "Permute", "RepeatVector", "Cropping1D", "Cropping2D",
          "ZeroPadding1D", "ZeroPadding2D",
          "Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract",
          "Activation", "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax",
          "BatchNormalization", "GroupNormalization", "LayerNormalization",
          "RMSNormalization", "UnitNormalization", "Rescaling",
          "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise",
          "SpatialDropout1D", "SpatialDropout2D")  # fmt: skip
OPERATIONS = ("Absolute", "Add", "All", "Any", "Argmax", "Cast", "Clip", "Concatenate", "Divide",
              "Equal", "Exp", "ExpandDims", "Gelu", "GetItem", "Greater", "LeakyRelu", "Less",
              "Log", "LogSoftmax", "LogicalAnd", "LogicalNot", "LogicalOr", "Matmul", "Max",
              "Maximum", "Mean", "Min", "Minimum", "Multiply", "Negative", "NotEqual", "OneHot",
              "Power", "Relu", "Sigmoid", "Silu", "Sin", "Softmax", "Softplus", "Split", "Sqrt",
              "Square", "Squeeze", "Stack", "StopGradient", "Subtract", "Sum", "Tanh", "Transpose",
              "Where")  # fmt: skip
INITIALIZERS = ("Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Ones",
                "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal",
                "Zeros")  # fmt: skip
SYNTAX = ("__keras_tensor__", "__slice__", "__ellipsis__", "__tuple__")
# By the module that a file names; not every class of one module is safe in another.
CLASSES = {
    "keras": ("DTypePolicy",),
    "keras.layers": LAYERS,
    "keras.initializers": INITIALIZERS,
    "keras.src.ops.core": OPERATIONS,
    "keras.src.ops.nn": OPERATIONS,
    "keras.src.ops.numpy": OPERATIONS,
    None: SYNTAX,
}
ROOT = "Functional"  # the network itself, in which there is no other
ACTIVATIONS = ("elu", "gelu", "hard_sigmoid", "leaky_relu", "linear", "relu", "selu", "sigmoid",
               "silu", "softmax", "softplus", "tanh")  # fmt: skip


def inspect(path: Path) -> None:
    """Raise an error unless the file is safe to load.

    Raises:
        ValueError, OSError, BadZipFile: it is unsafe, or no such file; on damaged content, whatever
            the readers raise.
    """
    with open_checked(path, (CONFIG, METADATA, WEIGHTS), MOST_BYTES) as archive:
        if others := set(archive.namelist()) - {CONFIG, METADATA, WEIGHTS}:
            raise ValueError(f"holds {min(others)}, which no network here has")
        if archive.getinfo(CONFIG).file_size > MOST_TEXT:
            raise ValueError(f"{CONFIG} has more than {MOST_TEXT:,} bytes")
        if archive.getinfo(WEIGHTS).compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"{WEIGHTS} is packed, which Keras does not do")
        config = json.loads(archive.read(CONFIG))
        _check_parts(config)
        _check_graph(config["config"])
        size = _check_weights(archive.read(WEIGHTS))
    _check_sizes(config, size)


def _check_parts(config: Any) -> None:
    """Refuse what is not listed above, and settings that let little become much."""
    if config["class_name"] != ROOT or config.get("compile_config"):
        raise ValueError(f"holds a {config['class_name']}, or settings of its training")
    for part in _parts({**config, "class_name": None}):
        kind, module = part.get("class_name"), part.get("module")
        if kind is not None and kind not in CLASSES.get(module, ()):
            raise ValueError(f"holds a {kind} of {module}, which no network here has")
        if kind in INITIALIZERS and any(isinstance(x, list | dict) for x in _config(part).values()):
            raise ValueError(f"holds a {kind} with more than numbers in it")
        for key, value in part.items():
            _check_setting(key, value)


def _config(part: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part["config"].items() if key != "dtype"}


def _check_setting(key: str, value: Any) -> None:
    if key in ("activation", "recurrent_activation") and value is not None:
        if value not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"holds the activation {value}; allowed: {known}")
    elif key.endswith("_initializer") and isinstance(value, str):
        raise ValueError(f"holds the {key} {value} by its name only")
    elif key == "dilation_rate" and max(np.ravel(value)) > MOST_DILATION:
        raise ValueError(f"holds a dilation_rate of {value}; at most {MOST_DILATION}")


def _check_graph(config: dict[str, Any]) -> None:
    """Refuse layers that are called twice, lead nowhere or stand before what they are given.

    Keras would build the first two unseen, and take long to sort out the last.
    """
    layers = config["layers"]
    if len(layers) > MOST_LAYERS:
        raise ValueError(f"has {len(layers):,} layers; at most {MOST_LAYERS:,}")
    before: set[str] = set()
    used = set(_origins(config["output_layers"]))
    for layer in layers:
        name, nodes = layer["name"], layer["inbound_nodes"]
        given = set(_origins(nodes))
        if layer["class_name"] == "InputLayer":
            sound = not nodes
        else:
            sound = len(nodes) == 1 and bool(given)
        if name in before or not sound or not given <= before:
            raise ValueError(f"holds {name} out of order, twice, or without a single input")
        before.add(name)
        used |= given
    if idle := before - used:
        raise ValueError(f"holds {min(idle)}, which leads to no output")


def _origins(structure: Any) -> Iterator[str]:
    """Yield the names of the layers that tensors come from."""
    waiting = [structure]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list):
            match part:
                case [str(name), int(), int()]:
                    yield name
                case _:
                    waiting += part


def _parts(config: Any) -> Iterator[dict[str, Any]]:
    waiting = [config]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def _check_weights(content: bytes) -> int:
    """Return how many bytes all weights take, once sure that the file holds all of them."""
    import h5py

    with h5py.File(io.BytesIO(content), "r") as file:
        size = 0
        waiting = [file]
        seen = 0
        while waiting:
            group = waiting.pop()
            for name in group:
                seen += 1
                link = group.get(name, getlink=True)
                if not isinstance(link, h5py.HardLink) or seen > MOST_NAMES:
                    raise ValueError(f"{WEIGHTS}: {name} lies elsewhere, or there are too many")
                entry = group[name]
                if isinstance(entry, h5py.Group):
                    waiting.append(entry)
                    continue
                if entry.is_virtual or entry.external or entry.dtype.kind not in "biuf":
                    raise ValueError(f"{WEIGHTS}: {name} lies elsewhere, or holds no numbers")
                if entry.chunks is not None:  # one number may unfold to gigabytes
                    raise ValueError(f"{WEIGHTS}: {name} lies in pieces, as Keras writes none")
                size += math.prod(entry.shape) * entry.dtype.itemsize
                if size > len(content):
                    raise ValueError(f"{WEIGHTS}: says more than its {len(content):,} bytes hold")
                if not np.isfinite(entry[...]).all():
                    raise ValueError(f"{WEIGHTS}: {name} is not finite")
    return size


def _check_sizes(config: dict[str, Any], size: int) -> None:
    """Build the network without allocating its weights, and refuse it if it is too large."""
    import keras

    network = _build(config)
    wanted = sum(_bytes_of(variable) for variable in network.weights)
    if wanted > size + SLACK:
        raise ValueError(f"its layers have {wanted:,} bytes of weights, and it holds {size:,}")
    for operation in network.operations:
        for output in keras.tree.flatten(operation.output):
            if math.prod(side or ROWS for side in output.shape[1:]) > MOST_NUMBERS:
                raise ValueError(f"{operation.name} gives more than {MOST_NUMBERS:,} numbers")


def _build(config: dict[str, Any]) -> keras.Model:
    import keras
    from keras.src.backend.common import global_state
    from keras.src.saving.serialization_lib import ObjectSharingScope

    # Variables that were not initialised wait in this list, and take their memory as soon as
    # another layer is built.
    waiting = "uninitialized_variables"
    before = list(global_state.get_global_attribute(waiting) or [])
    try:
        # Objects are shared as in `load_model`, which would otherwise build others.
        with keras.StatelessScope(initialize_variables=False), ObjectSharingScope():
            network: keras.Model = keras.saving.deserialize_keras_object(config, safe_mode=True)
    finally:
        global_state.set_global_attribute(waiting, before)
    return network


def _bytes_of(variable: Any) -> int:
    return (8 if "64" in str(variable.dtype) else 4) * math.prod(variable.shape)
