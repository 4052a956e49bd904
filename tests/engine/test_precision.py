"""Training in less precision, and float16's loss scale."""

import keras
import numpy as np
import pytest

from forger.core.errors import UserError
from forger.core.progress import Progress
from forger.engine.optimizer import MOST_SCALE, Composite
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from forger.methods.settings import Adam, Train
from forger.networks.mlp import MLP
from forger.training.assembly import Plan
from forger.training.trainer import Trainer
from tests.data.described import data_of, described
from tests.engine.small import batches, build, distance, run, weights

on_jax = keras.backend.backend() == "jax"


@pytest.fixture
def precision(request):
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy("float32")


def trainer(method=GAN, **options):
    networks = dict.fromkeys(("generator", "discriminator"), MLP(family="mlp", hidden=(16,)))
    rates = dict.fromkeys(("discriminator", "generator"), Adam(learning_rate=0.01, beta_1=0.5))
    options = {"epochs": 10, "batch": 32, "snapshots": 2, "snapshot_samples": 500, **options}
    settings = Train(optimizers=rates, **options)
    real = np.random.default_rng(0).normal(2, 0.3, size=(1280, 1)).astype(np.float32)
    plan = Plan(method(kind="gan", latent=Latent(dim=2)), networks, settings)
    return Trainer(plan, data_of(real, described(1)), 1, on_jax, Progress("p"))


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16", "mixed_float16"], indirect=True)
def test_it_trains(precision):
    """The generator's samples, at first around 0, come to the data, which are around 2."""
    result = trainer().run(40)
    before, after = result.snapshots["samples"].mean((1, 2))
    assert abs(before) < 0.5
    assert after == pytest.approx(2, abs=0.5)
    assert np.isfinite(result.history["d_loss"]).all()


@pytest.mark.parametrize("precision", ["mixed_float16"], indirect=True)
def test_a_step_that_the_scale_leaves_out_is_no_divergence(precision):
    """As when the scale has grown for long: at first too large for any gradient."""
    made = trainer(ema=0.9)
    for optimizer in made.model.optimizer.players.values():
        optimizer.dynamic_scale.assign(2.0**40)
    history = made.run(40).history
    skipped = (history["skipped"] * 40).round().astype(int).tolist()
    assert skipped[0] > 10
    assert sum(skipped[1:]) == 0
    assert np.isfinite(history).all(axis=None)
    taken = [int(o.iterations.numpy()) for o in made.model.optimizer.players.values()]
    assert sum(taken) == 2 * 400 - sum(skipped)
    assert int(made.model.optimizer.iterations.numpy()) == 400
    after = made.kept.arrays()["samples"][-1].mean()
    assert after == pytest.approx(2, abs=0.5)


@pytest.mark.parametrize("precision", ["mixed_float16"], indirect=True)
def test_left_out_steps_move_neither_weights_nor_moments(precision):
    model = build(ema=0.5)
    for optimizer in model.optimizer.players.values():
        optimizer.dynamic_scale.assign(2.0**100)
    before = {role: weights(model, role) for role in model.networks}
    reports = run(model, batches(1))
    assert reports["skipped"].tolist() == [2]
    assert np.isfinite(reports["d_loss"]).all()
    for role in model.networks:
        assert distance(before[role], weights(model, role)) == 0
    for optimizer in model.optimizer.players.values():
        assert float(optimizer.dynamic_scale.numpy()) == MOST_SCALE
        assert not any(np.any(v.numpy()) for v in optimizer.inner_optimizer._momentums)
    assert distance(before["generator"], model.averages["generator"].get_weights()) == 0


@pytest.mark.parametrize("precision", ["mixed_float16"], indirect=True)
def test_data_that_are_not_finite_diverge_at_once(precision):
    made = trainer()
    made.batches.arrays["real"][:] = np.nan
    with pytest.raises(UserError, match=r"diverged: d_loss .*not finite in epoch 1, update 1;"):
        made.run(40)


class NoSlope(GAN):
    """D's loss has a value, and no gradient at whatever scale."""

    def loss_on_real(self, step, judged, others=None):
        nothing = keras.ops.sqrt(keras.ops.sum(keras.ops.square(judged * 0)))
        return super().loss_on_real(step, judged, others) + nothing


@pytest.mark.parametrize("precision", ["mixed_float16"], indirect=True)
def test_a_gradient_that_no_scale_makes_finite_diverges(precision):
    with pytest.raises(UserError, match=r"diverged: a gradient not finite in epoch 1, update 16;"):
        trainer(NoSlope).run(40)  # the scale starts at 2¹⁵


def test_a_scale_does_not_grow_without_end():
    still = keras.Variable([1.0])
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.Adam(0.1), initial_scale=MOST_SCALE, dynamic_growth_steps=1
    )
    composite = Composite({"still": optimizer}, {"still": [still]})
    for _ in range(3):
        composite.apply_to("still", [keras.ops.zeros((1,))])
    assert float(composite.scale("still", 1.0)) == MOST_SCALE
    assert float(np.finfo(np.float16).smallest_subnormal) * MOST_SCALE == 1


def test_a_scaled_loss_moves_like_an_unscaled_one_and_an_overflow_not_at_all():
    plain, scaled = keras.Variable([1.0, 2.0]), keras.Variable([1.0, 2.0])
    inner = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1), initial_scale=1024.0)
    players = {"plain": keras.optimizers.Adam(0.1), "scaled": inner}
    composite = Composite(players, {"plain": [plain], "scaled": [scaled]})
    gradient = keras.ops.convert_to_tensor([0.5, -0.25])
    for _ in range(3):
        composite.apply_to("plain", [gradient])
        composite.apply_to("scaled", [composite.scale("scaled", gradient)])
    np.testing.assert_allclose(scaled.numpy(), plain.numpy(), rtol=1e-6)
    composite.apply_to("scaled", [gradient * np.inf])
    np.testing.assert_allclose(scaled.numpy(), plain.numpy(), rtol=1e-6)
    assert float(composite.scale("scaled", 1.0)) == 512


@pytest.mark.parametrize("precision", ["mixed_float16"], indirect=True)
def test_a_gradients_norm_is_that_of_the_loss_itself(precision):
    """Not of the loss that the scale, at first 2¹⁵, has multiplied."""
    scaled = run(build(), batches(1))["g_gradient"]
    keras.config.set_dtype_policy("float32")
    expected = run(build(), batches(1))["g_gradient"]
    assert expected[0] > 1e-3
    np.testing.assert_allclose(scaled, expected, rtol=0.02)
