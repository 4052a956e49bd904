"""Figures against independent references."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg, optimize, special, stats
from scipy.spatial.distance import cdist

from forger.core.seeds import stream
from forger.metrics import mmd as kernels
from forger.metrics.classes import by_class, by_features, by_label, proportions
from forger.metrics.comparison import Comparison
from forger.metrics.discriminator import decisions
from forger.metrics.gaussian import frechet, gaussian
from forger.metrics.intervals import of_auc, of_mean, of_share
from forger.metrics.laws import by_law, describe
from forger.metrics.memorisation import Memory
from forger.metrics.mixture import mixture
from forger.metrics.mmd import bandwidth, cubic, mmd
from forger.metrics.neighbours import DENSITY_K, MANIFOLD_K, coverage, neighbours
from forger.metrics.parabola import parabola
from forger.metrics.sinusoid import best_fit, fit_sinusoids
from forger.metrics.sinusoid import sinusoid as of_fits
from forger.metrics.sliced_wasserstein import sliced_wasserstein
from forger.metrics.two_sample import c2st
from forger.models.classifier import Seen

AXIS = np.linspace(-5, 5, 64)


def sinusoid(curves, law):
    return of_fits(fit_sinusoids(curves, law), law)


def test_frechet_of_commuting_covariances():
    """For diagonal ones: Σ (m₁ − m₂)² + Σ (σ₁ − σ₂)²."""
    found = frechet([0, 1], np.diag([4.0, 9.0]), [2, 1], np.diag([1.0, 16.0]))
    assert found == pytest.approx(4 + (2 - 1) ** 2 + (3 - 4) ** 2)


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_frechet_by_a_matrix_root(seed):
    """tr (C₁C₂)^½, by SciPy's root of a matrix."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 3, 3))
    c1, c2 = a @ a.T + np.eye(3), b @ b.T + np.eye(3)
    m1, m2 = rng.normal(size=(2, 3))
    root = np.trace(linalg.sqrtm(c1 @ c2)).real
    expected = np.sum((m1 - m2) ** 2) + np.trace(c1) + np.trace(c2) - 2 * root
    assert frechet(m1, c1, m2, c2) == pytest.approx(expected, rel=1e-5)
    assert frechet(m1, c1, m1, c1) == pytest.approx(0, abs=1e-6)


def test_frechet_of_flat_covariances():
    """A product of rank 1 has one root, |a · b|; round-off must give no NaN, nor a distance < 0."""
    rng = np.random.default_rng(15)
    for a, b in rng.normal(size=(100, 2, 3)):
        c1, c2 = np.outer(a, a), np.outer(b, b)
        expected = a @ a + b @ b - 2 * abs(a @ b)
        assert frechet(a, c1, a, c2) == pytest.approx(expected, abs=1e-6)
        assert 0 <= frechet(a, c1, a, c1) < 1e-6


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


@pytest.mark.parametrize(("points", "low", "high"), [(64, 5, 19), (8, 0.5, 1.6)])
def test_frequencies_up_to_where_aliases_begin(points, low, high):
    """Drawn from the law, whose distance from itself is that of so many draws."""
    rng, x = np.random.default_rng(25), np.linspace(-5, 5, points)
    b, c = rng.uniform(low, high, 5000), rng.uniform(0, np.pi, 5000)
    law = {"x": [-5, 5], "b": [low, high], "c": [0, np.pi]}
    found = sinusoid(np.sin(b[:, None] * x + c[:, None]), law)
    assert found["r2_share"] == 1
    assert found["ks_b"] < 0.025
    assert found["ks_c"] < 0.025


def test_the_fit_on_an_axis_that_zero_does_not_halve():
    """There sines and cosines are not orthogonal: NumPy's least squares, given the frequency."""
    rng, x = np.random.default_rng(23), np.linspace(0, 7, 50)
    a, b, c = rng.uniform((0.5, 0.8, -3), (2, 3, 3), (20, 3)).T[:, :, None]
    curves = a * np.sin(b * x + c)
    np.testing.assert_allclose(best_fit(curves, x, 0.2, 5).b, b[:, 0], rtol=1e-6)
    curves += 0.3 * rng.normal(size=curves.shape)
    fit = best_fit(curves, x, 0.2, 5)
    for i, curve in enumerate(curves):
        waves = np.stack([np.sin(fit.b[i] * x), np.cos(fit.b[i] * x)], 1)
        found, residual, *_ = np.linalg.lstsq(waves, curve)
        of_sine, of_cosine = fit.a[i] * np.cos(fit.c[i]), fit.a[i] * np.sin(fit.c[i])
        assert (of_sine, of_cosine) == pytest.approx(found, rel=1e-6)
        assert 1 - fit.r2[i] == pytest.approx(residual[0] / np.sum((curve - curve.mean()) ** 2))


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


def test_at_the_threshold_d_says_fake():
    found = decisions(np.array([0.5, 0.6]), np.array([0.5, 0.7, 0.8]), 0.5)
    assert (found["acc_real"], found["acc_fake"]) == (1 / 2, 1 / 3)
    assert found["confusion"] == {"kinds": ["real", "fake"], "counts": [[1, 1], [2, 1]]}


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
    law = {"name": "mixture", "centres": [[0, 0], [1, 0]], "stddev": 0.1}
    samples = np.array([[0, 0], [0.9, 0]], np.float32)
    assert by_law(describe(samples, law), law) == mixture(samples, law)


def test_sliced_wasserstein_is_as_it_was():
    """Always along the same directions, or figures of last year are not to be compared."""
    grid = np.stack(np.meshgrid(np.arange(5.0), np.arange(4.0)), -1).reshape(-1, 2)
    assert sliced_wasserstein(grid, grid[:10] * [2, 3]) == pytest.approx(
        1.4028025348491582, rel=1e-9
    )


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


@pytest.mark.parametrize("sizes", [(300, 300), (300, 170), (40, 300)])
def test_sliced_wasserstein_is_the_mean_of_scipys_along_the_directions(sizes):
    rng = np.random.default_rng(8)
    samples, real = (rng.normal(i, 1 + i, size=(n, 3)).round(1) for i, n in enumerate(sizes))
    directions = stream(0, "sliced_wasserstein").normal(size=(3, 128))
    directions /= np.linalg.norm(directions, axis=0)
    pairs = zip((samples @ directions).T, (real @ directions).T, strict=True)
    expected = np.mean([stats.wasserstein_distance(u, v) for u, v in pairs])
    assert sliced_wasserstein(samples, real) == pytest.approx(expected, rel=1e-12)


def test_the_interval_of_a_mean_covers_it_as_often_as_it_says():
    rng = np.random.default_rng(7)
    found = [of_mean(rng.normal(3, 2, 5).tolist()) for _ in range(2000)]
    assert np.mean([low < 3 < high for low, high in found]) == pytest.approx(0.95, abs=0.015)
    half = stats.t.ppf(0.975, 1) * 0.5  # of 0 and 1, whose mean's standard error is ½
    assert of_mean([0.0, 1.0]) == pytest.approx([0.5 - half, 0.5 + half])
    with warnings.catch_warnings(action="error"):
        assert of_mean([0.5, 0.5]) == [0.5, 0.5]


@pytest.mark.parametrize(("size", "taken"), [(200, 50), (200, 100), (90, 60)])
def test_the_interval_covers_the_law_where_draws_share_their_examples(size, taken):
    """Means of `taken` of the same `size` examples: how far the mean of five is from the law's."""
    rng, held = np.random.default_rng(29), 0
    for _ in range(1500):
        examples = rng.normal(size=size)
        draws = [rng.choice(examples, taken, replace=False).mean() for _ in range(5)]
        low, high = of_mean(draws, [taken / size])
        held += low < 0 < high
    assert held / 1500 == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(("sizes", "taken"), [((90, 10_000), 45), ((90, 70), 45)])
def test_the_interval_covers_what_depends_on_two_kinds_of_examples(sizes, taken):
    rng, held = np.random.default_rng(31), 0
    for _ in range(1500):
        kinds = [rng.normal(size=size) for size in sizes]
        draws = [
            np.subtract(*(rng.choice(kind, taken, replace=False).mean() for kind in kinds))
            for _ in range(5)
        ]
        low, high = of_mean(draws, [taken / size for size in sizes])
        held += low < 0 < high
    assert held / 1500 == pytest.approx(0.95, abs=0.02)


def test_the_interval_of_auc_covers_the_area_over_examples_and_fakes():
    rng, area = np.random.default_rng(30), stats.norm.cdf(1 / 2**0.5)
    found = [of_auc(rng.normal(1, 1, 60), rng.normal(size=500)) for _ in range(1000)]
    assert np.mean([low < area < high for low, high in found]) == pytest.approx(0.95, abs=0.02)
    assert of_auc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == [1, 1]


def test_the_interval_of_a_share_is_wilsons():
    z, n, share = stats.norm.ppf(0.975), 200, 0.9
    center = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    assert of_share(180, n) == pytest.approx([center - half, center + half])


def test_amplitudes_within_five_per_cent():
    law = {"x": [AXIS[0], AXIS[-1]], "b": [0.5, 2.0], "c": [0.0, np.pi]}
    amplitudes = np.array([0.94, 0.96, 1.0, 1.04, 1.06])[:, None]
    assert sinusoid(amplitudes * np.sin(1.3 * AXIS + 1), law)["amplitude_share"] == 0.6


def test_a_flat_curve_is_no_sinusoid():
    """And how good a fit is does not depend on the amplitude."""
    noisy = np.sin(AXIS) + np.random.default_rng(25).normal(size=AXIS.size)
    with np.errstate(all="raise"):
        flat, small, large = best_fit(np.stack([0 * AXIS, 0.01 * noisy, noisy]), AXIS, 0.1, 4).r2
    assert flat == 0
    assert small == pytest.approx(large)
    assert 0.1 < small < 0.9


def test_frequencies_beside_the_laws_are_found():
    """From a fifth of the lowest to twice the highest."""
    law = {"x": [AXIS[0], AXIS[-1]], "b": [0.5, 2.0], "c": [0.0, np.pi]}
    curves = np.sin(np.array([[0.1], [4.0]]) * AXIS + 1)
    assert sinusoid(curves, law)["r2_share"] == 1
    beyond = sinusoid(np.sin(4.6 * AXIS + 1)[None], law)
    assert beyond["r2_median"] < 0.5


def test_a_mixtures_modes_by_hand():
    law = {"centres": [[0, 0], [1, 0], [0, 1], [1, 1]], "stddev": 0.01}
    samples = np.array([[0.0, 0.029], [0, 0.031], [1, 0.0], [0.4, 0.0]])
    found = mixture(samples, law)
    assert found["modes"] == 2
    assert found["high_quality"] == 0.5
    # Nearest: 3 to the first, 1 to the second, of four equally likely.
    assert found["reverse_kl"] == pytest.approx(0.75 * np.log(3) + 0.25 * np.log(1))


def test_three_standard_deviations_are_near_enough():
    law = {"centres": [[0, 0], [8, 0]], "stddev": 0.25}
    assert mixture(np.array([[0.75, 0]]), law)["high_quality"] == 1


def test_real_mixtures_reach_what_is_published():
    """Of a round Gaussian, 1 − exp(−9/2) lies within three standard deviations: 98.9 %."""
    rng = np.random.default_rng(8)
    law = {"centres": [[0, 0], [1, 0]], "stddev": 0.01}
    samples = rng.integers(0, 2, (20_000, 1)) * [1, 0] + 0.01 * rng.normal(size=(20_000, 2))
    assert mixture(samples, law)["high_quality"] == pytest.approx(1 - np.exp(-4.5), abs=0.003)


def assert_by_balls(found, among_fake, among_real, between):
    """Balls to the third neighbour for precision and recall, to the fifth for the others."""
    assert (MANIFOLD_K, DENSITY_K) == (3, 5)
    fake, real = np.sort(among_fake)[:, 3], np.sort(among_real)[:, 3]
    assert found["precision"] == np.mean([(row <= real).any() for row in between])
    assert found["recall"] == np.mean([(row <= fake).any() for row in between.T])
    wider = np.sort(among_real)[:, 5]
    assert found["density"] == pytest.approx(np.sum(between <= wider) / (5 * len(between)))
    assert found["coverage"] == np.mean(between.min(0) <= wider)


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(8, 30))
@settings(max_examples=25, deadline=None)
def test_neighbours_by_brute_force(seed, d, n):
    rng = np.random.default_rng(seed)
    fake, real = rng.normal(size=(n, d)), rng.normal(0.5, 1, size=(n, d))
    found = neighbours(fake, real)
    among_fake, among_real, between = cdist(fake, fake), cdist(real, real), cdist(fake, real)
    energy = 2 * between.mean() - among_fake.mean() - among_real.mean()
    assert found["energy_distance"] == pytest.approx(energy, abs=1e-7)
    assert_by_balls(found, among_fake, among_real, between)
    assert coverage(fake, real) == found["coverage"]
    right = 0
    everyone, kinds = np.concatenate([fake, real]), np.repeat([0, 1], n)
    distances = cdist(everyone, everyone)
    np.fill_diagonal(distances, np.inf)
    right = np.mean(kinds[distances.argmin(1)] == kinds)
    assert found["one_nn"] == pytest.approx(right)


def test_neighbours_at_equal_distances():
    """On a grid many distances are the same: a ball, to the fifth neighbour, has its
    edge, and a tie is no nearest one."""
    rng = np.random.default_rng(16)
    fake, real = rng.integers(0, 4, size=(2, 40, 3)).astype(float)
    found = neighbours(fake, real)
    among_fake, among_real, between = cdist(fake, fake), cdist(real, real), cdist(fake, real)
    assert_by_balls(found, among_fake, among_real, between)
    nearer = [
        *(np.sort(among_fake)[:, 1] < between.min(1)),
        *(np.sort(among_real)[:, 1] < between.min(0)),
    ]
    assert found["one_nn"] == np.mean(nearer)
    assert 0.2 < found["one_nn"] < 0.8


def test_no_energy_distance_below_zero():
    rng = np.random.default_rng(18)
    for real in rng.normal(size=(30, 20, 2)):
        assert 0 <= neighbours(real[::-1], real)["energy_distance"] < 1e-8


def test_energy_distance_is_scipys_squared():
    rng = np.random.default_rng(9)
    fake, real = rng.normal(size=400), rng.normal(0.3, 1.2, size=400)
    found = neighbours(fake[:, None], real[:, None])["energy_distance"]
    assert found == pytest.approx(stats.energy_distance(fake, real) ** 2)


def typical(rows):
    """The median distance of a row to its nearest other."""
    distances = cdist(rows, rows)
    np.fill_diagonal(distances, np.inf)
    return np.median(distances.min(1))


@pytest.mark.parametrize("dimensions", [2, 64])
def test_copies_of_training_data_are_told_whatever_they_are_copies_of(dimensions):
    rng = np.random.default_rng(10)
    train, fresh = rng.normal(size=(1500, dimensions)), rng.normal(size=(1000, dimensions))
    held_out, memory = rng.normal(size=(400, dimensions)), Memory(train)
    picked = train[rng.integers(len(train), size=1000)]
    step = rng.normal(size=picked.shape)
    step *= 0.1 * typical(train) / np.linalg.norm(step, axis=1, keepdims=True)
    for copies in (picked, train[rng.integers(150, size=1000)], picked + step):
        assert memory.measure(copies, held_out)["memorisation"] > 0.9
        assert memory.measure(copies, held_out)["authenticity"] < 0.05
    found = memory.measure(fresh, held_out)
    assert found["memorisation"] == pytest.approx(0, abs=0.25)
    assert found["authenticity"] > 0.3
    third = memory.measure(np.concatenate([fresh[:600], picked[:300]]), held_out)
    assert third["memorisation"] == pytest.approx(1 / 3, abs=0.15)


def test_memorisation_by_brute_force():
    """Ties count as they would for a generator that knows the law only."""
    rng = np.random.default_rng(26)
    for _ in range(20):
        train, held_out = rng.integers(0, 3, (12, 3)), rng.integers(0, 3, (7, 3))
        samples = rng.integers(0, 3, (9, 3)) * 1.0
        found = Memory(train * 1.0).measure(samples, held_out * 1.0)
        near, away = cdist(samples, train), cdist(samples, held_out).min(1)
        p = 12 / 19
        share = np.mean(np.where(near.min(1) == away, p, near.min(1) < away))
        assert found["memorisation"] == pytest.approx((share - p) / (1 - p))
        own = cdist(train, train)
        np.fill_diagonal(own, np.inf)
        real = np.min(np.where(near == near.min(1, keepdims=True), own.min(1), np.inf), 1)
        most = np.max(np.where(near == near.min(1, keepdims=True), own.min(1), -np.inf), 1)
        low, high = np.mean(near.min(1) > most), np.mean(near.min(1) > real)
        assert low <= found["authenticity"] <= high  # of several nearest ones any may be taken


@pytest.mark.parametrize("n", [300, 30])
def test_memorisation_is_zero_on_average_for_fresh_data(n):
    rng = np.random.default_rng(27)
    found = [
        Memory(rng.normal(size=(600, 3))).measure(*rng.normal(size=(2, n, 3)))["memorisation"]
        for _ in range(60)
    ]
    assert abs(np.mean(found)) < 4 * np.std(found) / 60**0.5


def test_a_classifier_tells_what_differs_and_nothing_else():
    rng = np.random.default_rng(11)
    real, same = rng.normal(size=(2, 600, 3))
    assert c2st(same, real) == pytest.approx(0.5, abs=0.06)
    assert c2st(same + 5, real) == 1
    shift = 1.0
    best = stats.norm.cdf(shift * 3**0.5 / 2)  # Bayes' rule for a shift by (1, 1, 1)
    assert c2st(same + shift, real) == pytest.approx(best, abs=0.05)


def test_c2st_is_as_it_was():
    """The same trees and folds for the same examples, and none drawn anew."""
    real, samples = np.random.default_rng(24).normal(size=(2, 300, 2))
    assert c2st(samples + 1, real) == pytest.approx(0.76)


def kernel_of(examples):
    """The Gaussian kernel of their own width, as a function of examples."""
    sigma = bandwidth(cdist(examples, examples))
    return lambda x, y: kernels.gaussian(cdist(x, y), sigma)


def test_a_comparison_is_of_all_its_figures():
    rng = np.random.default_rng(12)
    real, samples = rng.normal(size=(2, 41, 2, 2))
    flat, fake = real.reshape(-1, 4), samples.reshape(-1, 4)
    assert Comparison(real).measure(samples) == pytest.approx(
        {
            "sliced_wasserstein": sliced_wasserstein(fake, flat),
            **neighbours(fake, flat),
            "mmd": mmd(fake, flat, kernel_of(flat)),
            "c2st": c2st(fake, flat),
        }
    )


def test_coverage_within_a_class_tells_a_deaf_generator():
    rng = np.random.default_rng(28)
    labels, asked = rng.integers(3, size=(2, 300))
    real, samples = (3 * kinds[:, None] + rng.normal(size=(300, 2)) for kinds in (labels, asked))
    assert by_label(samples, asked, real, labels)["class_coverage"] > 0.9
    deaf = by_label(samples, (asked + 1) % 3, real, labels)["class_coverage"]
    assert deaf < 0.3
    assert neighbours(samples, real)["coverage"] > 0.9  # which does not see it
    few = by_label(samples[:20], asked[:20], real[:20], labels[:20])
    assert few == {}  # too few of every class


def seen(labels, features, classes=3):
    return Seen(features, labels, np.eye(classes)[labels % classes])


LABELS = np.array([0, 0, 1, 2])


def test_classes_by_hand():
    rng = np.random.default_rng(13)
    fake = seen(np.repeat([0, 1], 50), rng.normal(size=(100, 5)))
    found = by_class(fake, LABELS, 3)
    assert found["modes"] == 2
    assert found["rarest_class"] == 0
    of_all = by_class(seen(np.repeat([0, 1, 2], (60, 30, 10)), np.zeros((100, 5))), LABELS, 3)
    assert of_all["rarest_class"] == pytest.approx(0.1 / 0.25)
    assert found["class_kl"] == pytest.approx(0.5 * np.log(1) + 0.5 * np.log(2))
    assert found["classifier_score"] == pytest.approx(2)
    assert by_features(fake, fake)["classifier_frechet"] == pytest.approx(0, abs=1e-6)


def test_classes_distances_of_features():
    """The Fréchet distance by SciPy's root of a matrix."""
    rng = np.random.default_rng(20)
    fake, real = rng.normal(size=(60, 3)), rng.normal(0.5, 2, size=(60, 3))
    labels = np.zeros(60, int)
    found = by_features(seen(labels, fake), seen(labels, real))
    c1, c2 = np.cov(fake.T), np.cov(real.T)
    expected = np.sum((fake.mean(0) - real.mean(0)) ** 2) + np.trace(c1 + c2)
    expected -= 2 * np.trace(linalg.sqrtm(c1 @ c2)).real
    assert found["classifier_frechet"] == pytest.approx(expected, rel=1e-5)
    assert found["classifier_mmd"] == pytest.approx(mmd(fake, real, cubic))


def test_proportions_of_classes_by_hand():
    """Pearson's statistic of a 2 × 2 table, whose law has one degree of freedom."""
    found = proportions(np.repeat([0, 1], [60, 40]), np.repeat([0, 1], [30, 70]), ["even", "odd"])
    # By Yates, each of the four is half of one nearer to the 45 or 55 that are expected.
    statistic = 2 * 14.5**2 / 45 + 2 * 14.5**2 / 55
    assert found.pop("p_value") == pytest.approx(stats.chi2.sf(statistic, 1))
    assert found.pop("others_p_value") == 1  # one is all there is
    assert found == {"class": "even", "train": 0.6, "held_out": 0.3}


def test_the_other_classes_are_tested_by_themselves():
    names = ["a", "b", "c"]
    same = proportions(np.repeat(range(3), (900, 50, 50)), np.repeat(range(3), (20, 50, 50)), names)
    assert (same["class"], same["others_p_value"]) == ("a", 1)
    train = np.repeat(range(3), (900, 60, 40))
    other = proportions(train, np.repeat(range(3), (20, 30, 70)), names)
    two = proportions(train[900:] - 1, np.repeat([0, 1], [30, 70]), names[1:])
    assert other["others_p_value"] == two["p_value"]
    alone = proportions(np.arange(3), np.zeros(5, int), names)  # held-out data have only this one
    assert alone["others_p_value"] == 1


def test_half_of_a_class_that_training_data_lack_is_seen_and_chance_is_not():
    rng = np.random.default_rng(0)
    names = [str(digit) for digit in range(10)]
    even, lacking = np.full(10, 0.1), np.where(np.arange(10) == 7, 0.05, 0.1) / 0.95
    held_out = rng.choice(10, 5000, p=even)
    told = proportions(rng.choice(10, 5000, p=lacking), held_out, names)
    assert (told["p_value"] < 1e-9, told["class"]) == (True, "7")
    parts = [rng.choice(10, (2, 5000), p=even) for _ in range(400)]
    chance = [proportions(*both, names) for both in parts]
    assert np.mean([each["p_value"] < 0.05 for each in chance]) == pytest.approx(0.05, abs=0.03)


def test_a_score_of_unsure_classes():
    """exp of the mean divergence of (0.9, 0.1) from their mean, (0.5, 0.5), by hand."""
    p = np.array([[0.9, 0.1], [0.1, 0.9]])
    labels = np.array([0, 1])
    fake = Seen(np.eye(2), labels, p)
    found = by_class(fake, labels, 2)["classifier_score"]
    assert found == pytest.approx(np.exp(0.9 * np.log(1.8) + 0.1 * np.log(0.2)))


def test_the_kernels_width_is_the_median_distance():
    rng = np.random.default_rng(22)
    x, y = rng.normal(size=(2, 6, 3))
    sigma = np.median([np.linalg.norm(a - b) for i, a in enumerate(x) for b in x[:i]])
    expected = np.exp(-(cdist(x, y) ** 2) / (2 * sigma**2))
    np.testing.assert_allclose(kernel_of(x)(x, y), expected, rtol=1e-9)


def test_the_kernel_of_copies():
    """Of the ten pairs of 0, 0, 0, 0 and 1, six are at distance 0 and four at 1; mean 0.4."""
    kernel = kernel_of(np.array([[0.0], [0.0], [0.0], [0.0], [1.0]]))
    assert kernel(np.zeros((1, 1)), np.ones((1, 1)))[0, 0] == pytest.approx(np.exp(-1 / 0.32))
    assert (kernel_of(np.zeros((3, 2)))(np.zeros((3, 2)), np.zeros((2, 2))) == 1).all()


def test_mmd_by_double_sums():
    rng = np.random.default_rng(14)
    x, y = rng.normal(size=(12, 4)), rng.normal(0.5, 1, size=(9, 4))

    def k(a, b):
        return (a @ b / 4 + 1) ** 3

    within = [
        np.mean([k(a, b) for i, a in enumerate(s) for j, b in enumerate(s) if i != j])
        for s in (x, y)
    ]
    expected = sum(within) - 2 * np.mean([k(a, b) for a in x for b in y])
    assert mmd(x, y, cubic) == pytest.approx(expected)


def test_mmd_of_two_gaussians():
    """Of the laws N(m, I) and N(0, I) in d dimensions under a kernel of bandwidth σ it is
    2 (σ² / (σ² + 2))^(d/2) (1 − exp(−|m|² / 2(σ² + 2)))."""
    rng, shift = np.random.default_rng(0), np.array([1.0, 0.5, 0.0])
    x, y = rng.normal(size=(10, 2000, 3)) + shift, rng.normal(size=(10, 2000, 3))
    kernel = kernel_of(y[0])
    variance = np.median(cdist(y[0], y[0])[np.triu_indices(2000, 1)]) ** 2
    overlap = (variance / (variance + 2)) ** 1.5
    expected = 2 * overlap * (1 - np.exp(-(shift @ shift) / (2 * (variance + 2))))
    found = [mmd(*pair, kernel) for pair in zip(x, y, strict=True)]
    assert np.mean(found) == pytest.approx(expected, rel=0.05)
    assert abs(mmd(y[0], y[1], kernel)) < 0.05 * expected
