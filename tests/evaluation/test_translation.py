"""Translators whose answers are known, through the whole evaluation."""

import numpy as np
import pytest

from forger.data.base import Data
from forger.data.codecs.affine import IDENTITY, Affine
from forger.data.description import DataField, Description
from forger.data.digits_edges import DigitsEdges
from forger.evaluation.evaluate import Reference, evaluate
from forger.evaluation.quality import Quality
from forger.evaluation.settings import Evaluate
from forger.evaluation.translation import SHOWN, measure
from forger.methods.latent import Latent
from forger.methods.products import Drawn, Given, Product
from forger.metrics.figures import APART
from forger.models import classifier
from forger.models.generator import WALK_STEPS, WALKS, Sampler
from tests.data.described import described

RNG = np.random.default_rng(4)
SETTINGS = Evaluate(samples=400, compared=2000, draws=4)


@pytest.fixture(scope="module")
def digits():
    patch = pytest.MonkeyPatch()
    patch.setattr(classifier, "UPDATES", 600)
    data = DigitsEdges(kind="digits_edges").make(None)
    of_train = data.description.unstack(data.arrays["train"])
    network = classifier.train(*of_train, 10)
    floor, interval = Quality(data, SETTINGS, network).floor()
    yield data, Reference(floor, interval, network)
    patch.undo()


def translator(of, **more):
    return Product(lambda inputs, training: of(**inputs), {"source": Given("source"), **more})


def by_row(data, answers):
    """A translator that knows each source's row in all parts together, and gives its answer."""
    sources = np.concatenate([arrays["source"] for arrays in data.arrays.values()])
    known = {row.tobytes(): answer for row, answer in zip(sources, answers, strict=True)}
    return lambda source: np.stack([known[row.astype("float32").tobytes()] for row in source])


def together(data, field="real"):
    return np.concatenate([arrays[field] for arrays in data.arrays.values()])


def measured(digits, of, **more):
    data, reference = digits
    products = {
        "translator": translator(of, **more),
        "discriminator": Product(
            lambda inputs, training: RNG.normal(size=(len(inputs["examples"]), 2, 2, 1)),
            {"examples": Given("real"), "source": Given("source")},
            0.0,
        ),
    }
    return evaluate(products, data, SETTINGS, 1, reference)


def test_a_perfect_translator_lands_on_the_floors(digits):
    """It gives the truth, whose figures are those of real data."""
    figures, arrays = measured(digits, by_row(digits[0], together(digits[0])))
    assert figures["mae"] < 0.05  # a few outlines belong to two digits
    assert figures["psnr"] > 95
    assert figures["ssim"] > 0.99
    for name, value in figures["quality"].items():
        if name in figures["interval"] and name != "authenticity":
            low, high = figures["interval"][name]
            low_floor, high_floor = figures["floor_interval"][name]
            assert min(high, high_floor) >= max(low, low_floor) - 0.03, (name, value)
    assert figures["quality"]["label_accuracy"] > 0.9
    truth = digits[0].arrays["test"]["real"][:SHOWN]
    assert np.isclose(arrays["translated"], truth).mean() > 0.99
    assert "walks" not in arrays  # there is nothing to walk between
    assert {"fake_scores", "real_scores", "labels", "seen"} <= arrays.keys()


def test_a_translator_that_gives_another_digit_is_told(digits):
    """Each is real, and none is the one that belongs to the source."""
    answers = together(digits[0])[np.random.default_rng(5).permutation(1797)]
    figures, _ = measured(digits, by_row(digits[0], answers))
    assert figures["ssim"] < 0.6
    assert figures["psnr"] < 13
    assert figures["quality"]["label_accuracy"] < 0.2
    assert figures["quality"]["c2st"] < 0.6  # as examples alone, they are as good as real ones


@pytest.mark.slow
def test_the_mean_of_all_is_told(digits):
    mean = together(digits[0]).mean(0)
    figures, _ = measured(digits, lambda source: np.repeat(mean[None], len(source), 0))
    assert figures["ssim"] < 0.6
    assert figures["quality"]["recall"] == 0
    assert figures["quality"]["c2st"] > 0.9


def test_samples_are_of_held_out_examples_and_with_their_labels(digits):
    """The source comes out as the sample, so that it is seen which ones were told."""
    figures, arrays = measured(digits, lambda source: source)
    held_out = digits[0].arrays["test"]
    rows = {row.tobytes(): label
            for row, label in zip(held_out["source"], held_out["labels"], strict=True)}  # fmt: skip
    samples = arrays["samples"].astype("float32")
    assert all(row.tobytes() in rows for row in samples)
    same = [
        rows[row.tobytes()] == label for row, label in zip(samples, arrays["labels"], strict=True)
    ]
    assert np.mean(same) > 0.98  # two digits may have one outline
    assert figures["sizes"]["samples"] == len(samples) == 400


@pytest.mark.slow
def test_noise_of_a_translators_own_is_walked(digits):
    def of(source, latents):
        return source + latents[:, :1, None, None] / 8

    _, arrays = measured(digits, of, latents=Drawn(Latent(dim=2)))
    assert arrays["walks"].shape == (WALKS, WALK_STEPS, 8, 8, 1)
    # Each keeps to one source: all that changes along it is the noise, equal in all pixels.
    assert np.ptp(np.diff(arrays["walks"][:, :, 1:7, 1:7], axis=1), axis=(2, 3)).max() <= 0.13


def test_figures_are_in_the_datas_units():
    codec = Affine(scale=8.0, offset=8.0)
    data = described(3, 4, 1, view="images", codec=codec)
    source = RNG.uniform(-1, 1, (20, 3, 4, 1)).astype("float32")
    held_out = {"real": source, "source": source}
    found = measure(Sampler(translator(lambda source: source + 0.25), data), held_out, data, 1)
    assert found.apart["mae"] == pytest.approx(2.0, rel=1e-5)
    assert found.apart["psnr"] == pytest.approx(20 * np.log10(16 / 2), rel=1e-5)
    assert {*found.apart} == {"mae", "psnr", "ssim"} <= {*APART}
    assert found.quality == {}


@pytest.mark.parametrize(("shape", "view", "names"), [
    ((2, 8, 1), "images", {"mae", "psnr"}),  # too small for windows
    ((4,), "points", {"mae"}),
])  # fmt: skip
def test_only_figures_that_make_sense_are_measured(shape, view, names):
    data = described(*shape, view=view)
    source = RNG.uniform(-1, 1, (20, *shape)).astype("float32")
    sampler = Sampler(translator(lambda source: source * 0.9), data)
    found = measure(sampler, {"real": source, "source": source}, data, 1)
    assert {*found.apart} == names


def test_a_source_may_have_another_shape():
    real = DataField(shape=(2,), codec=IDENTITY, view="points", units="any")
    source = DataField(shape=(5,), codec=IDENTITY, view="points", units="any")
    described = Description(fields={"real": real, "source": source}, classes=())
    parts = {}
    for part, n in (("train", 80), ("validation", 60), ("test", 90)):
        rows = RNG.normal(size=(n, 5)).astype("float32")
        parts[part] = {"real": rows[:, :2], "source": rows}
    data, settings = Data(parts, described), Evaluate(samples=200, compared=40, draws=2)
    floor, interval = Quality(data, settings, None).floor()
    made = {"translator": translator(lambda source: source[:, :2])}
    figures, _ = evaluate(made, data, settings, 1, Reference(floor, interval))
    assert figures["mae"] == 0
    assert figures["quality"]["coverage"] == pytest.approx(floor["coverage"], abs=0.1)
