"""The variational autoencoder: its bound, what it hands over, and what it is told to try."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import ops
from scipy import stats

from forger.engine.course import Course
from forger.engine.model import Adversarial
from forger.methods.base import Fields
from forger.methods.findings import Training
from forger.methods.products import Drawn, Given
from forger.methods.vae import VAE, divergence_of
from forger.networks.mlp import MLP
from forger.training.assembly import build
from tests.engine.small import ON_JAX, run

RNG = np.random.default_rng(1)
FIELDS = Fields({"real": (3,)})


def vae(**options):
    return VAE(kind="vae", latent_dim=2, **options)


def made(method, rate=0.1, fields=FIELDS):
    networks = dict.fromkeys(("encoder", "generator"), MLP(family="mlp", hidden=(5,)))
    built = build(method, networks, fields, 1)
    optimizers = {"autoencoder": keras.optimizers.SGD(rate, name="autoencoder")}
    return Adversarial(method, fields, built, optimizers, Course(3, ON_JAX, 10))


def test_the_divergence_is_that_of_gaussians():
    """Beside the integral over one coordinate, and a sum over several."""
    mean, log_variance = RNG.normal(size=(2, 4, 3))
    x = np.linspace(-30, 30, 200_001)
    expected = np.zeros(4)
    for i, j in np.ndindex(4, 3):
        q = stats.norm(mean[i, j], np.exp(log_variance[i, j] / 2))
        expected[i] += np.trapezoid(q.pdf(x) * (q.logpdf(x) - stats.norm.logpdf(x)), x)
    found = ops.convert_to_numpy(divergence_of(mean, log_variance))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("stddev", [0.1, 1.0, 2.5])
def test_the_surprise_is_that_of_gaussian_noise(stddev):
    x, again = RNG.normal(size=(2, 5, 2, 3))
    expected = -stats.norm(again, stddev).logpdf(x).sum((1, 2))
    found = ops.convert_to_numpy(vae(stddev=stddev).surprise(x, again))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("beta", [0.0, 1.0, 3.0])
def test_both_descend_the_bound(beta):
    """What is logged is what it is by NumPy, given the networks and the numbers drawn."""
    model = made(vae(beta=beta, stddev=0.7), rate=0.0)
    real = RNG.normal(0.5, 0.3, (1, 1, 8192, 3)).astype("float32")
    found = {name: values[0] for name, values in run(model, {"real": real}).items()}
    q = model.networks["encoder"]({"examples": real[0, 0]})
    mean, log_variance = (np.asarray(q[name]) for name in ("latents", "log_variance"))
    draws = []
    for _ in range(20):
        z = mean + np.exp(log_variance / 2) * RNG.normal(size=mean.shape)
        again = np.asarray(model.networks["generator"]({"latents": z.astype("float32")}))
        draws.append(-stats.norm(again, 0.7).logpdf(real[0, 0]).sum(1).mean())
    surprise = np.mean(draws)
    divergence = (np.square(mean) + np.exp(log_variance) - 1 - log_variance).sum(1).mean() / 2
    assert found["reconstruction"] == pytest.approx(surprise, rel=0.05)  # other draws
    assert found["divergence"] == pytest.approx(divergence, rel=1e-4)
    total = found["reconstruction"] + beta * found["divergence"]
    assert found["loss"] == pytest.approx(total, rel=1e-4)


def test_one_step_moves_both_networks_down_the_bound():
    model = made(vae(), rate=0.01)
    real = np.repeat(RNG.normal(1, 1, (1, 1, 256, 3)), 30, axis=0).astype("float32")
    before = {role: network.get_weights() for role, network in model.networks.items()}
    losses = run(model, {"real": real})["loss"]
    assert losses[-5:].mean() < losses[:5].mean() - 0.5
    for role, own in before.items():
        assert all(
            (a != b).any() for a, b in zip(own, model.networks[role].get_weights(), strict=True)
        )


def test_it_hands_over_a_generator_with_a_density_and_an_encoder():
    method = vae(stddev=0.3)
    products = method.products(made(method).networks)
    assert {*products} == {"generator", "encoder"}
    law = products["generator"].inputs["latents"]
    assert isinstance(law, Drawn)
    assert (law.latent.law, law.latent.size) == ("normal", 2)
    assert (products["generator"].stddev, products["encoder"].stddev) == (0.3, None)
    assert products["encoder"].inputs == {"examples": Given("real")}
    found = products["encoder"].network({"examples": np.zeros((4, 3), "float32")})
    assert {name: tuple(x.shape) for name, x in found.items()} == {
        "latents": (4, 2), "log_variance": (4, 2),
    }  # fmt: skip


@pytest.mark.parametrize(("divergence", "told"), [(0.05, ["posterior collapse"]), (0.2, [])])
def test_latents_that_say_nothing_are_told(divergence, told):
    history = pd.DataFrame({"loss": [1.0] * 8, "reconstruction": 1.0, "divergence": divergence})
    found = [finding.problem for finding in vae().symptoms(Training(history))]
    assert found == told
    assert all(vae().remedies[problem] for problem in told)
