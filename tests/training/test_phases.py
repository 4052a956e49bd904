"""Phases of a training, and what a method keeps from one update to the next."""

from typing import ClassVar

import numpy as np
import pytest

from forger.core.lazy import ops
from forger.core.progress import Progress
from forger.methods.base import Fields, Phase, phases_of
from forger.methods.batch import row
from forger.methods.conditional_gan import ConditionalGAN
from forger.methods.gan import GAN
from forger.methods.info_gan import InfoGAN
from forger.methods.latent import Latent
from forger.methods.remedies import InstanceNoise
from forger.methods.reports import Report
from forger.methods.settings import Adam, Train
from forger.methods.vae import VAE
from forger.networks.mlp import MLP
from forger.training import checkpoints
from forger.training.assembly import Plan
from forger.training.checkpoints import Checkpoint
from forger.training.trainer import Trainer
from tests.data.described import data_of, described
from tests.engine.small import ON_JAX

ROLES = ("generator", "discriminator")
REAL = np.random.default_rng(0).normal(1, 2, size=(40, 2)).astype(np.float32)


class Stretched(GAN):
    """A GAN, trained in stretches of the same method: as one."""

    @property
    def phases(self):
        return tuple(Phase(self, until) for until in (0.35, 0.6, 1.0))


class Growing(GAN):
    """A GAN whose D judges two examples as one in the first half, and one by one afterwards."""

    @property
    def phases(self):
        packed = self.model_copy(update={"packing": 2})
        return (Phase(packed, 0.5), Phase(self, 1.0))


LATENT = Latent(dim=2)
PLAIN = GAN(kind="gan", latent=LATENT)
TOLD = ConditionalGAN(kind="conditional_gan", latent=LATENT)
CODED = InfoGAN(kind="info_gan", latent=LATENT, codes=Latent(dim=1, law="uniform"))
ENCODED = VAE(kind="vae", latent_dim=2)


@pytest.mark.parametrize(
    ("stretches", "told"),
    [
        ([(PLAIN, 0.5)], r"end at \[0\.5\]; they must rise to 1"),
        ([(PLAIN, 0.6), (PLAIN, 0.5), (PLAIN, 1.0)], "must rise to 1"),
        ([(PLAIN, 0.5), (PLAIN, 0.5), (PLAIN, 1.0)], "must rise to 1"),
        ([(PLAIN, 0.0), (PLAIN, 1.0)], "must rise to 1"),
        ([(TOLD, 0.5), (PLAIN, 1.0)], r"the phase until 0\.5 has other needs"),
        ([(PLAIN, 0.5), (ENCODED, 1.0)], r"the phase until 1\.0 has other players"),
        ([(PLAIN, 0.5), (CODED, 1.0)], r"the phase until 1\.0 has other logs"),
    ],
)
def test_phases_are_stretches_of_one_training(stretches, told):
    class Wrong(GAN):
        @property
        def phases(self):
            return tuple(Phase(*stretch) for stretch in stretches)

    with pytest.raises(TypeError, match=told):
        phases_of(Wrong(kind="wrong", latent=LATENT))


class Balanced(GAN):
    """A GAN with a share of its own, which D's outputs for real examples push up and down."""

    rate: ClassVar[float] = 0.1

    @property
    def reports(self):
        own = [Report(name, name, "other", name) for name in ("share", "on_real")]
        return (*super().reports, *own)

    def state(self, fields):
        assert fields.real == (2,)
        return {"share": np.array(0.25, np.float32)}

    def update(self, step, batch):
        super().update(step, batch)
        share = step.own["share"]
        (discriminator,) = step.networks("discriminator")
        on_real = ops.mean(discriminator({"examples": row(batch, 0)["real"]}))
        share.assign(ops.clip(share + self.rate * on_real, 0.0, 1.0))
        step.log(share=ops.convert_to_tensor(share), on_real=on_real)


def trainer(kind, **options):
    """With all there is to carry: dropouts, averages, noise, batch normalisation's means."""
    method = kind(
        kind="gan", latent=Latent(dim=2), instance_noise=InstanceNoise(stddev=0.1), **options
    )
    networks = {
        "generator": MLP(family="mlp", hidden=(5,), normalization="batch"),
        "discriminator": MLP(family="mlp", hidden=(5, 4), dropout=0.3),
    }
    settings = Train(
        epochs=6,
        batch=8,
        optimizers=dict.fromkeys(ROLES, Adam(learning_rate=0.01, schedule="linear")),
        ema=0.9,
        snapshots=3,
        snapshot_samples=5,
        save_every=0,
    )
    plan = Plan(method, networks, settings)
    return Trainer(plan, data_of(REAL, described(2)), 1, ON_JAX, Progress("small"))


def assert_equal(one, other):
    assert one.history.to_csv() == other.history.to_csv()
    np.testing.assert_array_equal(one.snapshots["samples"], other.snapshots["samples"])
    assert one.products.keys() == other.products.keys()
    for name, product in one.products.items():
        again = other.products[name].network.get_weights()
        for a, b in zip(product.network.get_weights(), again, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("k", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_stretches_of_one_method_are_one_training(k):
    """Weights, moments, averages and random streams go on: nothing tells where one ended."""
    stretched = trainer(Stretched)
    entered = []
    enter = stretched.enter
    stretched.enter = lambda phase: entered.append((phase, stretched.done)) or enter(phase)
    assert_equal(stretched.run(k), trainer(GAN).run(k))
    assert entered == [(1, 10), (2, 20)]  # after 2 and 4 of 6 epochs of 5 updates


@pytest.mark.slow
def test_networks_may_change_from_phase_to_phase():
    growing = trainer(Growing)
    assert growing.model.networks["discriminator"].input["examples"].shape == (None, 4)
    result = growing.run(3)
    assert growing.model.networks["discriminator"].input["examples"].shape == (None, 2)
    assert np.isfinite(result.history.to_numpy()).all()
    assert result.products["discriminator"].network.input["examples"].shape == (None, 2)


def test_a_phase_of_no_epochs_is_passed_over():
    method = Growing(kind="gan", latent=Latent(dim=2))
    made = trainer(Growing)
    settings = made.plan.train.model_copy(update={"epochs": 1, "snapshots": 2})
    made = Trainer(Plan(method, made.plan.networks, settings), made.data, 1, ON_JAX, made.progress)
    assert (made.ends, made.phase) == ([0, 1], 1)
    assert made.model.networks["discriminator"].input["examples"].shape == (None, 2)
    assert len(made.run(3).history) == 1


def test_what_fits_goes_on_and_the_rest_is_new():
    growing, seen = trainer(Growing), {}
    enter = growing.enter

    def content(model):
        steps = [int(each.iterations) for each in model.optimizer.players.values()]
        return steps, {role: net.get_weights() for role, net in model.networks.items()}

    def look(phase):
        seen["before"] = content(growing.model)
        enter(phase)
        seen["after"], seen["fresh"] = content(growing.model), content(growing.build())

    growing.enter = look
    growing.run(5)
    (steps, before), (steps_after, after), (_, fresh) = (
        seen[n] for n in ("before", "after", "fresh")
    )
    for a, b in zip(before["generator"], after["generator"], strict=True):
        np.testing.assert_array_equal(a, b)
    first, *rest = after["discriminator"]
    np.testing.assert_array_equal(first, fresh["discriminator"][0])  # of another shape
    for a, b in zip(before["discriminator"][1:], rest, strict=True):
        np.testing.assert_array_equal(a, b)
    assert steps == steps_after == [15, 15]


SLOWLY = ((Stretched, 16), (Growing, 5), (Growing, 16), (Balanced, 16))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "folder", lambda: tmp_path)


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    ("kind", "stop"),
    [
        (Growing, 15),
        # Each compiles two models or three.
        *(pytest.param(*each, marks=pytest.mark.slow) for each in SLOWLY),
    ],
)
def test_a_training_that_was_stopped_goes_on_in_its_phase(kind, stop, monkeypatch):
    call = Trainer.call

    def until(self, batches, count):
        if self.done >= stop:
            raise KeyboardInterrupt
        call(self, batches, count)

    monkeypatch.setattr(Trainer, "call", until)
    with pytest.raises(KeyboardInterrupt), Checkpoint("0" * 64, print) as checkpoint:
        trainer(kind).run(4, checkpoint)
    monkeypatch.setattr(Trainer, "call", call)
    resumed = trainer(kind)
    with Checkpoint("0" * 64, print) as checkpoint:
        result = resumed.run(4, checkpoint)
    assert_equal(result, trainer(kind).run(4))


def test_a_state_of_a_later_phase_that_does_not_fit_changes_nothing():
    done = trainer(Growing)
    done.run(4)
    state = done.state()
    state.arrays["model/0"] = np.zeros(3, np.float32)
    fresh, told = trainer(Growing), []

    class Saved:
        def load(self):
            return state

        def set_aside(self, why):
            told.append(why)

    assert not fresh.resume(Saved())
    assert "another model" in told[0]
    assert fresh.phase == 0
    for a, b in zip(fresh.model.get_state(), trainer(Growing).model.get_state(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_methods_own_state_goes_from_update_to_update():
    made = trainer(Balanced)
    ((arrays, _),) = made.batches.calls([12], 12)
    logged = made.model.train_on_batch(arrays, np.array([12], np.int32), return_dict=True)
    shares = np.array([0.25, *logged["share"]])
    assert float(made.model.own["share"]) == pytest.approx(shares[-1])
    expected = np.clip(shares[:-1] + 0.1 * logged["on_real"], 0, 1)
    np.testing.assert_allclose(shares[1:], expected, rtol=1e-5)
    assert len(np.unique(shares)) > 6


def test_a_method_has_one_phase_and_no_state_of_its_own():
    method = GAN(kind="gan", latent=Latent(dim=2))
    assert method.phases == (Phase(method, 1.0),)
    assert method.state(Fields({"real": (2,)})) == {}
