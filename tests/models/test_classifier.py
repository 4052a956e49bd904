"""The classifier whose eyes judge samples."""

import numpy as np
from scipy import ndimage

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
