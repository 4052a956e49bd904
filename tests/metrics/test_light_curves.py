"""Fits of light curves, and what they say of generators whose faults are known."""

import json

import numpy as np
import pytest

from forger.data.laws_of_curves import Stars, show_transits
from forger.data.light_curves import LightCurves
from forger.metrics import light_curves as module
from forger.metrics.light_curves import PULSATION, TRANSIT, fit_light_curves
from forger.metrics.light_curves import light_curves as of_fits

STARS = LightCurves(kind="light_curves", train=1)
LAW = {
    "name": "light_curves",
    "parameters": STARS.model_dump(mode="json", include={*Stars.model_fields}),
}
TIMES = 0.1 * np.arange(128)
N = 500
# Two samples of so many exceed this by chance in 1 of 1000; a parameter is of half of them.
CHANCE = 1.95 * np.sqrt(4 / N)


@pytest.fixture(scope="module", autouse=True)
def _few_real():
    patch = pytest.MonkeyPatch()
    patch.setattr(module, "REFERENCE", N)
    module._fit_real.cache_clear()
    yield
    module._fit_real.cache_clear()
    patch.undo()


def draw(n=N, seed=5, **changes):
    return STARS.model_copy(update=changes).draw(n, np.random.default_rng(seed))


def measure(curves):
    return of_fits(fit_light_curves(curves, LAW), LAW)


@pytest.fixture(scope="module")
def real():
    return measure(draw())


def test_fits_find_what_curves_are_made_of():
    rng = np.random.default_rng(1)
    period, share, duration, depth = (
        rng.uniform(low, high, 40) for low, high in ((3, 6), (0, 1), (0.7, 1.2), (0.5, 1.5))
    )
    curves = show_transits(TIMES, period, share * period, duration, depth)
    found = fit_light_curves(curves + rng.normal(0, 0.02, curves.shape), LAW)
    assert (found[:, 0] == 1).all()
    assert np.median(np.abs(found[:, 1] - period)) < 0.01
    assert np.median(np.abs(found[:, 3] - duration)) < 0.02
    assert np.median(np.abs(found[:, 4] - depth)) < 0.02
    apart = np.abs(found[:, 2] - share)
    assert np.median(np.minimum(apart, 1 - apart)) < 0.01
    assert np.median(found[:, 8]) == pytest.approx(0.02, rel=0.1)


def test_fits_find_pulsations():
    rng = np.random.default_rng(2)
    period, share, amplitude = (
        rng.uniform(low, high, (40, 1)) for low, high in ((1, 4), (0.1, 0.9), (0.3, 1))
    )
    curves = amplitude * np.cos(2 * np.pi * (TIMES - share * period) / period)
    found = fit_light_curves(curves + rng.normal(0, 0.02, curves.shape), LAW)
    assert (found[:, 0] == 0).all()
    np.testing.assert_allclose(found[:, 5], period[:, 0], atol=0.05)
    np.testing.assert_allclose(found[:, 6], share[:, 0], atol=0.05)
    np.testing.assert_allclose(found[:, 7], amplitude[:, 0], atol=0.02)


def test_a_transit_is_a_trapezoid_that_repeats():
    light = show_transits(TIMES, *np.array([[4.0], [1.0], [1.0], [0.8]]))[0]
    assert light[[10, 50, 90]] == pytest.approx(-0.8)  # the middles
    assert light[[5, 15, 45]] == pytest.approx(0, abs=1e-9)  # the ends
    assert light[6] == pytest.approx(-0.4)  # half of the way in
    assert (light[[0, 20, 30, 40]] == 0).all()


def test_fresh_real_curves_are_at_chance(real):
    assert real["transit_share"] == pytest.approx(0.5, abs=0.08)
    assert all(real[name] < CHANCE for name in (*TRANSIT, *PULSATION, "ks_noise"))


def test_a_table_of_few_curves_is_found():
    found = measure(np.repeat(draw(20), N // 20, axis=0))
    assert max(found[name] for name in (*TRANSIT, *PULSATION)) > 1.5 * CHANCE


def test_a_missing_mode_is_found():
    found = measure(draw(transits=0.0))
    assert found["transit_share"] < 0.02
    assert found["ks_depth"] == 1
    assert found["ks_amplitude"] < CHANCE


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"noise": (0.05, 0.15)}, "ks_noise"),
        ({"depth": (0.5, 1.0)}, "ks_depth"),
        ({"duration": (0.6, 0.9)}, "ks_duration"),
        ({"period": (3.0, 4.5)}, "ks_period"),
        ({"pulsation": (1.0, 2.5)}, "ks_pulsation"),
        ({"amplitude": (0.3, 0.6)}, "ks_amplitude"),
    ],
)
def test_a_parameter_of_half_its_range_is_found_by_its_figure(changes, name):
    found = measure(draw(**changes))
    assert found[name] == pytest.approx(0.5, abs=0.12)


def test_the_law_survives_data_json():
    law = json.loads(json.dumps(LAW))
    curves = draw(10)
    np.testing.assert_array_equal(fit_light_curves(curves, law), fit_light_curves(curves, LAW))
