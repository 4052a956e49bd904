"""Image translation: what D and G descend, what it hands over, and what it is told to try."""

import re

import keras
import numpy as np
import pytest
from scipy.special import log_expit

from forger.engine.course import Course
from forger.engine.model import Adversarial
from forger.methods.base import Fields
from forger.methods.kinds import METHODS
from forger.methods.latent import Latent
from forger.methods.pix2pix import Pix2Pix
from forger.methods.products import Drawn, Given
from forger.networks.mlp import MLP
from forger.networks.patches import PatchDiscriminator
from forger.networks.unet import UNet
from forger.training.assembly import build
from tests.engine.small import ON_JAX, distance, run

FIELDS = Fields({"real": (4, 4, 2), "source": (4, 4, 1)})
NETWORKS = {
    "generator": UNet(family="unet", filters=(3, 4), dropout=0.0, normalization="none", stddev=0.3),
    "discriminator": PatchDiscriminator(
        family="patch_discriminator", filters=(3, 4), normalization="none", stddev=0.3
    ),
}


def pix2pix(**options):
    return Pix2Pix(kind="pix2pix", **options)


def made(method, d_rate=0.0, g_rate=0.0, networks=NETWORKS):
    built = build(method, networks, FIELDS, 1)
    optimizers = {
        name: keras.optimizers.SGD(rate, name=name)
        for name, rate in (("discriminator", d_rate), ("generator", g_rate))
    }
    return Adversarial(method, FIELDS, built, optimizers, Course(3, ON_JAX, 10))


def pairs(k=1, n=6):
    rng = np.random.default_rng(2)
    real = rng.uniform(-1, 1, (k, 1, n, 4, 4, 2)).astype("float32")
    return {"real": real, "source": np.sign(real[..., :1]).astype("float32")}


def judged(model, examples, source):
    return np.asarray(model.networks["discriminator"]({"examples": examples, "source": source}))


@pytest.mark.parametrize("l1", [0.0, 100.0])
def test_what_is_logged_is_what_both_descend(l1):
    """D's mean loss on true and made pairs, over all patches; G's loss and the error, by NumPy."""
    model, arrays = made(pix2pix(l1=l1)), pairs()
    found = {name: values[0] for name, values in run(model, arrays).items()}
    real, source = arrays["real"][0, 0], arrays["source"][0, 0]
    fake = np.asarray(model.networks["generator"]({"source": source}))
    on_real, on_fake = judged(model, real, source), judged(model, fake, source)
    assert on_real.shape == (6, 2, 2, 1)  # a map of patches
    expected = -(log_expit(on_real).mean() + log_expit(-on_fake).mean()) / 2
    assert found["d_loss"] == pytest.approx(expected, rel=1e-4)
    assert found["g_loss"] == pytest.approx(-log_expit(on_fake).mean(), rel=1e-4)
    assert found["l1"] == pytest.approx(np.abs(real - fake).mean(), rel=1e-4)
    assert found["acc_real"] == pytest.approx((on_real > 0).mean())
    assert found["acc_fake"] == pytest.approx((on_fake <= 0).mean())
    # Pairs that do not belong together are other pairs to D.
    apart = run(model, {**arrays, "source": arrays["source"][:, :, ::-1]})
    assert apart["d_loss"][0] != pytest.approx(found["d_loss"], abs=1e-6)


def test_the_step_of_g_is_down_its_loss_and_the_weighted_error():
    """One step of SGD, beside finite differences of the sum, too small to meet its kinks."""
    rate, l1 = 0.01, 3.0
    model, arrays = made(pix2pix(l1=l1), g_rate=rate), pairs()
    real, source = arrays["real"][0, 0], arrays["source"][0, 0]
    generator = model.networks["generator"]
    before = generator.get_weights()

    def loss(weights):
        generator.set_weights(weights)
        fake = np.asarray(generator({"source": source}), np.float64)
        return -log_expit(judged(model, fake, source)).mean() + l1 * np.abs(real - fake).mean()

    biases = [i for i, w in enumerate(before) if w.ndim == 1]
    slopes = {}
    for i in biases:
        ends = []
        for step in (3e-4, -3e-4):
            moved = [w.copy() for w in before]
            moved[i][0] += step
            ends.append(loss(moved))
        slopes[i] = (ends[0] - ends[1]) / 6e-4
    generator.set_weights(before)
    run(model, arrays)
    after = generator.get_weights()
    for i, slope in slopes.items():
        assert (before[i][0] - after[i][0]) / rate == pytest.approx(slope, rel=0.02, abs=5e-4)


@pytest.mark.parametrize(("d_rate", "g_rate"), [(0.1, 0.0), (0.0, 0.1)])
def test_each_player_moves_its_own_network(d_rate, g_rate):
    model = made(pix2pix(), d_rate, g_rate)
    before = {role: network.get_weights() for role, network in model.networks.items()}
    run(model, pairs())
    moved = {
        role: distance(before[role], net.get_weights()) for role, net in model.networks.items()
    }
    assert (moved["discriminator"] > 1e-5) == (d_rate > 0)
    assert (moved["generator"] > 1e-5) == (g_rate > 0)


@pytest.mark.slow
def test_a_translator_comes_to_the_truth():
    """Of a rule that holds for all examples: both channels are half the source."""
    model = made(pix2pix(l1=10.0), d_rate=0.01, g_rate=0.05)
    source = np.sign(np.random.default_rng(2).normal(size=(300, 1, 32, 4, 4, 1))).astype("float32")
    real = np.concatenate([source, source], axis=-1) / 2
    error = run(model, {"real": real, "source": source})["l1"]
    assert error[-20:].mean() < 0.5 * error[:5].mean()


@pytest.mark.parametrize("latent", [None, Latent(dim=3)])
def test_it_hands_over_a_translator_and_a_discriminator(latent):
    method = pix2pix(latent=latent)
    roles = method.roles(FIELDS)
    assert roles["discriminator"].inputs == {"examples": (4, 4, 2), "source": (4, 4, 1)}
    products = method.products(made(method).networks)
    assert {*products} == {"translator", "discriminator"}
    drawn = {} if latent is None else {"latents": Drawn(latent)}
    assert products["translator"].inputs == {"source": Given("source"), **drawn}
    assert products["discriminator"].inputs == {
        "examples": Given("real"), "source": Given("source"),
    }  # fmt: skip
    assert method.drawn == (0 if latent is None else 3)


def test_latents_change_what_is_made():
    method = pix2pix(latent=Latent(dim=3))
    generator = made(method).networks["generator"]
    source = pairs()["source"][0, 0]
    one, other = (
        np.asarray(generator({"source": source, "latents": np.full((6, 3), x, "float32")}))
        for x in (-1, 1)
    )
    assert np.abs(one - other).max() > 1e-3


@pytest.mark.slow
def test_other_families_translate_vectors():
    mlp = dict.fromkeys(("generator", "discriminator"), MLP(family="mlp", hidden=(5,)))
    reports = run(made(pix2pix(objective="relativistic"), 0.1, 0.1, mlp), pairs(3))
    assert all(np.isfinite(values).all() for values in reports.values())


@pytest.mark.parametrize("kind", ["gan", "conditional_gan", "info_gan"])
@pytest.mark.parametrize("objective", ["relativistic", "hinge", "non_saturating"])
def test_no_remedy_is_there_already(kind, objective):
    codes = {"codes": Latent(dim=1, law="uniform")} if kind == "info_gan" else {}
    method = METHODS.load(kind)(kind=kind, latent=Latent(dim=2), objective=objective, **codes)
    tried = [each for remedies in method.remedies.values() for each in remedies]
    assert not any(each.startswith(f"method.objective: {objective}") for each in tried)
    assert f"method.kind: {kind}" not in tried
    assert ("method.packing: 2" in tried) == (kind != "info_gan")  # whose packing must be 1
    assert any("method.objective" in each for each in tried)


def test_its_remedies_are_its_own():
    """No option of another method is told."""
    for tried in pix2pix().remedies.values():
        assert tried
        for key in re.findall(r"method\.(\w+)", " ".join(tried)):
            assert key in Pix2Pix.model_fields
    assert any("method.l1" in each for each in pix2pix().remedies["samples far from the data"])
