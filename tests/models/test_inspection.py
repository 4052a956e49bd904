"""What a file of a network may hold, and what is refused before Keras builds anything."""

import keras
import pytest

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
