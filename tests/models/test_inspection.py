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
ZEROS = np.zeros(4)
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


def zipped(path, config, compression=zipfile.ZIP_STORED, weights=None, **chunks):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", weights or hdf5(**chunks))
    return path


def hdf5(change=None, data=ZEROS, **chunks):
    """A file of weights, to which something may be done."""
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file.create_dataset("layers/y/vars/0", data=data, **chunks)
        if change:
            change(file)
    return weights.getvalue()


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([X, Y, entry("Dense", "d", units=2**27)], "without a single input"),
        ([X, Y, entry("Dense", "d", tensor("x", 4), units=2**27)], "holds d, which leads to no"),
        ([X, entry("OneHot", "o", 1, module="keras.src.ops.nn", num_classes=2**28)], "without a"),
        ([Y, X], "out of order"),
        ([X, entry("Identity", "y", tensor("x", 4), tensor("y", 4))], "without a single input"),
        ([X, Y, Y], "twice"),
        ([X, entry("Identity", "y", tensor("x", 4), tensor("x", 4))], "without a single input"),
        ([X, entry("InputLayer", "y", tensor("x", 4), batch_shape=[None, 4])], "out of order"),
        ([X, entry("Dense", "y", tensor("x", 4), units=1, activation="mish")], "allowed: elu"),
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


def spread(units, dtype="float32"):
    """A dense layer of 4 inputs without biases."""
    return entry("Dense", "y", tensor("x", 4), units=units, use_bias=False, dtype=dtype)


def repeated(n):
    return entry("RepeatVector", "y", tensor("x", 4), n=n)


def dilated(rate):
    own = entry("Conv1D", "y", tensor("x", 4, 1), filters=1, kernel_size=[1], dilation_rate=[rate])
    return [{**X, "config": {**X["config"], "batch_shape": [None, 4, 1]}}, own]


def rows_of(n):
    """Each of an example's rows, of which a file does not say how many there are."""
    return [{**X, "config": {**X["config"], "batch_shape": [None, None, n]}},
            entry("Identity", "y", tensor("x", None, n))]  # fmt: skip


# 32 bytes of weights are in the file, and layers may have 2¹⁶ more; of any other number of a layer,
# 2²¹ of an example are taken, for whatever has no number 1000.
@pytest.mark.parametrize(
    ("most", "more", "told"),
    [
        ([X, spread(4098)], [X, spread(4099)], "65,584 bytes of weights, and it holds 32"),
        ([X, spread(2049, "float64")], [X, spread(2050, "float64")], "65,600 bytes of weights"),
        ([X, repeated(2**19)], [X, repeated(2**19 + 1)], "y gives more than 2,097,152 numbers"),
        (rows_of(2097), rows_of(2098), "x gives more than 2,097,152 numbers"),
        (dilated(1024), dilated(1025), r"dilation_rate of \[1025\]; at most 1024"),
    ],
)
def test_what_a_layer_may_take(tmp_path, most, more, told):
    inspect(written(tmp_path / "most.keras", most))
    with pytest.raises(ValueError, match=told):
        inspect(written(tmp_path / "more.keras", more))


def test_weights_are_counted_to_the_byte(tmp_path):
    for size, fits in ((32, True), (31, False)):
        path = tmp_path / f"{size}.keras"
        config = json.loads(archived(written(path, [X, spread(4098)]), "config.json"))
        zipped(path, config, data=np.zeros(size, np.uint8))
        if fits:
            inspect(path)
        else:
            with pytest.raises(ValueError, match="65,568 bytes of weights, and it holds 31"):
                inspect(path)


def archived(path, name):
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def beside(n):
    """So many layers: one for all that stand beside each other."""
    middle = [entry("Identity", f"l{i}", tensor("x", 4)) for i in range(n - 2)]
    last = {**entry("Add", "y"), "inbound_nodes": [
        {"args": [[tensor(each["name"], 4) for each in middle]], "kwargs": {}}
    ]}  # fmt: skip
    return [X, *middle, last]


def test_how_many_layers_a_network_may_have(tmp_path):
    inspect(written(tmp_path / "most.keras", beside(1000)))
    with pytest.raises(ValueError, match="has 1,001 layers; at most 1,000"):
        inspect(written(tmp_path / "more.keras", beside(1001)))


@pytest.fixture
def sound(tmp_path):
    """What describes a sound network."""
    return archived(written(tmp_path / "sound.keras", [X, Y]), "config.json").decode()


def test_how_long_a_description_may_be(tmp_path, sound):
    inspect(zipped(tmp_path / "most.keras", sound.ljust(2**23)))
    with pytest.raises(ValueError, match=r"config\.json has more than 8,388,608 bytes"):
        inspect(zipped(tmp_path / "more.keras", sound.ljust(2**23 + 1)))


def test_how_large_a_file_may_say_that_it_is(tmp_path, sound):
    """Before any of it is read: 8 GiB, of which most are not there."""
    for more in (0, 1):
        path = zipped(tmp_path / f"{more}.keras", sound)
        with zipfile.ZipFile(path, "a") as archive:
            *others, weights = archive.infolist()
            size = 8 * 2**30 + more - sum(other.file_size for other in others)
            weights.file_size = weights.compress_size = size
            archive.writestr("comment", b"")  # so that the directory is written again
        told = r"would unfold to 8,589,934,593 bytes; at most 8,589,934,592" if more else "comment"
        with pytest.raises(ValueError, match=told):
            inspect(path)


def test_how_many_names_weights_may_have(tmp_path, sound):
    """Of groups and of arrays: 10,000."""
    weights = io.BytesIO(hdf5())  # `layers`, `y`, `vars` and `0`
    for more, fits in ((9996, True), (1, False)):
        with h5py.File(weights, "a", libver="latest") as file:
            for i in range(more):
                file.create_group(f"layers/y/{more}_{i}")
        path = zipped(tmp_path / f"{more}.keras", sound, weights=weights.getvalue())
        if fits:
            inspect(path)
        else:
            with pytest.raises(ValueError, match="or there are too many"):
                inspect(path)


def late(n):
    """An array of which nothing was written yet, so that it takes no place."""
    return lambda file: file.create_dataset("late", shape=(n,), dtype=np.uint8)


def test_weights_are_in_their_file(tmp_path, sound):
    n = len(hdf5(late(1))) - ZEROS.nbytes
    assert len(hdf5(late(n + 1))) == n + ZEROS.nbytes
    inspect(zipped(tmp_path / "most.keras", sound, weights=hdf5(late(n))))
    with pytest.raises(ValueError, match="says more than its"):
        inspect(zipped(tmp_path / "more.keras", sound, weights=hdf5(late(n + 1))))


def virtual(file):
    layout = h5py.VirtualLayout(shape=(4,), dtype=float)
    layout[:] = h5py.VirtualSource("other.h5", "x", shape=(4,))
    file.create_virtual_dataset("w", layout)


def external(file):
    file.create_dataset("w", shape=(4,), dtype=float, external=[("other.raw", 0, 32)])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (virtual, "w lies elsewhere, or holds no numbers"),
        (external, "w lies elsewhere, or holds no numbers"),
        (lambda file: file.create_dataset("w", data=[b"text"]), "w lies elsewhere, or holds no"),
        (lambda file: file.create_dataset("w", data=[1j]), "w lies elsewhere, or holds no numbers"),
        (
            lambda file: file.update(w=h5py.SoftLink("/layers")),
            "w lies elsewhere, or there are too",
        ),
        (lambda file: file.update(w=h5py.ExternalLink("other.h5", "/x")), "w lies elsewhere, or t"),
        (lambda file: file.create_dataset("w", data=[0.0, np.nan]), "w is not finite"),
        (lambda file: file.create_dataset("w", data=[-np.inf]), "w is not finite"),
        (lambda file: file.create_dataset("layers/x/w", data=[np.inf]), "w is not finite"),
    ],
)
def test_weights_are_finite_numbers_of_their_own_file(tmp_path, sound, change, told):
    """Behind groups, and in them."""
    with pytest.raises(ValueError, match=rf"model\.weights\.h5: {told}"):
        inspect(zipped(tmp_path / "any.keras", sound, weights=hdf5(change)))
    kinds = (np.uint8, np.int64, np.float16, bool)
    for kind in kinds:
        inspect(zipped(tmp_path / "any.keras", sound, data=np.ones(3, kind)))


def test_a_network_is_one_of_layers_that_are_named(tmp_path, sound):
    config = json.loads(sound)
    for changes in (
        {"class_name": "Sequential"},
        {"class_name": "Functional", "compile_config": {"optimizer": "sgd"}},
    ):
        with pytest.raises(ValueError, match="settings of its training"):
            inspect(zipped(tmp_path / "any.keras", {**config, **changes}))
    for plain in (None, {}):
        inspect(zipped(tmp_path / "any.keras", {**config, "compile_config": plain}))


def test_nothing_is_made_of_a_networks_weights_before_they_are_counted(tmp_path, monkeypatch):
    made = []
    call = keras.initializers.Zeros.__call__
    monkeypatch.setattr(
        keras.initializers.Zeros,
        "__call__",
        lambda self, *a, **k: made.append(a) or call(self, *a, **k),
    )
    zeros = {"module": "keras.initializers", "class_name": "Zeros", "config": {}}
    layer = entry("Dense", "y", tensor("x", 4), units=3, kernel_initializer=zeros)
    inspect(written(tmp_path / "any.keras", [X, layer]))
    assert made == []


def test_what_waits_for_its_memory_goes_on_waiting(tmp_path):
    """Of networks that someone else is making."""
    name = "uninitialized_variables"
    before = global_state.get_global_attribute(name)
    global_state.set_global_attribute(name, ["another"])
    try:
        inspect(written(tmp_path / "any.keras", [X, spread(3)]))
        assert global_state.get_global_attribute(name) == ["another"]
    finally:
        global_state.set_global_attribute(name, before)
