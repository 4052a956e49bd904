"""The catalogue of figures, beside what their formulas and their measures say of them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forger.metrics.classes import by_class, by_features, by_label
from forger.metrics.comparison import Comparison
from forger.metrics.discriminator import decisions
from forger.metrics.encoding import reconstruction_errors
from forger.metrics.figures import (
    APART,
    FIGURES,
    NEEDS,
    excess,
    headlines,
    interval,
    lacking,
    noise,
    value,
)
from forger.metrics.laws import by_law, describe
from forger.metrics.memorisation import Memory
from forger.metrics.pairs import absolute_errors, signal_to_noise, structural_similarity
from forger.models.classifier import Seen
from forger.parameters import read
from tests.project import ROOT

INF = math.inf
# What each formula can give at all. A share of examples is from 0 to 1, as is the largest gap of
# two distribution functions, and the area under a curve of two shares.
SHARES = {
    "acc_real", "acc_fake", "auc", "c2st", "one_nn", "precision", "recall", "coverage",
    "authenticity", "ks_x", "r2_share", "amplitude_share", "ks_b", "ks_c", "high_quality",
    "rarest_class", "label_accuracy", "code_error", "class_coverage", "column_shapes",
    "pair_trends", "copies", "step_distance", "ks_length", "impossible", "ks_frequency",
    "ks_phase", "transit_share", "ks_period", "ks_middle", "ks_duration", "ks_depth",
    "ks_pulsation", "ks_maximum", "ks_amplitude", "ks_noise",
}  # fmt: skip
# Sums of squares or of absolute values, Fréchet and energy distances, divergences, counts.
SIZES = {
    "reconstruction_error", "mae", "psnr", "sliced_wasserstein", "energy_distance", "density",
    "frechet", "frechet_exact", "rmse", "reverse_kl", "modes", "class_kl", "classifier_frechet",
    "feature_frechet", "fid", "spectrum_distance", "sine_rmse", "predictive_2", "predictive_32",
}  # fmt: skip
LIKELIHOODS = {"log_likelihood", "likelihood_samples", "likelihood_test"}
RANGES = {
    **dict.fromkeys(SHARES, (0, 1)),
    **dict.fromkeys(SIZES, (0, INF)),
    **dict.fromkeys(LIKELIHOODS, (-INF, INF)),  # a density may be any
    **dict.fromkeys(("discriminative_2", "discriminative_32"), (0, 0.5)),  # accuracies from 0 to 1
    "mmd": (-INF, INF),  # unbiased estimates of a square fall on both sides of it
    "classifier_mmd": (-INF, INF),
    "memorisation": (-INF, 1),  # (s − p) / (1 − p) of a share s, where p may be near to 1
    "r2_median": (-INF, 1),  # 1 − residual / variance
    "ssim": (-1, 1),  # of which a factor is a correlation
    "classifier_score": (1, INF),  # exp KL
    "prediction": (-1, 1),  # an accuracy, or R² that is cut off
    "autocorrelation_distance": (0, 2),  # of two numbers from -1 to 1
}

# What a truth is known of; and what says something of D or of the data, and is nobody's aim.
BEST = {"reconstruction_error": 0, "mae": 0, "psnr": 100, "ssim": 1}
AIMLESS = {"acc_real", "acc_fake", "auc", "log_likelihood"}

# What metrics.json has of a recipe: the figures that tell its kind of data, on one line of a table.
ALWAYS = {"c2st", "coverage"}
OF_CURVES = ALWAYS | {"r2_share", "ks_b", "ks_c"}
OF_SINES = {
    "ks_frequency", "ks_phase", "sine_rmse", "discriminative_2", "discriminative_32",
}  # fmt: skip
OF_LIGHT = {
    "ks_period", "ks_middle", "ks_duration", "ks_depth", "ks_pulsation",
    "ks_maximum", "ks_amplitude", "ks_noise",
}  # fmt: skip
OF_CLASSES = ALWAYS | {"modes", "class_kl", "classifier_frechet"}
OF_D = {"acc_real", "acc_fake", "auc"}
SHOWN = {
    "gaussian": (OF_D, ALWAYS | {"frechet", "frechet_exact"}),
    "parabola": (OF_D, ALWAYS | {"rmse", "ks_x"}),
    "sinusoid": (OF_D, OF_CURVES),
    "sines": (OF_D, ALWAYS | OF_SINES),
    "light_curves": (OF_D, ALWAYS | OF_LIGHT),
    "ring": (OF_D, ALWAYS | {"modes", "high_quality", "reverse_kl"}),
    "digits": (OF_D, OF_CLASSES),
    "digits_conditional": (OF_D, OF_CLASSES | {"label_accuracy"}),
    "digits_info_gan": (OF_D, OF_CLASSES | {"code_error"}),
    "digits_vae": ({"reconstruction_error", "log_likelihood"}, OF_CLASSES),
    "digits_edges": (OF_D | {"mae", "psnr", "ssim"}, OF_CLASSES | {"label_accuracy"}),
}


def test_ranges_are_those_of_the_formulas():
    assert {name: (figure.low, figure.high) for name, figure in FIGURES.items()} == RANGES


def test_real_data_are_best_where_no_example_has_a_truth_of_its_own():
    assert {*APART} == {*BEST} | AIMLESS
    assert {name: FIGURES[name].best for name in APART} == BEST | dict.fromkeys(AIMLESS)
    assert all(figure.best is None for figure in FIGURES.values() if figure.has_floor)


def test_what_is_best_can_be_reached():
    for name, best in BEST.items():
        assert FIGURES[name].within([best, best]) == [best, best]


@pytest.fixture(scope="module")
def recipes():
    return read(ROOT).recipes


@pytest.mark.parametrize("recipe", SHOWN)
def test_the_headline_figures_of_a_recipe(recipe, recipes):
    offers = recipes[recipe].offers
    has = [name for name in FIGURES if not lacking(name, offers)]
    apart = {name: float(i) for i, name in enumerate(has) if name in APART}
    quality = {name: -float(i) for i, name in enumerate(has) if name not in APART}
    floor = {"floor": quality, "interval": {}, "sizes": {"draws": 3}}
    shown = headlines({**apart, "confusion": [], "quality": quality, **floor})
    of_model, of_samples = SHOWN[recipe]
    assert shown.keys() == of_model | {"quality"}
    assert shown["quality"].keys() == of_samples
    assert all(shown[name] == apart[name] for name in of_model)
    assert all(shown["quality"][name] == quality[name] for name in of_samples)


def test_what_a_figure_needs_is_told():
    assert lacking("c2st", ()) == ""
    assert lacking("psnr", {"pairs"}) == "needs images"
    assert lacking("psnr", {"images"}) == "needs a translator"
    assert lacking("code_error", ()) == f"needs labels and {NEEDS['codes']}"
    assert lacking("code_error", {"labels", "codes", "images"}) == ""


def seen(labels, classes, sureness):
    """What a classifier sees that is right, and so sure of it."""
    p = np.full((len(labels), classes), (1 - sureness) / (classes - 1))
    p[np.arange(len(labels)), labels] = sureness
    rng = np.random.default_rng(len(labels))
    return Seen(rng.normal(size=(len(labels), 3)) + p[:, :3], labels, p)


def test_what_needs_the_classifier_is_what_it_sees():
    """Beside its answers to what was asked for, and the labels that categories stand for."""
    labels = np.arange(60) % 4
    of_classes = by_class(seen(labels, 4, 0.9), labels, 4)
    through = {*of_classes, *by_features(seen(labels, 4, 0.9), seen(labels[:50], 4, 0.8))}
    told = {name for name, figure in FIGURES.items() if figure.classified}
    assert told == through | {"label_accuracy", "code_error"}
    for name in through:  # that labels are what it takes to train one
        assert not lacking(name, {"labels", "modes"})
    points = np.random.default_rng(1).normal(size=(60, 2))
    assert not told & by_label(points, labels, points, labels).keys()


MIXTURE = {"name": "mixture", "centres": [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]], "stddev": 0.1}
GAUSSIAN = {"name": "gaussian", "mean": [1.0, 2.0], "covariance": [[1.01, 1.95], [1.95, 4.25]]}
PARABOLA = {"name": "parabola", "half_width": 0.5}
CURVE = {"name": "sinusoid", "x": [-5.0, 5.0], "b": [0.5, 2.0], "c": [0.0, 3.0]}


def measured(samples, real, train):
    """Every figure of some points, `[n, 2]` each, but for those of labels and of models."""
    return {
        **Comparison(real).measure(samples[: len(real)]),
        **Memory(train).measure(samples, real),
        **by_law(describe(samples, MIXTURE), MIXTURE),
        **by_law(describe(samples, GAUSSIAN), GAUSSIAN),
        **by_law(describe(samples, PARABOLA), PARABOLA),
    }


def points(seed, n=40, at=(0.0, 0.0), spread=1.0):
    return np.random.default_rng(seed).normal(at, spread, size=(n, 2))


@given(st.integers(0, 10**6), st.sampled_from([1e-3, 0.3, 1.0, 30.0]), st.floats(-5, 5))
@settings(max_examples=5)
def test_whatever_is_measured_is_within_its_range(seed, spread, at):
    found = measured(points(seed, at=(at, 0.0), spread=spread), points(1), points(2, n=90))
    labels = np.random.default_rng(seed).integers(3, size=40)
    found |= by_class(seen(labels, 3, 0.6), np.arange(30) % 3, 3)
    found |= by_features(seen(labels, 3, 0.6), seen(labels[:30], 3, 0.9))
    found["reconstruction_error"] = reconstruction_errors(points(1), points(seed)).mean()
    for name, one in found.items():
        if name != "rarest_class":  # which in unlike numbers may be above its share
            assert FIGURES[name].within([one, one]) == pytest.approx([one, one], abs=1e-9), name


def test_the_ends_of_ranges_are_reached():
    """By the data themselves, by copies, and by samples that have nothing to do with them."""
    real, train = points(1), points(2, n=90)
    low = {
        **by_class(seen(np.zeros(40, int), 3, 0.9), np.arange(30) % 3, 3),
        **measured(points(3, at=(1e4, 1e4)), real, train),
        "auc": decisions(np.zeros(40) - 1, np.ones(40), 0.0)["auc"],
        "acc_real": decisions(np.zeros(40) - 1, np.ones(40), 0.0)["acc_real"],
    }
    for name in ("precision", "recall", "coverage", "density", "high_quality", "modes",
                 "rarest_class", "classifier_score", "auc", "acc_real"):  # fmt: skip
        assert low[name] == pytest.approx(FIGURES[name].low), name
    high = {
        **measured(np.resize(train, (200, 2)), real, train),
        "auc": decisions(np.ones(40), np.zeros(40) - 1, 0.0)["auc"],
        "ks_x": low["ks_x"],
        "c2st": low["c2st"],
    }
    for name in ("memorisation", "auc", "ks_x", "c2st"):
        assert high[name] == pytest.approx(FIGURES[name].high), name
    curves = np.sin(np.linspace(0.6, 1.9, 20)[:, None] * np.linspace(-5, 5, 64))
    best = by_law(describe(curves, CURVE), CURVE)
    for name in ("r2_median", "r2_share", "amplitude_share"):
        assert best[name] == pytest.approx(FIGURES[name].high), name
    same = measured(real, real, train)
    for name in ("precision", "recall", "coverage"):
        assert same[name] == pytest.approx(FIGURES[name].high), name
    assert same["energy_distance"] == pytest.approx(FIGURES["energy_distance"].low, abs=1e-9)
    assert same["sliced_wasserstein"] == pytest.approx(0)


def test_an_image_and_its_negative_are_as_unlike_as_can_be():
    waves = np.tile(np.sin(2 * np.pi * np.arange(14) / 7), (8, 1))[None, ..., None]
    found = structural_similarity(waves, -waves, 2.0)  # in windows whose mean is 0
    assert found == pytest.approx(FIGURES["ssim"].low, abs=0.01)
    assert structural_similarity(waves, waves, 2.0) == pytest.approx(FIGURES["ssim"].high)
    assert signal_to_noise(np.sign(waves), np.sign(waves) - 2, 2.0) == pytest.approx(
        FIGURES["psnr"].low
    )
    assert signal_to_noise(waves, waves, 2.0) == pytest.approx(BEST["psnr"])
    assert absolute_errors(waves, waves) == pytest.approx(FIGURES["mae"].low)


@pytest.mark.parametrize(
    ("name", "ends", "clipped"),
    [
        ("precision", [-0.2, 1.3], [0, 1]),
        ("precision", [0.2, 0.3], [0.2, 0.3]),
        ("rmse", [-2, 1e9], [0, 1e9]),
        ("memorisation", [-40, 1.5], [-40, 1]),
        ("ssim", [-3, 2], [-1, 1]),
        ("classifier_score", [0.5, 3], [1, 3]),
    ],
)
def test_intervals_end_where_the_figure_does(name, ends, clipped):
    assert FIGURES[name].within(ends) == clipped


FOUND = {
    "mae": 1.5,
    "psnr": 30.0,
    "auc": 0.75,
    "quality": {"frechet": 0.5, "high_quality": 0.75, "mmd": 0.25},
    "floor": {"frechet": 0.125, "high_quality": 1.0, "code_error": 0.25},
    "interval": {"frechet": [0.375, 0.75], "mae": [1.0, 2.0]},
    "floor_interval": {"frechet": [0.0, 0.5]},
}


def test_a_figure_is_found_wherever_it_stands():
    assert value(FOUND, "mae") == 1.5
    assert value(FOUND, "frechet") == 0.5
    assert value(FOUND, "c2st") is None
    assert value({}, "c2st") is None
    assert interval(FOUND, "frechet") == [0.375, 0.75]
    assert interval(FOUND, "mmd") is None
    assert interval({}, "mmd") is None


def test_the_distance_from_what_is_best():
    """Of real data or, where there is a truth, of that; on either side."""
    assert excess(FOUND, "frechet") == 0.375
    assert excess(FOUND, "high_quality") == 0.25
    assert excess(FOUND, "mae") == 1.5
    assert excess(FOUND, "psnr") == 70
    for without in ("auc", "mmd", "code_error", "c2st"):
        assert excess(FOUND, without) is None
    assert excess({"mae": 1.5, "quality": {"frechet": 0.5}}, "frechet") is None


def test_the_noise_of_a_distance_is_that_of_both_ends():
    """Half widths add as standard deviations do: 3/16 and 1/4 are 5/16 together."""
    assert noise(FOUND, "frechet") == 0.3125
    assert noise(FOUND, "mae") == 0.5
    assert noise(FOUND, "mmd") == 0
    assert noise({}, "mmd") == 0
