"""The classifier whose eyes judge samples."""

import numpy as np
from scipy import ndimage

from forger.data.codecs.columns import Category, Number
from forger.data.codecs.table import Table
from forger.models import classifier


def test_images_are_moved_by_each_of_a_few_pixels():
    """Shifts by SciPy: of 13 × 25 pixels at most 1 and 2."""
    images = np.random.default_rng(1).normal(size=(3, 13, 25, 2)).astype(np.float32)
    shifts = [(dy, dx) for dy in (-1, 0, 1) for dx in (-2, -1, 0, 1, 2)]
    possible = {
        ndimage.shift(images, (0, *by, 0), order=0, mode="nearest").tobytes() for by in shifts
    }
    rng = np.random.default_rng(2)
    found = {classifier.shift(images, rng).tobytes() for _ in range(200)}
    assert len(possible) == len(shifts)
    assert found == possible


def test_a_classifier_knows_what_has_moved(monkeypatch):
    """One of two spots, two pixels off where all of the training images have it."""
    monkeypatch.setattr(classifier, "UPDATES", 150)
    rng = np.random.default_rng(3)
    labels = np.arange(128) % 2
    images = rng.normal(0, 0.05, (128, 28, 28, 1)).astype(np.float32)
    images[labels == 0, 11:13, 8:12] += 2
    images[labels == 1, 11:13, 14:16] += 2
    network = classifier.train(images, labels, 2)
    for by in ((2, 2), (-2, 2), (2, -2), (-2, -2)):
        off = np.roll(images, by, axis=(1, 2))
        assert (classifier.see(network, off).labels == labels).all()


def test_a_classifier_of_rows_does_not_look_at_their_own_label(monkeypatch):
    """Of which it would else learn all that it is asked for."""
    monkeypatch.setattr(classifier, "UPDATES", 300)
    rng = np.random.default_rng(4)
    codec = Table(
        columns=(
            Category(name="flag", categories=("no", "yes")),
            Category(name="kind", categories=("a", "b", "c")),
            Number(name="x", modes=((0.0, 1.0),), mean=0, deviation=1, low=-9, high=9),
        ),
        labels="kind",
    )
    labels = rng.integers(0, 3, 600)
    values = np.stack([labels == 2, labels, np.where(labels == 1, 2, -2)], axis=1)
    rows = codec.encode(values + rng.normal(0, 0.1, (600, 1)) * [0, 0, 1])
    network = classifier.train(rows, labels, 3, codec)
    np.testing.assert_array_equal(classifier.see(network, rows).labels, labels)
    other = rows.copy()
    other[:, codec.label_place] = rng.integers(0, 3, 600)
    for name in ("features", "labels", "probabilities"):
        one, two = (getattr(classifier.see(network, x), name) for x in (rows, other))
        np.testing.assert_array_equal(one, two)
