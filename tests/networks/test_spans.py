"""What stands between networks and rows of a table."""

import keras
import numpy as np
import pytest

from forger.data.codecs.columns import Category, Number
from forger.data.codecs.table import Table
from forger.models.folder import load_network
from forger.models.saving import _save_network
from forger.networks.layers.strided import in_plain_keras
from forger.networks.mlp import MLP
from forger.networks.spans import choose, drop_labels, encode_input, encode_output

LATENT = 5
MODES = ((-1.0, 0.5), (2.0, 1.0))
CODEC = Table(
    columns=(
        Category(name="colour", categories=("blue", "green", "red"), missing=True),
        Number(name="x", modes=MODES, mean=0, deviation=2, low=-9, high=9),
        Number(name="y", modes=((0.0, 1.0),), mean=0, deviation=1, low=-9, high=9),
        Number(name="z", atoms=(0, 1), modes=MODES, mean=0, deviation=2, low=-9, high=9),
        Category(name="flag", categories=("no", "yes")),
    )
)
WIDTH = 3 + 2 * 2 + 2 * 4  # numbers, two choices among two, two among four


@pytest.fixture
def values():
    rng = np.random.default_rng(0)
    columns = [
        rng.choice([0, 1, 2, np.nan], 50),
        rng.normal(0, 2, 50),
        rng.normal(0, 1, 50),
        rng.choice([0, 1, -1.5, 3.25], 50),
        rng.integers(0, 2, 50),
    ]
    return np.stack(columns, axis=1)


def generator():
    network = MLP(family="mlp", hidden=(16,)).build(
        "generator", {"latents": (LATENT,)}, (WIDTH,), 1
    )
    return network, choose(network, CODEC, "labels")


def test_rows_are_spread_out_as_by_hand(values):
    encoded = CODEC.encode(values)
    spread = np.asarray(CODEC.spread(keras.ops.convert_to_tensor(encoded)))
    assert CODEC.spread_shape((CODEC.width,)) == (WIDTH,)
    np.testing.assert_array_equal(spread[:, :3], encoded[:, :3])
    x = np.argmax([-((values[:, 1] - m) ** 2) / (2 * s**2) - np.log(s) for m, s in MODES], axis=0)
    colour = np.where(np.isnan(values[:, 0]), 3, values[:, 0]).astype(int)
    by_hand = {3: np.eye(2)[x], 5: np.eye(2)[values[:, 4].astype(int)], 7: np.eye(4)[colour]}
    for at, wanted in by_hand.items():
        np.testing.assert_array_equal(spread[:, at : at + wanted.shape[1]], wanted)
    deviations = np.array(MODES)[x]
    np.testing.assert_allclose(
        spread[:, 0], (values[:, 1] - deviations[:, 0]) / deviations[:, 1], rtol=1e-5
    )


def test_choices_are_made_with_the_gradient_of_their_softmax():
    raw, chosen = generator()
    latents = np.random.default_rng(1).normal(size=(20, LATENT)).astype(np.float32)
    logits = np.asarray(raw({"latents": latents}))
    made = np.asarray(chosen({"latents": latents}))
    np.testing.assert_array_equal(made[:, :3], logits[:, :3])
    for at, size in ((3, 2), (5, 2), (7, 4), (11, 4)):
        wanted = np.eye(size)[logits[:, at : at + size].argmax(1)]
        np.testing.assert_allclose(made[:, at : at + size], wanted, atol=1e-6)
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    weights = np.random.default_rng(2).normal(size=(20, WIDTH)).astype(np.float32)
    with tf.GradientTape(persistent=True) as tape:
        through = tf.reduce_sum(chosen({"latents": latents}) * weights)
        ends = raw({"latents": latents})
        soft = [ends[:, :3]]
        soft += [tf.nn.softmax(ends[:, a : a + k]) for a, k in ((3, 2), (5, 2), (7, 4), (11, 4))]
        by_hand = tf.reduce_sum(tf.concat(soft, axis=1) * weights)
    for variable in raw.trainable_variables:
        found, wanted = tape.gradient(through, variable), tape.gradient(by_hand, variable)
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_products_speak_of_rows_as_the_data_folder_has_them(tmp_path, values):
    """They load with Keras alone, and agree with the networks that were trained."""
    _, chosen = generator()
    maker = encode_output(chosen, CODEC)
    shape = {"examples": (2 * WIDTH,)}
    judge = MLP(family="mlp", hidden=(16,), spectral=True).build("discriminator", shape, (1,), 2)
    taker = encode_input(judge, "examples", CODEC, 2)
    latents = np.random.default_rng(1).normal(size=(20, LATENT)).astype(np.float32)
    rows = CODEC.encode(values)
    pairs = np.concatenate([rows[::2], rows[1::2]], axis=1)
    spread = np.asarray(CODEC.spread(keras.ops.convert_to_tensor(rows)))
    wanted = judge({"examples": np.concatenate([spread[::2], spread[1::2]], axis=1)})
    np.testing.assert_allclose(taker({"examples": pairs}), wanted, rtol=1e-6)
    made = np.asarray(maker({"latents": latents}))
    np.testing.assert_allclose(
        CODEC.spread(keras.ops.convert_to_tensor(made)), chosen({"latents": latents}), atol=1e-6
    )
    for network, inputs in ((maker, {"latents": latents}), (taker, {"examples": pairs})):
        path = tmp_path / f"{network.name}.keras"
        plain = in_plain_keras(network)
        _save_network(path, plain)
        np.testing.assert_array_equal(load_network(path)(inputs), plain(inputs))
        np.testing.assert_allclose(plain(inputs), network(inputs), rtol=1e-5)


@pytest.mark.parametrize(("column", "at", "classes"), [("colour", 7, 4), ("flag", 5, 2)])
def test_a_row_has_the_label_that_its_network_is_told(column, at, classes, tmp_path):
    """Whatever the latents; all else is as the network says."""
    codec = CODEC.model_copy(update={"labels": column})
    assert codec.label_span == (at, at + classes)
    inputs = {"latents": (LATENT,), "labels": (classes,)}
    raw = MLP(family="mlp", hidden=(16,)).build("generator", inputs, (WIDTH,), 1)
    told = np.arange(20) % classes
    latents = np.random.default_rng(1).normal(size=(20, LATENT)).astype(np.float32)
    given = {"latents": latents, "labels": np.eye(classes, dtype=np.float32)[told]}
    made = np.asarray(choose(raw, codec, "labels")(given))
    np.testing.assert_array_equal(made[:, at : at + classes], given["labels"])
    chosen = np.array(choose(raw, CODEC, "labels")(given))
    chosen[:, at : at + classes] = given["labels"]
    np.testing.assert_array_equal(made, chosen)
    maker = encode_output(choose(raw, codec, "labels"), codec)
    path = tmp_path / "generator.keras"
    _save_network(path, maker)
    rows = np.asarray(load_network(path)(given))
    np.testing.assert_array_equal(rows[:, codec.label_place], told)
    place = [each.name for each in codec.columns].index(column)
    values = codec.decode(rows)[:, place]
    np.testing.assert_array_equal(values, codec.columns[place].restore(told, None))


def test_a_row_says_its_own_label_to_a_network_that_is_told_none():
    _, chosen = generator()
    codec = CODEC.model_copy(update={"labels": "colour"})
    raw, _ = generator()
    latents = np.random.default_rng(1).normal(size=(20, LATENT)).astype(np.float32)
    made = choose(raw, codec, "labels")({"latents": latents})
    np.testing.assert_array_equal(made, chosen({"latents": latents}))


@pytest.mark.parametrize("column", ["x", "z", "size"])
def test_only_a_column_of_choices_alone_has_labels(column):
    with pytest.raises(ValueError, match="no column of choices alone"):
        Table(columns=CODEC.columns, labels=column)


def test_rows_without_their_labels():
    """All of their numbers but those of the label, wherever these are."""
    for column, at, classes in (("colour", 7, 4), ("flag", 5, 2)):
        codec = CODEC.model_copy(update={"labels": column})
        entry = keras.Input((WIDTH,))
        rows = np.arange(2.0 * WIDTH, dtype=np.float32).reshape(2, WIDTH)
        found = keras.Model(entry, drop_labels(entry, codec))(rows)
        np.testing.assert_array_equal(found, np.delete(rows, np.s_[at : at + classes], axis=1))
    codec = Table(columns=(CODEC.columns[0], CODEC.columns[4]), labels="flag")  # stands first
    entry = keras.Input((6,))
    found = keras.Model(entry, drop_labels(entry, codec))(np.arange(6.0)[None])
    np.testing.assert_array_equal(found, [[2, 3, 4, 5]])
