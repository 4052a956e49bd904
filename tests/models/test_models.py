"""The files of a trained GAN, and what is drawn from them."""

import hashlib
import json

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forger.core.errors import UserError
from forger.methods.latent import Joint, Latent, great_circle
from forger.methods.products import Drawn, Given, Product
from forger.models import classifier
from forger.models.folder import ModelFolder
from forger.models.generator import WALK_STEPS, Sampler, by_category
from forger.models.saving import ABOUT, write_products
from forger.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from forger.networks.mlp import MLP
from tests.data.described import described
from tests.project import put

LABELLED = described(8, 8, 1, classes=("a", "b", "c"))

NUMBERS = {
    "critic": (0.5,),
    "discriminator": (0.0,),
    "generator": (None, 0.25),
}  # thresholds, standard deviations


def products(seed=1):
    """As training gives them."""
    from forger.networks.layers.strided import in_plain_keras

    labels = {"labels": (3,)}
    heads = {"score": (1,), "codes": (4,)}
    built = {
        "generator": DCGANGenerator(family="dcgan_generator", filters=(8, 4)).build(
            "generator", {"latents": (5,), **labels}, (8, 8, 1), seed
        ),
        "discriminator": DCGANDiscriminator(family="dcgan_discriminator", filters=(4, 8)).build(
            "discriminator", {"examples": (8, 8, 1), **labels}, (1,), seed
        ),
        "headed": MLP(family="mlp", hidden=(4,)).build(
            "headed", {"examples": (8, 8, 1), **labels}, heads, seed
        ),
        "critic": MLP(family="mlp", hidden=(4, 3), dropout=0.5).build(
            "critic", {"examples": (8, 8, 1), **labels}, (1,), seed
        ),
    }
    told = Given("labels")
    inputs = {
        "generator": {"latents": Drawn(Latent(dim=5)), "labels": told},
        "discriminator": {"examples": Given("real"), "labels": told},
        "critic": {"examples": Given("real"), "labels": told},
        "headed": {"examples": Given("real"), "labels": told},
    }
    return {
        name: Product(in_plain_keras(network), inputs[name], *NUMBERS.get(name, ()))
        for name, network in built.items()
    }


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_networks_give_the_same_bytes(tmp_path):

    write_products(tmp_path / "one", products(), {"method": "gan"})
    keras.layers.Dense(3)  # what was built before must not matter
    write_products(tmp_path / "two", products(), {"method": "gan"})
    write_products(tmp_path / "other", products(seed=2), {"method": "gan"})
    one, two, other = (content(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert all(one[name] != other[name] for name in one if name.endswith(".keras"))


def test_a_classifier_is_saved_without_what_trained_it(tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "UPDATES", 2)
    images = np.random.default_rng(0).uniform(-1, 1, (40, 8, 8, 1)).astype(np.float32)
    trained = classifier.train(images, np.arange(40) % 3, 3)
    made = Product(trained, {"images": Given("real")})
    write_products(tmp_path / "m", {"classifier": made}, {})
    loaded = ModelFolder(tmp_path / "m").load("classifier").network
    seen, again = classifier.see(trained, images), classifier.see(loaded, images)
    np.testing.assert_array_equal(seen.probabilities, again.probabilities)
    assert len(np.unique(seen.probabilities)) > 100


def test_it_says_what_each_network_takes_and_where_that_comes_from(tmp_path):
    made = products()
    write_products(tmp_path / "m", made, {})
    about = ModelFolder(tmp_path / "m").about["products"]
    labels = {"shape": [3], "field": "labels", "packed": 1}
    digest = hashlib.sha256((tmp_path / "m/generator.keras").read_bytes()).hexdigest()
    assert about["generator"] == {
        "file": "generator.keras",
        "sha256": digest,
        "weights": made["generator"].network.count_params(),
        "inputs": {"latents": {"shape": [5], "drawn": {"dim": 5, "law": "normal", "categories": 0}},
                   "labels": labels},
        "stddev": 0.25,
    }  # fmt: skip
    examples = {"shape": [8, 8, 1], "field": "real", "packed": 1}
    assert about["critic"]["inputs"] == {"examples": examples, "labels": labels}
    assert (about["critic"]["threshold"], "threshold" in about["generator"]) == (0.5, False)


def test_products_are_loaded_as_they_were_saved(tmp_path):
    made = products()
    write_products(tmp_path / "m", made, {})
    loaded = ModelFolder(tmp_path / "m").load_all()
    assert list(loaded) == list(made)
    for name, product in made.items():
        again = loaded[name]
        assert (again.inputs, again.threshold, again.stddev) == (
            product.inputs, product.threshold, product.stddev
        )  # fmt: skip
        shapes = keras.tree.map_structure(lambda x: x.shape, product.network.output)
        assert keras.tree.map_structure(lambda x: x.shape, again.network.output) == shapes
        for a, b in zip(
            loaded[name].network.get_weights(), product.network.get_weights(), strict=True
        ):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (("inputs", "labels", "field"), ...),
        (("inputs", "latents", "drawn"), {"dim": 0}),
        (("inputs", "latents", "drawn"), 5),
        (("inputs", "labels", "packed"), "many"),
        (("inputs", "labels", "shape"), [4]),
        (("inputs", "labels"), ...),
        (("inputs",), []),
        (("threshold",), "high"),
        (("threshold",), float("nan")),
        (("stddev",), 0.0),
        (("stddev",), -1.0),
        (("inputs", "latents", "drawn", "dim"), 6),
        (("inputs", "latents", "drawn", "categories"), 5),
        (("inputs", "latents", "shape"), ...),
        (("inputs", "latents"), {"shape": [5], "field": "real", "packed": 1}),
        (("inputs", "latents"), {"shape": [5], "field": "labels", "packed": 1}),
        (("inputs", "labels", "packed"), 2),
        (("inputs", "labels", "packed"), 0),
        (("inputs", "labels", "field"), "real"),
        (("inputs", "labels", "field"), "another"),
    ],
)
def test_a_description_that_is_no_generators_is_refused(tmp_path, key, value):
    refused(tmp_path, "generator", ("products", "generator", *key), value)


def refused(folder, product, key, value):
    about = {"data": LABELLED.model_dump(mode="json")}
    write_products(folder / "m", products(), about)
    ModelFolder(folder / "m").load(product)
    about = json.loads((folder / "m" / ABOUT).read_text())
    put(about, key, value)
    (folder / "m" / ABOUT).write_text(json.dumps(about))
    with pytest.raises(UserError, match=rf"(model\.json|{product}\.keras): .*") as error:
        ModelFolder(folder / "m").load(product)
    assert len(error.value.problems) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (("threshold",), ...),
        (("inputs", "examples", "packed"), 0),
        (("inputs", "examples", "packed"), -1),
        (("inputs", "examples", "packed"), 2),
        (("inputs", "examples", "packed"), 10**6),
        (("inputs", "examples", "field"), "labels"),
        (("inputs", "labels", "field"), "real"),
        (("inputs", "examples"), {"shape": [8, 8, 1], "drawn": {"dim": 3}}),
    ],
)
def test_a_description_that_is_no_discriminators_is_refused(tmp_path, key, value):
    refused(tmp_path, "discriminator", ("products", "discriminator", *key), value)


@pytest.mark.parametrize("classes", [["a", "b"], list("abcd"), []])
@pytest.mark.parametrize("product", ["generator", "discriminator"])
def test_classes_that_are_not_those_of_the_network_are_refused(tmp_path, product, classes):
    refused(tmp_path, product, ("data", "classes"), classes)


def test_a_network_is_what_it_is_said_to_be(tmp_path):
    """Inputs by name, one output in the shape of the data."""
    folder = ModelFolder(tmp_path / "m")
    write_products(tmp_path / "m", products(), {"data": LABELLED.model_dump(mode="json")})
    whole = folder.load("generator").network
    latents, labels = whole.input["latents"], whole.input["labels"]
    flat = keras.layers.Flatten(name="flat")(whole.output)
    for wrong in (
        keras.Model([latents, labels], whole.output),
        keras.Model(whole.input, {"one": whole.output, "other": flat}),
        keras.Model(whole.input, flat),
    ):
        wrong.save(tmp_path / "m/generator.keras")
        with pytest.raises(UserError, match=r"generator\.keras: .*does not fit model\.json"):
            ModelFolder(tmp_path / "m").load("generator")


def test_a_training_leaves_something_that_makes_examples(tmp_path):
    made = {name: p for name, p in products().items() if name != "generator"}
    write_products(tmp_path / "m", made, {})
    with pytest.raises(UserError, match=r"model\.json: .*there is no generator or translator"):
        ModelFolder(tmp_path / "m").load_all()


def test_every_layer_is_named():
    import re

    for product in products().values():
        names = [layer.name for layer in product.network.layers]
        assert not [n for n in names if re.fullmatch(r"(dense|conv2d|flatten|re_lu)(_\d+)?", n)]


def test_samples_are_the_same_in_chunks(monkeypatch):
    sampler = Sampler(products()["generator"], LABELLED)
    labels = np.arange(7) % 3
    whole = sampler.sample(7, np.random.default_rng(0), {"labels": labels})
    monkeypatch.setattr("forger.models.inference.CHUNK", 3)
    again = sampler.sample(7, np.random.default_rng(0), {"labels": labels})
    np.testing.assert_allclose(whole, again, atol=1e-6)


def test_labels_are_asked_for():
    with pytest.raises(ValueError, match="labels"):
        Sampler(products()["generator"], LABELLED).decode(np.zeros((1, 5)))


LAWS = {"latents": Latent(dim=3), "codes": Latent(dim=2, law="uniform", categories=4)}


def test_laws_side_by_side_draw_one_after_another():
    joint, rng = Joint(LAWS), np.random.default_rng(3)
    found = joint.sample(50, np.random.default_rng(3))
    assert (found.shape, found.dtype, joint.size) == ((50, 9), np.float32, 9)
    expected = [law.sample(50, rng) for law in LAWS.values()]
    np.testing.assert_array_equal(found, np.hstack(expected))
    parts = joint.split(found)
    assert list(parts) == ["latents", "codes"]
    np.testing.assert_array_equal(parts["codes"], expected[1])
    assert not joint.is_normal
    assert Joint({"latents": LAWS["latents"]}).is_normal
    assert not Joint({"latents": Latent(dim=2, categories=2)}).is_normal


def test_laws_side_by_side_walk_each_in_its_own_way():
    joint = Joint(LAWS)
    start, end = joint.sample(2, np.random.default_rng(5))
    path = joint.split(joint.walk(start, end, 7))
    for name, law in LAWS.items():
        expected = law.walk(joint.split(start)[name], joint.split(end)[name], 7)
        np.testing.assert_array_equal(path[name], expected)


def test_latents_of_one_category_keep_all_else():
    joint = Joint(LAWS)
    drawn = joint.sample(20, np.random.default_rng(6))
    before = drawn.copy()
    picked = joint.categories_of(drawn[7])
    assert picked == {"codes": drawn[7, 5:].argmax()}
    found = joint.with_category(drawn, picked)
    np.testing.assert_array_equal(drawn, before)
    np.testing.assert_array_equal(found[:, :5], drawn[:, :5])
    np.testing.assert_array_equal(found[:, 5:], np.repeat(drawn[7:8, 5:], 20, axis=0))


def test_samples_by_category_share_all_other_latents():
    def network(inputs, training):
        return np.hstack([inputs["latents"], inputs["codes"]])

    inputs = {name: Drawn(law) for name, law in LAWS.items()}
    sampler = Sampler(Product(network, inputs), described(9))
    found = by_category(sampler, np.random.default_rng(2))
    assert found.shape == (4, WALK_STEPS, 9)
    np.testing.assert_array_equal(found[..., 5:], np.repeat(np.eye(4)[:, None], WALK_STEPS, 1))
    np.testing.assert_array_equal(found[1:, :, :5], found[:-1, :, :5])
    assert len(np.unique(found[0, :, 0])) == WALK_STEPS
    plain = Sampler(Product(network, {"latents": Drawn(Latent(dim=2))}), described(9))
    assert by_category(plain, np.random.default_rng(2)) is None


@given(st.integers(0, 10**6), st.integers(2, 64))
def test_the_great_circle_keeps_the_length_and_the_pace(seed, dim):
    a, b = np.random.default_rng(seed).normal(size=(2, dim))
    b *= np.linalg.norm(a) / np.linalg.norm(b)
    path = great_circle(a, b, 7).astype(float)
    np.testing.assert_allclose(path[[0, -1]], [a, b], atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.linalg.norm(a), rtol=1e-4)
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-2, atol=1e-4)


def test_the_great_circle_goes_evenly_from_length_to_length():
    """By the angle in the plane of both ends, and along the line of lengths."""
    a, b = np.array([3.0, 0.0]), np.array([0.0, 1.0])
    path = great_circle(a, b, 5).astype(float)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), np.linspace(3, 1, 5), rtol=1e-6)
    angles = np.degrees(np.arctan2(path[:, 1], path[:, 0]))
    np.testing.assert_allclose(angles, [0, 22.5, 45, 67.5, 90], atol=1e-4)


@pytest.mark.parametrize("law", ["uniform", "truncated"])
def test_a_walk_in_a_box_is_straight(law):
    start, end = np.array([0.9, -0.5, 0.0]), np.array([-0.8, 0.9, 0.4])
    path = Latent(dim=3, law=law).walk(start, end, 6)
    np.testing.assert_allclose(path, np.linspace(start, end, 6), atol=1e-6)
    round_about = Latent(dim=3).walk(start, end, 6)
    assert not np.allclose(round_about, path, atol=0.05)


def test_a_walk_changes_its_category_halfway():
    start, end = np.array([0.5, 0, 1, 0]), np.array([-0.5, 1, 0, 0])
    path = Latent(dim=1, categories=3).walk(start, end, 6)
    assert path[:, 1:].tolist() == [[0, 1, 0]] * 3 + [[1, 0, 0]] * 3
    np.testing.assert_allclose(path[[0, -1]], [start, end])


@given(st.lists(st.integers(1, 500), min_size=2, max_size=6), st.integers(1, 400))
def test_labels_that_come_in_proportion_do_so_from_the_first_on(counts, n):
    """Of `n`, no class has many more or fewer than its share; without counts, all in turn."""
    classes = tuple(map(str, range(len(counts))))
    plain = described(2, classes=classes)
    product = Product(None, {"latents": Drawn(Latent(dim=2)), "labels": Given("labels")})
    sampler = Sampler(product, plain.model_copy(update={"counts": tuple(counts)}))
    told = sampler.conditions({}, n)["labels"]
    shares = np.array(counts) / sum(counts)
    found = np.bincount(told, minlength=len(counts))
    assert abs(found - n * shares).max() < 2 + np.log2(n)
    np.testing.assert_array_equal(told, sampler.conditions({}, n + 99)["labels"][:n])
    cycled = Sampler(product, plain).conditions({}, n)["labels"]
    np.testing.assert_array_equal(cycled, np.arange(n) % len(counts))
