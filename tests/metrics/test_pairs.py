"""Figures of pairs, beside their definitions in NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from forger.metrics.figures import FIGURES
from forger.metrics.pairs import (
    MOST_DECIBELS,
    absolute_errors,
    signal_to_noise,
    structural_similarity,
)

RNG = np.random.default_rng(3)
TRUTH = RNG.uniform(0, 16, (5, 9, 8, 2))
MADE = TRUTH + RNG.normal(0, 2, TRUTH.shape)


def test_the_absolute_error():
    expected = [sum(map(abs, (one - other).flat)) / (9 * 8 * 2)
                for one, other in zip(TRUTH, MADE, strict=True)]  # fmt: skip
    np.testing.assert_allclose(absolute_errors(TRUTH, MADE), expected)


def test_the_signal_to_noise_ratio():
    """10 log₁₀ of the squared range over the mean squared error, an image at a time."""
    expected = 10 * np.log10(16**2 / np.square(TRUTH - MADE).mean((1, 2, 3)))
    np.testing.assert_allclose(signal_to_noise(TRUTH, MADE, 16.0), expected)


def test_equal_images_have_a_finite_ratio():
    found = signal_to_noise(TRUTH, np.concatenate([TRUTH[:1], MADE[1:]]), 16.0)
    assert found[0] == MOST_DECIBELS > found[1:].max()
    nearly = signal_to_noise(TRUTH, TRUTH + 1e-7, 16.0)
    assert (nearly == MOST_DECIBELS).all()


def similarity(one, other, span, side):
    """Wang et al. 2004, equation 13, with uniform windows, inside the image (scikit-image's)."""
    c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
    n = side**2
    means = [uniform_filter(x, side) for x in (one, other)]
    unbiased = n / (n - 1)
    variances = [
        unbiased * (uniform_filter(x * x, side) - m * m)
        for x, m in zip((one, other), means, strict=True)
    ]
    covariance = unbiased * (uniform_filter(one * other, side) - means[0] * means[1])
    found = (2 * means[0] * means[1] + c1) * (2 * covariance + c2)
    found /= (means[0] ** 2 + means[1] ** 2 + c1) * (variances[0] + variances[1] + c2)
    edge = (side - 1) // 2
    return found[edge : len(one) - edge, edge : one.shape[1] - edge].mean()


@pytest.mark.parametrize(("shape", "side"), [((9, 8, 2), 7), ((6, 9, 1), 5), ((3, 4, 1), 3)])
def test_the_structural_similarity(shape, side):
    truth = RNG.uniform(0, 16, (4, *shape))
    made = truth + RNG.normal(0, 2, truth.shape)
    expected = [
        np.mean([similarity(a[..., c], b[..., c], 16.0, side) for c in range(shape[-1])])
        for a, b in zip(truth, made, strict=True)
    ]
    np.testing.assert_allclose(structural_similarity(truth, made, 16.0), expected, rtol=1e-6)


@given(st.floats(0.01, 5), st.integers(0, 10**6))
def test_more_noise_is_further_from_the_truth(noise, seed):
    step = np.random.default_rng(seed).normal(size=TRUTH.shape)
    near, far = TRUTH + noise * step, TRUTH + 2 * noise * step
    assert (absolute_errors(TRUTH, near) < absolute_errors(TRUTH, far)).all()
    assert (signal_to_noise(TRUTH, near, 16.0) > signal_to_noise(TRUTH, far, 16.0)).all()
    similar = structural_similarity(TRUTH, near, 16.0), structural_similarity(TRUTH, far, 16.0)
    assert similar[0].mean() > similar[1].mean()
    np.testing.assert_allclose(structural_similarity(TRUTH, TRUTH, 16.0), 1)


def test_a_perfect_translation_is_what_is_best():
    images = np.random.default_rng(0).integers(0, 17, (3, 8, 8, 1)).astype(np.float64)
    found = {
        "mae": absolute_errors(images, images),
        "psnr": signal_to_noise(images, images, 16.0),
        "ssim": structural_similarity(images, images, 16.0),
    }
    for name, values in found.items():
        best = FIGURES[name].best
        assert values == pytest.approx(best)
        assert FIGURES[name].within([best, best]) == [best, best]
