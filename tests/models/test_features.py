"""Features of images without labels: how generators of known faults score by them."""

import numpy as np
import pytest
from scipy import ndimage
from sklearn.datasets import load_digits

from forger.metrics.features import compare
from forger.metrics.gaussian import frechet, frechet_between
from forger.models import features

N = 600


@pytest.fixture(scope="module")
def seen():
    """The distance of samples from real digits, and digits to make samples from."""
    images, labels = load_digits(return_X_y=True)
    images = (images.reshape(-1, 8, 8, 1) / 8 - 1).astype("float32")
    order = np.random.default_rng(0).permutation(len(images))
    train, real, fresh = np.split(images[order], [len(images) - 2 * N, len(images) - N])
    network = features.train(train)

    def distance(samples, n=N):
        return compare(network, samples[:n].astype("float32"), real[:n])

    seen = features.extract(network, train)
    np.testing.assert_allclose(seen.mean(0), 0, atol=1e-3)
    spread = np.cov(seen.T)
    np.testing.assert_allclose(spread, np.diag(np.diag(spread)), atol=1e-3 * spread[0, 0])
    assert (np.diff(np.diag(spread)) <= 1e-6).all()
    return distance, fresh, labels[order][-N:]


def blur(images):
    return ndimage.gaussian_filter(images, (0, 0.5, 0.5, 0))


def add_noise(images):
    return images + 0.3 * np.random.default_rng(1).normal(size=images.shape)


def shuffle_halves(images):
    """The upper half of one and the lower of another."""
    return np.concatenate([images[:, :4], np.roll(images, 1, axis=0)[:, 4:]], axis=1)


def repeat_few(images):
    return np.tile(images[:30], (N // 30, 1, 1, 1))


@pytest.mark.slow
@pytest.mark.parametrize("spoil", [blur, add_noise, shuffle_halves, repeat_few])
def test_faults_show(seen, spoil):
    distance, fresh, _ = seen
    assert distance(spoil(fresh)) > 2.5 * distance(fresh)


@pytest.mark.slow
def test_a_missing_kind_shows(seen):
    distance, fresh, labels = seen
    floor = distance(fresh)
    missing = [distance(np.resize(fresh[labels != label], fresh.shape)) for label in range(10)]
    assert np.median(missing) > 1.5 * floor


@pytest.mark.slow
def test_faults_show_in_few_images(seen):
    distance, fresh, _ = seen
    assert distance(blur(blur(fresh)), 60) > 2 * distance(fresh, 60)


@pytest.mark.slow
def test_worse_is_further(seen):
    distance, fresh, _ = seen
    rng = np.random.default_rng(2)
    noise = rng.normal(size=fresh.shape)
    found = [distance(fresh + by * noise) for by in (0, 0.1, 0.2, 0.4, 0.8)]
    assert found == sorted(found)


def test_the_distance_is_that_of_the_moments():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 50, 3)).astype("float32")
    moments = [f(x.T.astype(float)) for x in (one, other) for f in (lambda x: x.mean(1), np.cov)]
    assert frechet_between(one, other) == pytest.approx(frechet(*moments))


def test_changes_are_those_of_their_stream():
    images = np.random.default_rng(0).normal(size=(4, 10, 10, 1)).astype("float32")
    one, other = (features.change(images, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.shape == images.shape
    assert one.dtype == np.float32
    assert not np.array_equal(one, images)
