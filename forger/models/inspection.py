"""Inspection of an untrusted `.keras` file before Keras builds anything from it.

Keras's safe mode refuses pickled functions. This module also refuses layers that no network here
has (some read files or run programs), weights stored outside the file, weights that would take more
memory than the file's own, and layers with huge outputs.
"""

from __future__ import annotations

import io
import json
import math
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
SLACK = 2**16  # bytes by which the layers' weights may exceed the file's

# What a network may be made of: whatever of Keras only computes. Left out is what calls code of
# others (Lambda, TFSMLayer, …), reads files (TextVectorization, StringLookup, …), or holds arrays
# that are no layer's output (attention).
MODULES = ("keras", "keras.layers", "keras.initializers", "keras.src.models.functional",
           "keras.src.ops.core", "keras.src.ops.nn", "keras.src.ops.numpy", None)  # fmt: skip
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
          "BatchNormalization", "GroupNormalization", "LayerNormalization", "Normalization",
          "RMSNormalization", "UnitNormalization", "CategoryEncoding", "Rescaling",
          "ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise",
          "SpatialDropout1D", "SpatialDropout2D")  # fmt: skip
OPERATIONS = ("Absolute", "Add", "All", "Any", "Cast", "Clip", "Concatenate", "Divide", "Equal",
              "Exp", "ExpandDims", "Gelu", "GetItem", "Greater", "LeakyRelu", "Less", "Log",
              "LogSoftmax", "LogicalAnd", "LogicalNot", "LogicalOr", "Matmul", "Max", "Maximum",
              "Mean", "Min", "Minimum", "Multiply", "Negative", "NotEqual", "OneHot", "Power",
              "Relu", "Reshape", "Sigmoid", "Silu", "Softmax", "Softplus", "Sqrt", "Square",
              "Squeeze", "Stack", "Subtract", "Sum", "Tanh", "Transpose", "Where")  # fmt: skip
INITIALIZERS = ("Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Ones",
                "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal",
                "Zeros")  # fmt: skip
SYNTAX = ("Functional", "DTypePolicy", "__keras_tensor__", "__slice__", "__ellipsis__", "__tuple__")
CLASSES = {*LAYERS, *OPERATIONS, *INITIALIZERS, *SYNTAX}
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
        config = json.loads(archive.read(CONFIG))
        _check_parts(config)
        size = _check_weights(archive.read(WEIGHTS))
    _check_sizes(config, size)


def _check_parts(config: Any) -> None:
    for part in _parts(config):
        kind = part.get("class_name")
        module = part.get("module")
        if kind is not None and (kind not in CLASSES or module not in MODULES):
            raise ValueError(f"holds a {kind} of {module}, which no network here has")
        for key in ("activation", "recurrent_activation"):
            if (activation := part.get(key)) is not None and activation not in ACTIVATIONS:
                known = ", ".join(ACTIVATIONS)
                raise ValueError(f"holds the activation {activation}; allowed: {known}")


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
                size += math.prod(entry.shape) * entry.dtype.itemsize
                if size > len(content):
                    raise ValueError(f"{WEIGHTS}: says more than its {len(content):,} bytes hold")
                if not np.isfinite(entry[...]).all():
                    raise ValueError(f"{WEIGHTS}: {name} is not finite")
    return size


def _check_sizes(config: dict[str, Any], size: int) -> None:
    """Build the network without allocating its weights, and refuse it if it is too large."""
    import keras

    with keras.StatelessScope(initialize_variables=False):
        network: keras.Model = keras.saving.deserialize_keras_object(config, safe_mode=True)
        wanted = sum(4 * math.prod(variable.shape) for variable in network.weights)
        if wanted > size + SLACK:
            raise ValueError(f"its layers have {wanted:,} bytes of weights, and it holds {size:,}")
        for layer in network.layers:
            for output in keras.tree.flatten(layer.output):
                if math.prod(side or 1 for side in output.shape) > MOST_NUMBERS:
                    raise ValueError(f"{layer.name} gives more than {MOST_NUMBERS:,} numbers")
