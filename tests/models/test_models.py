"""The files of a trained GAN, and what is drawn from them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forger.core.errors import UserError
from forger.methods.latent import Latent, great_circle
from forger.methods.products import Drawn, Given, Product
from forger.models import classifier
from forger.models import folder as models
from forger.models.generator import Sampler
from forger.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from forger.networks.mlp import MLP
from tests.data.described import described

LABELLED = described(8, 8, 1, classes=("a", "b", "c"))


def products(seed=1):
    """As training gives them."""
    from forger.networks.layers.strided import in_plain_keras

    labels = {"labels": (3,)}
    built = {
        "generator": DCGANGenerator(family="dcgan_generator", filters=(8, 4)).build(
            "generator", {"latents": (5,), **labels}, (8, 8, 1), seed
        ),
        "discriminator": DCGANDiscriminator(family="dcgan_discriminator", filters=(4, 8)).build(
            "discriminator", {"examples": (8, 8, 1), **labels}, (1,), seed
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
    }
    return {
        name: Product(in_plain_keras(network), inputs[name], 0.5 if name == "critic" else None)
        for name, network in built.items()
    }


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_networks_give_the_same_bytes(tmp_path):
    import keras

    models.save(tmp_path / "one", products(), {"method": "gan"})
    keras.layers.Dense(3)  # what was built before must not matter
    models.save(tmp_path / "two", products(), {"method": "gan"})
    models.save(tmp_path / "other", products(seed=2), {"method": "gan"})
    one, two, other = (content(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert all(one[name] != other[name] for name in one if name.endswith(".keras"))


def test_a_classifier_is_saved_without_what_trained_it(tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "UPDATES", 2)
    images = np.random.default_rng(0).uniform(-1, 1, (40, 8, 8, 1)).astype(np.float32)
    trained = classifier.train(images, np.arange(40) % 3, 3)
    made = Product(trained, {"images": Given("real")})
    models.save(tmp_path / "m", {"classifier": made}, {})
    loaded = models.load(tmp_path / "m", "classifier").network
    seen, again = classifier.see(trained, images), classifier.see(loaded, images)
    np.testing.assert_array_equal(seen.probabilities, again.probabilities)
    assert len(np.unique(seen.probabilities)) > 100


def test_it_says_what_each_network_takes_and_where_that_comes_from(tmp_path):
    made = products()
    models.save(tmp_path / "m", made, {})
    about = models.read_about(tmp_path / "m")["products"]
    labels = {"shape": [3], "field": "labels", "packed": 1}
    assert about["generator"] == {
        "file": "generator.keras",
        "weights": made["generator"].network.count_params(),
        "inputs": {"latents": {"shape": [5], "drawn": {"dim": 5, "law": "normal", "categories": 0}},
                   "labels": labels},
    }  # fmt: skip
    examples = {"shape": [8, 8, 1], "field": "real", "packed": 1}
    assert about["critic"]["inputs"] == {"examples": examples, "labels": labels}
    assert (about["critic"]["threshold"], "threshold" in about["discriminator"]) == (0.5, False)


def test_products_are_loaded_as_they_were_saved(tmp_path):
    made = products()
    models.save(tmp_path / "m", made, {})
    loaded = models.load_all(tmp_path / "m")
    assert list(loaded) == list(made)
    for name, product in made.items():
        assert (loaded[name].inputs, loaded[name].threshold) == (product.inputs, product.threshold)
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
    ],
)
def test_a_description_that_is_no_products_is_refused(tmp_path, key, value):
    models.save(tmp_path / "m", products(), {})
    about = models.read_about(tmp_path / "m")
    *path, last = key
    place = about["products"]["generator"]
    for name in path:
        place = place[name]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    models.describe(tmp_path / "m", about)
    with pytest.raises(UserError, match=r"(model\.json|generator\.keras): .*"):
        models.load(tmp_path / "m", "generator")


def test_every_layer_is_named():
    import re

    for product in products().values():
        names = [layer.name for layer in product.network.layers]
        assert not [n for n in names if re.fullmatch(r"(dense|conv2d|flatten|re_lu)(_\d+)?", n)]


def test_samples_are_the_same_in_chunks(monkeypatch):
    sampler = Sampler(products()["generator"], LABELLED)
    labels = np.arange(7) % 3
    whole = sampler.sample(7, np.random.default_rng(0), labels)
    monkeypatch.setattr("forger.models.generator.CHUNK", 3)
    np.testing.assert_allclose(
        whole, sampler.sample(7, np.random.default_rng(0), labels), atol=1e-6
    )


def test_labels_are_asked_for():
    with pytest.raises(ValueError, match="labels"):
        Sampler(products()["generator"], LABELLED).decode(np.zeros((1, 5)))


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
