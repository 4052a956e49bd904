"""Networks of curves: convolutions along them, and recurrent ones."""

import math

import numpy as np
import pytest

from forger.config.section import parse
from forger.models.folder import load_network
from forger.models.saving import _save_network
from forger.networks.base import find_weighted
from forger.networks.families import AnyNetwork
from forger.networks.layers.strided import in_plain_keras

GENERATORS = {
    "conv1d_generator": {"filters": [16, 8]},
    "recurrent_generator": {"units": [8]},
}
DISCRIMINATORS = {
    "conv1d_discriminator": {"filters": [8, 16]},
    "recurrent_discriminator": {"units": [8]},
}
SHAPES = [(12, 1), (23, 3), (64, 2)]


def network(family, options):
    return parse(AnyNetwork, {"family": family, **options})


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("family", GENERATORS)
def test_generators_make_curves_of_any_length(family, shape, tmp_path):
    inputs = {"latents": (5,), "labels": (3,)}
    made = network(family, GENERATORS[family]).build("generator", inputs, shape, 1)
    rng = np.random.default_rng(0)
    batch = {name: rng.normal(size=(4, *size)).astype("f") for name, size in inputs.items()}
    curves = np.asarray(made(batch))
    assert curves.shape == (4, *shape)
    assert np.isfinite(curves).all()
    assert not np.allclose(curves[0], curves[1])
    _save_network(path := tmp_path / "generator.keras", plain := in_plain_keras(made))
    np.testing.assert_array_equal(load_network(path)(batch), plain(batch))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("family", DISCRIMINATORS)
def test_discriminators_judge_curves_of_any_length(family, shape, tmp_path):
    inputs = {"examples": shape}
    made = network(family, DISCRIMINATORS[family]).build("discriminator", inputs, (1,), 1)
    batch = {"examples": np.random.default_rng(0).normal(size=(4, *shape)).astype("f")}
    assert made(batch).shape == (4, 1)
    # Convolutions look at every step; what a short memory has of the first one may be nothing.
    for step in (0, shape[0] - 1) if family == "conv1d_discriminator" else (shape[0] - 1,):
        other = {"examples": batch["examples"].copy()}
        other["examples"][:, step] += 5
        assert not np.allclose(made(other), made(batch), atol=1e-6)
    _save_network(path := tmp_path / "discriminator.keras", plain := in_plain_keras(made))
    np.testing.assert_array_equal(load_network(path)(batch), plain(batch))


@pytest.mark.parametrize("family", ["conv1d_generator", "conv1d_discriminator"])
def test_the_cost_of_convolutions_is_that_of_the_network(family):
    options = {**GENERATORS, **DISCRIMINATORS}[family]
    own = network(family, options)
    generates = family in GENERATORS
    inputs = {"latents": (5,)} if generates else {"examples": (23, 3)}
    output = (23, 3) if generates else (1,)
    made = own.build("network", inputs, output, 1)
    kernels = sum(math.prod(layer.kernel.shape) for layer in find_weighted(made))
    assert own.cost(inputs, output).weights == kernels


@pytest.mark.parametrize("family", {**GENERATORS, **DISCRIMINATORS})
def test_what_is_no_curve_is_refused(family):
    own = network(family, {**GENERATORS, **DISCRIMINATORS}[family])
    if family in GENERATORS:
        assert own.misfit({"latents": (5,)}, (8, 8, 1))
        assert not own.misfit({"latents": (5,)}, (12, 1))
    else:
        assert own.misfit({"examples": (8, 8, 1)}, (1,))
        assert not own.misfit({"examples": (12, 1)}, (1,))
