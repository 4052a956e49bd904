"""What is measured of which examples."""

import numpy as np
import pytest
from scipy import stats

from forger.evaluation import evaluate as evaluation
from forger.evaluation import quality
from forger.evaluation.settings import Evaluate
from forger.models import generator
from forger.models.classifier import Seen
from forger.networks.latent import Latent

RNG = np.random.default_rng(1)


def see(_, examples):
    """A classifier that takes the first pixel for the label."""
    flat = examples.reshape(len(examples), -1)
    labels = (flat[:, 0] > 0).astype(int)
    return Seen(flat, labels, np.eye(2)[labels])


def part(n, share):
    """Examples, so many of which are of the second class."""
    labels = (np.arange(n) < share * n).astype(int)
    images = RNG.normal(size=(n, 2, 2, 1)).astype(np.float32)
    images[:, 0, 0, 0] = 2 * labels - 1
    return {"real": images, "labels": labels}


DATA = {"law": {}, "scale": 1.0, "offset": 0.0, "resolution": 0, "range": [], "classes": ["0", "1"]}


@pytest.fixture
def beside(monkeypatch):
    """Measures beside a test part whose classes are not as the training data have them."""
    monkeypatch.setattr(quality, "see", see)
    parts = {"train": part(80, 0.5), "validation": part(60, 0.5), "test": part(90, 0.25)}
    settings = Evaluate(samples=2000, compared=40)
    return quality.Quality(parts, DATA, settings, object()), parts


def test_sizes_are_those_that_are_used(beside):
    measured, parts = beside
    assert measured.sizes == {
        "training": 80,
        "held_out": 90,
        "draws": 5,
        "samples": 2000,
        "compared": 40,
        "memorisation": 40,
    }
    few = Evaluate(samples=2000, compared=1000)
    assert quality.Quality(parts, DATA, few, object()).sizes["compared"] == 40  # ⅔ of 60
    on_validation = Evaluate(samples=2000, compared=1000, part="validation")
    chosen = quality.Quality(parts, DATA, on_validation, object())
    assert (chosen.sizes["held_out"], chosen.sizes["compared"]) == (60, 30)  # half of them


def test_the_floor_of_classes_is_of_the_training_data_s_proportions(beside):
    """As many labels as samples, seen by a classifier that is always right."""
    found, interval = beside[0].floor()
    assert found["modes"] == 2
    expected = 1 / (2 * 2000)  # (classes − 1) / 2n, of a multinomial
    assert 0 < found["class_kl"] < 6 * expected
    assert found["label_accuracy"] == 1
    assert all(low <= found[name] <= high for name, (low, high) in interval.items())


def test_the_floor_of_classes_is_as_sure_as_its_rows_are_many(monkeypatch):
    """Of a classifier that is right about nine of ten, 60 times on other rows."""

    def often_right(_, examples):
        seen = see(_, examples)
        wrong = examples[:, 0, 1, 0] > stats.norm.isf(0.1)
        return Seen(
            seen.features, np.where(wrong, 1 - seen.labels, seen.labels), seen.probabilities
        )

    monkeypatch.setattr(quality, "see", often_right)
    monkeypatch.setattr(quality.Comparison, "measure", lambda *_: {})  # takes its time, is no class
    settings, within = Evaluate(samples=2000, compared=40), []
    for _ in range(60):
        parts = {"train": part(80, 0.5), "validation": part(60, 0.5), "test": part(90, 0.5)}
        low, high = quality.Quality(parts, DATA, settings, object()).floor()[1]["label_accuracy"]
        within.append(low < 0.9 < high)
    assert 0.85 < np.mean(within) <= 1


def test_the_classes_of_training_and_held_out_data(beside):
    found = evaluation._proportions(beside[1], DATA, Evaluate(samples=2000, compared=40))
    assert found.pop("p_value") < 0.01
    assert found["class"] in DATA["classes"]
    assert {found["train"], found["held_out"]} in ({0.5, 23 / 90}, {0.5, 67 / 90})
    even = Evaluate(samples=2000, compared=40, part="validation")
    assert evaluation._proportions(beside[1], DATA, even)["p_value"] == 1


def test_what_stands_in_for_samples_is_never_what_it_is_compared_with(beside, monkeypatch):
    measured, parts = beside
    seen = []

    class Looking(quality.Comparison):
        def measure(self, samples):
            seen.append((self.real.reshape(len(self.real), -1), samples.reshape(len(samples), -1)))
            return super().measure(samples)

    monkeypatch.setattr(quality, "Comparison", Looking)
    measured.floor()
    of = {
        name: {row.tobytes() for row in arrays["real"].reshape(len(arrays["real"]), -1)}
        for name, arrays in parts.items()
    }
    assert len(seen) == 5
    for real, samples in seen:
        assert {row.tobytes() for row in real.astype("f4")} <= of["test"]
        assert {row.tobytes() for row in samples.astype("f4")} <= of["validation"]
        assert len(real) == len(samples) == 40
    assert any(not np.array_equal(seen[0][0], real) for real, _ in seen[1:])


@pytest.mark.parametrize(("size", "n", "overlap"), [(200, 40, 0.0), (90, 40, 40 / 90)])
def test_draws_have_rows_of_their_own_where_there_are_enough(size, n, overlap):
    rows = quality.Rows("any", size, n, 5)
    drawn = [rows.of(i) for i in range(5)]
    assert rows.overlap == pytest.approx(overlap)
    assert all(len(np.unique(each)) == n for each in drawn)
    shared = [len(np.intersect1d(a, b)) for i, a in enumerate(drawn) for b in drawn[:i]]
    assert (max(shared) == 0) == (overlap == 0)
    assert [rows.of(i).tolist() for i in range(5)] == [each.tolist() for each in drawn]


def test_an_interval_stays_within_what_a_figure_can_be():
    draws = [{"coverage": value, "mmd": value - 1} for value in (0.99, 0.9, 1.0, 0.4)]
    _, interval = quality.summarise(draws, [0.5, 0.0])
    assert interval["coverage"] == [0, 1] or interval["coverage"][1] == 1
    assert interval["mmd"][0] < -0.1


@pytest.mark.parametrize("classes", [0, 2])
def test_walks_stay_in_their_category_and_among_the_labels(classes):
    class Told:
        """A generator that gives what it is told."""

        latent = Latent(dim=3, law="normal", categories=4)
        takes_labels, seen = bool(classes), []

        def decode(self, latents, labels=None):
            self.seen.append(labels)
            return latents

    sampler = Told()
    sampler.classes = classes
    walks = generator.walks(sampler, np.random.default_rng(2))
    assert walks.shape == (generator.WALKS, generator.WALK_STEPS, 7)
    assert np.unique(walks[..., 3:].reshape(-1, 4), axis=0).tolist() in np.eye(4)[:, None].tolist()
    np.testing.assert_allclose(walks[1:, 0, :3], walks[:-1, -1, :3], rtol=1e-5)  # one after another
    assert all(labels is None or labels.max() < classes for labels in sampler.seen)
