"""Figures against independent references."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

from stages.gan.metrics import by_law
from stages.gan.metrics.discriminator import decisions
from stages.gan.metrics.gaussian import frechet, gaussian
from stages.gan.metrics.intervals import of_mean, of_share
from stages.gan.metrics.parabola import parabola
from stages.gan.metrics.sinusoid import best_fit, sinusoid
from stages.gan.metrics.sliced_wasserstein import sliced_wasserstein

AXIS = np.linspace(-5, 5, 64)


def test_frechet_of_commuting_covariances():
    """For diagonal ones: Σ (m₁ − m₂)² + Σ (σ₁ − σ₂)²."""
    found = frechet([0, 1], np.diag([4.0, 9.0]), [2, 1], np.diag([1.0, 16.0]))
    assert found == pytest.approx(4 + (2 - 1) ** 2 + (3 - 4) ** 2)


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_frechet_by_eigenvalues(seed):
    """tr (C₁C₂)^½ is the sum of the roots of the eigenvalues of C₁C₂."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 3, 3))
    c1, c2 = a @ a.T + np.eye(3), b @ b.T + np.eye(3)
    m1, m2 = rng.normal(size=(2, 3))
    root = np.sqrt(np.linalg.eigvals(c1 @ c2).real).sum()
    expected = np.sum((m1 - m2) ** 2) + np.trace(c1) + np.trace(c2) - 2 * root
    assert frechet(m1, c1, m2, c2) == pytest.approx(expected, rel=1e-5)
    assert frechet(m1, c1, m1, c1) == pytest.approx(0, abs=1e-6)


def test_frechet_of_samples_shrinks_as_one_over_n():
    law = {"mean": [1, 2], "covariance": [[1.01, 1.95], [1.95, 4.25]]}
    rng = np.random.default_rng(0)
    few, many = (
        np.mean(
            [
                gaussian(rng.multivariate_normal(law["mean"], law["covariance"], n), law)["frechet"]
                for _ in range(30)
            ]
        )
        for n in (200, 2000)
    )
    assert few / many == pytest.approx(10, rel=0.5)


def test_parabola():
    rng = np.random.default_rng(1)
    x = rng.uniform(-0.5, 0.5, 5000)
    found = parabola(np.stack([x, x**2 + 0.1], 1), {"half_width": 0.5})
    assert found["rmse"] == pytest.approx(0.1)
    # The distance by its definition: the largest gap between the steps and the line.
    order, i = np.sort(x) + 0.5, np.arange(1, 5001)
    expected = max(np.max(i / 5000 - order), np.max(order - (i - 1) / 5000))
    assert found["ks_x"] == pytest.approx(expected)


@given(st.floats(0.3, 3), st.floats(0.3, 2.5), st.floats(-3, 3))
@settings(max_examples=50, deadline=None)
def test_the_fit_finds_a_sinusoid(a, b, c):
    fit = best_fit((a * np.sin(b * AXIS + c))[None], AXIS, 0.1, 4)
    assert fit.r2[0] == pytest.approx(1, abs=1e-6)
    found = fit.a[0] * np.sin(fit.b[0] * AXIS + fit.c[0])
    np.testing.assert_allclose(found, a * np.sin(b * AXIS + c), atol=1e-3 * a)


def test_the_fit_of_noisy_curves_equals_scipys():
    rng = np.random.default_rng(2)
    b, c = rng.uniform(0.5, 2, 20), rng.uniform(0, np.pi, 20)
    curves = np.sin(b[:, None] * AXIS + c[:, None]) + 0.3 * rng.normal(size=(20, 64))
    fit = best_fit(curves, AXIS, 0.1, 4)

    def model(x, a, b, c):
        return a * np.sin(b * x + c)

    for i, curve in enumerate(curves):
        found, _ = optimize.curve_fit(model, AXIS, curve, (1, b[i], c[i]))
        residual = np.sum((curve - model(AXIS, *found)) ** 2)
        assert fit.b[i] == pytest.approx(found[1], rel=1e-4)
        assert 1 - fit.r2[i] == pytest.approx(residual / np.sum((curve - curve.mean()) ** 2))


def test_sinusoid_tells_real_from_collapsed_from_noise():
    rng = np.random.default_rng(3)
    law = {"x": [AXIS[0], AXIS[-1]], "b": [0.5, 2.0], "c": [0.0, np.pi]}
    b, c = rng.uniform(0.5, 2, (2000, 1)), rng.uniform(0, np.pi, (2000, 1))
    real = sinusoid(np.sin(b * AXIS + c), law)
    assert real["r2_share"] == 1
    assert max(real["ks_b"], real["ks_c"]) < 0.05
    collapsed = sinusoid(np.sin(1.0 * AXIS + c), law)
    assert collapsed["r2_share"] == 1
    # All frequencies at 1.0, where a third of the law lies below: the gap is 2/3.
    assert collapsed["ks_b"] == pytest.approx(2 / 3, abs=0.01)
    assert sinusoid(rng.normal(size=(200, 64)), law)["r2_share"] == 0


def test_auc_is_the_share_of_pairs_in_order():
    rng = np.random.default_rng(4)
    real, fake = rng.normal(1, 1, 300), rng.normal(0, 1, 200)
    found = decisions(real, fake, 0.0)
    assert found["auc"] == pytest.approx(np.mean(real[:, None] > fake[None]))
    assert found["acc_real"] == np.mean(real > 0)
    assert found["acc_fake"] == np.mean(fake <= 0)
    says_real, says_fake = int(np.sum(real > 0)), int(np.sum(fake <= 0))
    assert found["confusion"]["counts"] == [
        [says_real, 300 - says_real],
        [200 - says_fake, says_fake],
    ]


def test_floors_are_those_published():
    """Pure noise gives a KS distance of 0.009 at 10,000: the mean of Kolmogorov's law over √n."""
    rng = np.random.default_rng(5)
    found = [
        parabola(np.stack([rng.uniform(-0.5, 0.5, 10_000)] * 2, 1), {"half_width": 0.5})["ks_x"]
        for _ in range(100)
    ]
    assert np.mean(found) == pytest.approx(stats.kstwobign.mean() / 100, rel=0.1)


def test_no_law_no_figures():
    assert by_law(np.zeros((3, 2)), {}) == {}


@pytest.mark.parametrize("dimensions", [2, 64])
def test_sliced_wasserstein_of_a_shift(dimensions):
    """A shift by v moves every projection by v·θ, whose mean size over the sphere is
    |v| Γ(d/2) / (√π Γ((d + 1)/2))."""
    rng = np.random.default_rng(6)
    real, shift = rng.normal(size=(500, dimensions)), rng.normal(size=dimensions)
    d = dimensions / 2
    expected = np.linalg.norm(shift) * special.gamma(d) / special.gamma(d + 0.5) / np.sqrt(np.pi)
    assert sliced_wasserstein(real + shift, real) == pytest.approx(expected, rel=0.15)
    assert sliced_wasserstein(real[::-1], real) == pytest.approx(0, abs=1e-12)


def test_the_interval_of_a_mean_covers_it_as_often_as_it_says():
    rng = np.random.default_rng(7)
    found = [of_mean(rng.normal(3, 2, 5).tolist()) for _ in range(2000)]
    assert np.mean([low < 3 < high for low, high in found]) == pytest.approx(0.95, abs=0.015)
    assert of_mean([0.5, 0.5]) == [0.5, 0.5]


def test_the_interval_of_a_share_is_wilsons():
    z, n, share = stats.norm.ppf(0.975), 200, 0.9
    center = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    assert of_share(180, n) == pytest.approx([center - half, center + half])
