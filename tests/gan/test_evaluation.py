"""What is measured of which examples."""

import numpy as np
import pytest
from scipy import stats

from stages.gan import generator, quality
from stages.gan.classifier import Seen
from stages.gan.metrics.classes import by_features
from stages.gan.params.evaluate import Evaluate
from stages.gan.params.latent import Latent

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


def test_the_floor_of_classes_is_of_examples_that_the_classifier_has_not_seen(monkeypatch):
    monkeypatch.setattr(quality, "see", see)
    train, test = part(80, 0.5), part(60, 0.25)
    data = {"law": {}, "scale": 1.0, "offset": 0.0, "classes": ["0", "1"]}
    settings = Evaluate(samples=200, compared=40)
    found = quality.Quality(train, test, data, settings, object()).floor(200)
    assert found["modes"] == 2
    assert found["class_kl"] == pytest.approx(stats.entropy([0.75, 0.25], [0.5, 0.5]))
    features = by_features(see(None, train["real"]), see(None, test["real"]), 60)
    assert {name: found[name] for name in features} == pytest.approx(features)


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
