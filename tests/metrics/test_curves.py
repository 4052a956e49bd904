"""Figures of curves, against independent formulas."""

import numpy as np
import pytest
from scipy import signal, stats

from forger.metrics.curves import autocorrelation, by_curves, spectrum

N, STEPS = 400, 16


def walks(seed, inertia=0.8):
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(N, STEPS))
    return signal.lfilter([1], [1, -inertia], noise, axis=1)


def test_autocorrelations_are_those_of_pairs():
    curves = walks(0)[..., None]
    centred = curves[..., 0] - curves.mean()
    for lag, (found,) in enumerate(autocorrelation(curves), 1):
        wanted = np.mean(centred[:, :-lag] * centred[:, lag:]) / np.mean(centred**2)
        assert found == pytest.approx(wanted, abs=1e-12)
    assert len(autocorrelation(curves)) == STEPS // 2


def test_the_spectrum_is_scipys():
    curves = walks(0)
    window = np.hanning(STEPS + 2)[1:-1]
    _, wanted = signal.periodogram(
        curves - curves.mean(), window=window, detrend=False, scaling="density", axis=1
    )
    # A one-sided density counts each frequency twice, but for the highest.
    once = np.where(np.arange(1, STEPS // 2 + 1) == STEPS // 2, 1, 2)
    np.testing.assert_allclose(
        spectrum(curves[..., None])[:, 0], wanted.mean(0)[1:] / once, rtol=1e-10
    )


def test_equal_curves_are_at_no_distance_and_others_are_told():
    real = walks(0)
    same = by_curves(real, real)
    assert same == {
        "autocorrelation_distance": 0, "spectrum_distance": 0, "step_distance": 0,
    }  # fmt: skip
    floor = by_curves(walks(1), real)
    faster = by_curves(walks(2, 0.3), real)
    assert faster["autocorrelation_distance"] > 5 * floor["autocorrelation_distance"]
    assert faster["spectrum_distance"] > 3 * floor["spectrum_distance"]
    shifted = by_curves(real + 2, real)
    assert shifted["step_distance"] > 0.3
    assert shifted["autocorrelation_distance"] == pytest.approx(0, abs=1e-12)


def test_units_change_nothing():
    one, other = walks(0), walks(1)
    found = by_curves(one, other)
    scaled = by_curves(1000 * one + 7, 1000 * other + 7)
    assert scaled == {name: pytest.approx(value, abs=1e-9) for name, value in found.items()}


def test_the_distance_at_a_step_is_scipys():
    one, other = walks(0), walks(1)
    wanted = [stats.ks_2samp(one[:, i], other[:, i]).statistic for i in range(STEPS)]
    assert by_curves(one, other)["step_distance"] == pytest.approx(np.mean(wanted))


def test_lengths_are_compared_where_curves_end_early():
    rng = np.random.default_rng(0)
    real, samples = walks(0), walks(1)
    ends = [rng.integers(5, STEPS + 1, N), rng.integers(9, STEPS + 1, N)]
    for curves, end in zip((real, samples), ends, strict=True):
        curves[np.arange(STEPS) >= end[:, None]] = np.nan
    found = by_curves(samples, real)
    assert found["ks_length"] == pytest.approx(stats.ks_2samp(*ends).statistic)


def test_figures_of_channels_are_the_mean_of_theirs():
    one, other = (np.stack([walks(k), walks(k + 1, 0.2)], axis=-1) for k in (0, 2))
    each = [by_curves(one[..., i], other[..., i]) for i in (0, 1)]
    for name, found in by_curves(one, other).items():
        assert found == pytest.approx(np.mean([figures[name] for figures in each]))


def test_twice_the_values_are_six_decibels_louder():
    real = walks(0)
    found = by_curves(2 * real, real)
    assert found["spectrum_distance"] == pytest.approx(20 * np.log10(2))
    assert found["autocorrelation_distance"] == pytest.approx(0, abs=1e-12)


def test_autocorrelations_are_of_the_pairs_that_there_are():
    """Those of values before the ends of curves, counted one by one."""
    curves = walks(0)[:50]
    ends = np.random.default_rng(0).integers(3, STEPS + 1, 50)
    curves[np.arange(STEPS) >= ends[:, None]] = np.nan
    there = [curve[:end] - np.nanmean(curves) for curve, end in zip(curves, ends, strict=True)]
    variance = np.mean(np.concatenate(there) ** 2)
    for lag, (found,) in enumerate(autocorrelation(curves[..., None]), 1):
        pairs = [a * b for curve in there for a, b in zip(curve, curve[lag:], strict=False)]
        assert found == pytest.approx(np.mean(pairs) / variance)


def test_samples_that_never_change_are_told():
    real = walks(0)
    found = by_curves(np.full_like(real, real.mean()), real)
    wanted = np.abs(autocorrelation(real[..., None])).mean()
    assert found["autocorrelation_distance"] == pytest.approx(wanted)
    power = spectrum(real[..., None])
    quietest = 10 * np.log10(power / power.max()) + 60  # dB above the least that counts
    assert found["spectrum_distance"] == pytest.approx(np.sqrt(np.mean(quietest**2)))
    assert found["step_distance"] > 0.4


def test_steps_that_few_curves_reach_are_not_compared():
    one, other = walks(0), walks(1)
    for curves in (one, other):
        curves[20:, 10:] = np.nan
        curves[19:, 11:] = np.nan
    wanted = [stats.ks_2samp(one[:, i], other[:, i]).statistic for i in range(10)]
    wanted.append(stats.ks_2samp(one[:20, 10], other[:20, 10]).statistic)
    assert by_curves(one, other)["step_distance"] == pytest.approx(np.mean(wanted))
    assert by_curves(one[:19], other)["step_distance"] == 1
