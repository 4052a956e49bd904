"""What a file of a network may hold, and what is refused before Keras builds anything."""

import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras.src.backend.common import global_state

from forger.models.inspection import ACTIVATIONS, INITIALIZERS, LAYERS, inspect


def sequences(layers, ops):
    x = keras.Input((6, 3), name="x")
    y = layers.Masking(name="mask")(x)
    y = layers.Bidirectional(layers.GRU(4, return_sequences=True), name="both")(y)
    y = layers.TimeDistributed(layers.Dense(4, "elu"), name="each")(y)
    y = layers.LSTM(4, return_sequences=True, name="lstm")(y)
    y = layers.RNN(layers.GRUCell(3), return_sequences=True, name="rnn")(y)
    y = layers.SeparableConv1D(4, 3, padding="same", name="separable")(y)
    y = layers.Conv1DTranspose(4, 3, strides=2, padding="same", name="up")(y)
    y = layers.MaxPooling1D(2, name="pool")(layers.ZeroPadding1D(1, name="pad")(y))
    y = layers.Dot(axes=2, normalize=True, name="dot")([y, y])
    return {"x": x}, {"y": layers.GlobalAveragePooling1D(name="mean")(y)}


def images(layers, ops):
    x = keras.Input((8, 8, 3), name="x")
    y = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    y = layers.PReLU(name="slope")(layers.SeparableConv2D(4, 3, name="separable")(y))
    y = layers.GaussianNoise(0.1, name="noise")(layers.SpatialDropout2D(0.1, name="drop")(y))
    y = layers.RMSNormalization(name="rms")(layers.UnitNormalization(name="unit")(y))
    y = layers.Maximum(name="most")([y, layers.Average(name="mean")([y, y])])
    y = layers.GlobalMaxPooling2D(name="top")(layers.MaxPooling2D(2, name="pool")(y))
    return {"x": x}, {"y": layers.Softmax(name="shares")(y)}


def tokens(layers, ops):
    x = keras.Input((3,), dtype="int32", name="x")
    one_hot = ops.one_hot(x, 5)
    y = layers.Embedding(5, 4, name="embedding")(x)
    y = ops.tanh(ops.matmul(y, ops.transpose(y, (0, 2, 1))))
    y = ops.maximum(ops.softmax(y), ops.clip(ops.power(y, 2), 0.1, 0.9))
    y = ops.concatenate([y, ops.cast(one_hot, "float32"), ops.log(ops.softplus(y))], axis=-1)
    return {"x": x}, {"y": ops.stack([ops.max(y, 1), ops.min(y, 1)], axis=1)}


@pytest.mark.parametrize("build", [sequences, images, tokens])
def test_whatever_only_computes_may_be_in_a_file(tmp_path, build):
    network = keras.Model(*build(keras.layers, keras.ops), name="any")
    network.save(tmp_path / "any.keras")
    inspect(tmp_path / "any.keras")


def test_every_layer_that_may_be_in_a_file_is_kerass():
    assert [name for name in LAYERS if not hasattr(keras.layers, name)] == []
    assert [name for name in INITIALIZERS if not hasattr(keras.initializers, name)] == []
    assert [name for name in ACTIVATIONS if not hasattr(keras.activations, name)] == []


@pytest.mark.parametrize(
    "layer",
    [
        lambda layers: layers.Lambda(lambda x: x, name="own"),
        lambda layers: layers.GRU(2, recurrent_activation="mish", name="gru"),
        lambda layers: layers.MultiHeadAttention(2, 2, name="attention"),
    ],
)
def test_what_else_there_is_may_not(tmp_path, layer):
    x = keras.Input((4, 2), name="x")
    made = layer(keras.layers)
    y = made(x, x) if made.name == "attention" else made(x)
    keras.Model(x, y, name="any").save(tmp_path / "any.keras")
    with pytest.raises(ValueError, match=r"which no network here has|allowed: "):
        inspect(tmp_path / "any.keras")


def tensor(name, *shape):
    about = {"shape": [None, *shape], "dtype": "float32", "keras_history": [name, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": about}


def entry(kind, name, *nodes, module="keras.layers", **options):
    """A layer, or an operation, in a file's config."""
    inbound = [{"args": [node], "kwargs": {}} for node in nodes]
    return {"module": module, "class_name": kind, "config": {"name": name, **options},
            "name": name, "inbound_nodes": inbound}  # fmt: skip


X = entry("InputLayer", "x", batch_shape=[None, 4], dtype="float32")
Y = entry("Identity", "y", tensor("x", 4))
OPS = {"module": "keras.src.ops.numpy"}
CONSTANT = {"module": "keras.initializers", "class_name": "Constant", "config": {"value": [[0]]}}
INNER = {**entry("Functional", "f", tensor("x", 4)), "module": "keras.src.models.functional"}


def written(path, layers, **more):
    config = {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {"name": "n", "trainable": True, "layers": layers, "input_layers": [["x", 0, 0]],
                   "output_layers": [["y", 0, 0]]},
        **more,
    }  # fmt: skip
    return zipped(path, config)


def zipped(path, config, compression=zipfile.ZIP_STORED, **chunks):
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file.create_dataset("layers/y/vars/0", data=np.zeros(4), **chunks)
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", weights.getvalue())
    return path


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([X, Y, entry("Dense", "d", units=2**27)], "without a single input"),
        ([X, Y, entry("Dense", "d", tensor("x", 4), units=2**27)], "holds d, which leads to no"),
        ([X, entry("OneHot", "o", 1, module="keras.src.ops.nn", num_classes=2**28)], "without a"),
        ([Y, X], "out of order"),
        ([X, entry("Identity", "y", tensor("x", 4), tensor("y", 4))], "without a single input"),
        ([X, Y, Y], "twice"),
        ([X, INNER], "holds a Functional of keras.src.models.functional"),
        ([X, entry("Normalization", "y", tensor("x", 4), mean=0.0)], "holds a Normalization"),
        ([X, entry("Reshape", "y", tensor("x", 4), **OPS, newshape=[-1])], "holds a Reshape of"),
        ([X, {**Y, "module": None}], "holds a Identity of None"),
        ([X, entry("Dense", "y", tensor("x", 4), units=1, bias_initializer=CONSTANT)], "than numb"),
        ([X, entry("Dense", "y", tensor("x", 4), units=1, bias_initializer="zeros")], "name only"),
        ([X, entry("Dense", "y", tensor("x", 4), units=2**27)], "bytes of weights, and it holds"),
        ([X, entry("Conv1D", "y", tensor("x", 4), dilation_rate=[2**28])], "dilation_rate"),
        ([X, entry("RepeatVector", "y", tensor("x", 4), n=2**26)], "y gives more than"),
        (
            [X, entry("OneHot", "o", tensor("x", 4), module="keras.src.ops.nn", num_classes=10**9),
             entry("Max", "y", tensor("o", 4, 10**9), **OPS)],
            "o gives more than",
        ),
        ([X, *[entry("ReLU", f"l{i}", tensor("x", 4)) for i in range(1000)], Y], "1,002 layers"),
    ],
)  # fmt: skip
def test_a_little_file_that_would_take_much_is_refused(tmp_path, layers, told):
    with pytest.raises(ValueError, match=told):
        inspect(written(tmp_path / "any.keras", layers))


def test_what_is_around_a_network_is_looked_at_too(tmp_path):
    inspect(written(tmp_path / "sound.keras", [X, Y]))
    with pytest.raises(ValueError, match="settings of its training"):
        inspect(written(tmp_path / "compiled.keras", [X, Y], compile_config={"optimizer": "adam"}))
    config = json.loads(zipfile.ZipFile(tmp_path / "sound.keras").read("config.json"))
    with pytest.raises(ValueError, match="is packed"):
        inspect(zipped(tmp_path / "packed.keras", config, zipfile.ZIP_DEFLATED))
    with pytest.raises(ValueError, match="lies in pieces"):
        inspect(zipped(tmp_path / "chunked.keras", config, maxshape=(None,)))


def test_a_network_that_was_refused_takes_no_memory_later(tmp_path):
    layers = [X, entry("Dense", "y", tensor("x", 4), units=2**27)]
    before = list(global_state.get_global_attribute("uninitialized_variables") or [])
    with pytest.raises(ValueError, match="bytes of weights"):
        inspect(written(tmp_path / "any.keras", layers))
    assert (global_state.get_global_attribute("uninitialized_variables") or []) == before
