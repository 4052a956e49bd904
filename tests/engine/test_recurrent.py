"""Recurrent networks in a GAN: looped or laid out, and with penalties on D's slope."""

import numpy as np
import pytest

from forger.engine.course import Course
from forger.engine.model import Adversarial
from forger.methods.base import Fields
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from forger.networks.recurrent import RecurrentDiscriminator, RecurrentGenerator
from forger.training.assembly import optimizer
from tests.engine.small import BATCH, ON_JAX, OPTIMIZERS, UPDATES, run, weights

STEPS, CHANNELS, LATENTS = 5, 2, 8
PENALTIES = {"r1": 0.5, "r2": 0.3}


def train(unroll, jit=ON_JAX, **options):
    """The weights of both networks before and after two updates, and what these report."""
    fields = Fields({"real": (STEPS, CHANNELS)})
    method = GAN(kind="gan", latent=Latent(dim=LATENTS), **options)
    roles = method.roles(fields)
    generator = RecurrentGenerator(
        family="recurrent_generator", units=(4,), noise=1, unroll=unroll
    ).build("generator", *roles["generator"], 1)
    discriminator = RecurrentDiscriminator(
        family="recurrent_discriminator", units=(3,), unroll=unroll
    ).build("discriminator", *roles["discriminator"], 2)
    networks = {"generator": generator, "discriminator": discriminator}
    optimizers = {player: optimizer(OPTIMIZERS[player], player, UPDATES) for player in OPTIMIZERS}
    model = Adversarial(method, fields, networks, optimizers, Course(5, jit, UPDATES, None))
    before = {role: weights(model, role) for role in networks}
    rng = np.random.default_rng(0)
    reports = run(
        model,
        {
            "real": rng.normal(size=(2, 1, BATCH, STEPS, CHANNELS)).astype("float32"),
            "latents": rng.normal(size=(2, 1, BATCH, LATENTS)).astype("float32"),
        },
    )
    return before, {role: weights(model, role) for role in networks}, reports


def check_alike(jit, **options):
    """A loop over the steps and its laid out twin are the same network: so they learn the same."""
    before, looped, reports = train(False, jit, **options)
    _, laid_out, same = train(True, jit, **options)
    for role in looped:
        for start, one, other in zip(before[role], looped[role], laid_out[role], strict=True):
            np.testing.assert_allclose(one, other, atol=2e-4)
            assert not np.array_equal(start, one)
    for name, values in reports.items():
        np.testing.assert_allclose(values, same[name], rtol=1e-3, atol=1e-4)
    return reports


def test_recurrent_networks_learn_looped_as_laid_out():
    check_alike(ON_JAX)


def test_penalties_see_through_recurrent_networks():
    reports = check_alike(ON_JAX, penalties=PENALTIES)
    assert (np.asarray(reports["penalty"]) > 0).all()


@pytest.mark.slow
@pytest.mark.skipif(ON_JAX, reason="JAX always compiles")
def test_xla_compiles_recurrent_networks_with_penalties():
    check_alike(True, penalties=PENALTIES)
