"""Training in less precision, and float16's loss scale."""

import keras
import numpy as np
import pytest

from stages.gan.engine.optimizer import Composite
from stages.gan.networks import Networks
from stages.gan.params.latent import Latent
from stages.gan.params.train import Adam, Train
from stages.gan.progress import Progress
from stages.gan.training import Trainer

on_jax = keras.backend.backend() == "jax"


@pytest.fixture
def precision(request):
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16", "mixed_float16"], indirect=True)
def test_it_trains(precision):
    """The generator's samples, at first around 0, come to the data, which are around 2."""
    mlp = {"family": "mlp", "hidden": (16,)}
    networks = Networks(latent=Latent(dim=2), generator=mlp, discriminator=mlp)
    rates = dict.fromkeys(("discriminator", "generator"), Adam(learning_rate=0.01, beta_1=0.5))
    settings = Train(epochs=10, batch=32, optimizers=rates, snapshots=2, snapshot_samples=500)
    real = np.random.default_rng(0).normal(2, 0.3, size=(1280, 1)).astype(np.float32)
    result = Trainer(
        "gan", networks, settings, {"real": real}, {"classes": []}, 1, on_jax, Progress("p")
    ).run(40)
    before, after = result.snapshots["samples"].mean((1, 2))
    assert abs(before) < 0.5
    assert after == pytest.approx(2, abs=0.5)
    assert np.isfinite(result.history["d_loss"]).all()


def test_a_scaled_loss_moves_like_an_unscaled_one_and_an_overflow_not_at_all():
    plain, scaled = keras.Variable([1.0, 2.0]), keras.Variable([1.0, 2.0])
    inner = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1), initial_scale=1024.0)
    players = {"plain": keras.optimizers.Adam(0.1), "scaled": inner}
    composite = Composite(players, {"plain": [plain], "scaled": [scaled]})
    gradient = keras.ops.convert_to_tensor([0.5, -0.25])
    for _ in range(3):
        composite.apply_to("plain", [gradient])
        composite.apply_to("scaled", [composite.scaled("scaled", gradient)])
    np.testing.assert_allclose(scaled.numpy(), plain.numpy(), rtol=1e-6)
    composite.apply_to("scaled", [gradient * np.inf])
    np.testing.assert_allclose(scaled.numpy(), plain.numpy(), rtol=1e-6)
    assert float(composite.scaled("scaled", 1.0)) == 512
