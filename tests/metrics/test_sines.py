"""Fits of TimeGAN's sines, beside curves whose frequencies and phases are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from forger.data.sines import Sines
from forger.metrics.descent import descend
from forger.metrics.sines import fit_sines
from forger.metrics.sines import sines as of_fits

STEPS = np.arange(24)
VERSIONS = ["code", "paper"]


def measure(curves, version):
    law = {"version": version}
    return of_fits(fit_sines(curves, law), law)


def drawn(version, n=600, seed=3):
    sines = Sines(kind="sines", version=version, train=1)
    return sines.draw(n, np.random.default_rng(seed))


@given(st.floats(0.001, 0.1), st.floats(0.0, 0.1))
@settings(max_examples=20)
def test_the_fit_of_the_code_finds_frequency_and_phase(b, c):
    curves = (np.sin(b * STEPS + c)[None, :, None] + 1) / 2
    np.testing.assert_allclose(fit_sines(curves, {"version": "code"})[0, 0], [b, c, 0], atol=1e-6)


@given(st.floats(0.05, 2 * np.pi - 0.05), st.floats(-3.1, 3.1))
@settings(max_examples=20)
def test_the_fit_of_the_paper_finds_what_looks_alike(b, c):
    curves = np.sin(b * STEPS + c)[None, :, None]
    found, phase, rmse = fit_sines(curves, {"version": "paper"})[0, 0]
    assert rmse < 0.02 or abs(b - np.pi) < 0.1
    if rmse < 1e-6:
        assert 0 <= found <= np.pi
        np.testing.assert_allclose(np.sin(found * STEPS + phase), curves[0, :, 0], atol=1e-5)


@pytest.mark.parametrize("version", VERSIONS)
def test_real_sines_follow_their_laws(version):
    found = measure(drawn(version), version)
    # 1.63 / √n is exceeded by chance in 1 of 100; the mean of five is less spread out.
    assert found["ks_frequency"] < 1.63 / np.sqrt(600)
    assert found["ks_phase"] < 1.63 / np.sqrt(600)
    assert found["sine_rmse"] < 0.01


def test_hardly_any_fit_of_the_paper_ends_in_a_minimum_that_is_not_the_lowest():
    fits = fit_sines(drawn("paper", 2000), {"version": "paper"})
    assert np.mean(fits[..., 2] > 1e-3) < 5e-4


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_wrong_with_sines_is_found(version):
    real = drawn(version)
    slow = fit_sines(real, {"version": version})[..., 0]
    half = real[slow[:, 0] < np.median(slow[:, 0])]
    assert measure(half[..., :1], version)["ks_frequency"] == pytest.approx(0.5, abs=0.05)
    few = np.repeat(real[:20], 30, axis=0)
    assert measure(few, version)["ks_phase"] > 0.08
    noisy = real + np.random.default_rng(1).normal(0, 0.05, real.shape)
    expected = 0.05 * (2 if version == "code" else 1) * np.sqrt(22 / 24)
    assert measure(noisy, version)["sine_rmse"] == pytest.approx(expected, rel=0.05)
    shuffled = np.random.default_rng(1).permuted(real, axis=1)
    assert measure(shuffled, version)["sine_rmse"] > 0.1


def test_descent_is_scipys_least_squares():
    rng = np.random.default_rng(0)
    rows = np.exp(-0.3 * np.arange(10)) + rng.normal(0, 0.1, (5, 10))
    start = np.array([0.8, 0.2])

    def model(parameters):
        a, rate = parameters.T[..., None]
        falling = np.exp(-rate * np.arange(10))
        return a * falling, np.stack([falling, -a * np.arange(10) * falling], axis=-1)

    found, squares = descend(model, rows, np.tile(start, (5, 1)))
    for row, own, left in zip(rows, found, squares, strict=True):
        peer = least_squares(lambda p, row=row: p[0] * np.exp(-p[1] * np.arange(10)) - row, start)
        np.testing.assert_allclose(own, peer.x, atol=1e-5)
        assert left == pytest.approx(2 * peer.cost, rel=1e-6)
