"""What the engine does with state that is no weight: seeds, moving averages, scopes."""

import keras
import numpy as np
import pytest
from keras import ops

from forger.engine import backend
from forger.methods.base import Fields
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from forger.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from tests.engine.small import batches, build, distance, run, weights

on_jax = keras.backend.backend() == "jax"


def test_input_gradient_is_differentiable_again():
    x = ops.convert_to_tensor(np.array([1.0, -2.0, 3.0], np.float32))
    w = keras.Variable(np.float32(2.0))

    def penalty():
        slope = backend.input_gradient(lambda x: w * ops.sum(x**3), x)  # 3 w x²
        return ops.sum(slope**2)  # 9 w² Σ x⁴

    value, pull = backend.vjp(penalty, [w], [])
    gradients, _ = pull(ops.ones(()))
    fourth = 1 + 16 + 81
    assert float(value) == pytest.approx(9 * 4 * fourth)
    assert float(gradients[0]) == pytest.approx(18 * 2 * fourth)


def test_dropout_masks_differ_from_update_to_update():
    arrays = batches(1)
    once, twice = build(dropout=0.5), build(dropout=0.5)
    first = run(once, arrays)
    twice.networks["discriminator"].set_weights(weights(once, "discriminator"))
    assert run(once, arrays)["d_loss"] != first["d_loss"]


@pytest.mark.parametrize("generator_batch", [None, 8])
def test_a_forward_pass_updates_moving_averages_once(generator_batch):
    """What D's and G's step share is one pass; G's own batch is a second one."""
    model = _convolutional(GAN(kind="gan", latent=Latent(dim=3), generator_batch=generator_batch))
    norm = model.networks["generator"].get_layer("generator_dense_norm")
    norm.momentum = 0.5
    run(model, {"real": np.zeros((1, 1, 4, 8, 8, 1), np.float32)})
    # A constant input mean m would give m (1 - 0.5ⁿ) after n passes; the variance starts at 1, and
    # of an input of variance v is v + (1 - v) 0.5ⁿ. With weights of 0.02, v is nearly 0.
    passes = 1 if generator_batch is None else 2
    assert norm.moving_variance.numpy().max() == pytest.approx(0.5**passes, abs=0.01)


def _convolutional(method):
    from forger.engine.course import Course
    from forger.engine.model import Adversarial

    fields = Fields({"real": (8, 8, 1)})
    roles = method.roles(fields)
    generator = DCGANGenerator(family="dcgan_generator", filters=(8, 4))
    discriminator = DCGANDiscriminator(family="dcgan_discriminator", filters=(4, 8))
    networks = {
        "generator": generator.build("generator", *roles["generator"], 1),
        "discriminator": discriminator.build("discriminator", *roles["discriminator"], 1),
    }
    optimizers = {player: keras.optimizers.Adam(0.0, name=player) for player in method.players}
    return Adversarial(method, fields, networks, optimizers, Course(1, on_jax))


@pytest.mark.skipif(not on_jax, reason="scopes are JAX's")
def test_a_nested_scope_reads_what_the_enclosing_one_holds():
    from forger.engine.backend_jax import Scope

    inside, outside = keras.Variable(1.0), keras.Variable(1.0)
    with Scope([(outside, ops.convert_to_tensor(5.0))]), Scope([(inside, ops.ones(()))]):
        assert float(outside.value) == 5.0
    with (
        keras.StatelessScope([(outside, ops.convert_to_tensor(5.0))]),
        keras.StatelessScope([(inside, ops.ones(()))]),
    ):
        assert float(outside.value) == 1.0, "Keras's own is no longer stale: ours may go"


@pytest.mark.skipif(not on_jax, reason="a loop carries its state on JAX only")
def test_a_loop_refuses_to_lose_an_assignment():
    carried, forgotten = keras.Variable(0.0), keras.Variable(0.0)

    def body(i, nothing):
        carried.assign_add(1.0)
        forgotten.assign_add(1.0)
        return nothing

    with pytest.raises(ValueError, match="does not carry"):
        backend.repeat(3, body, 0, [carried])


def test_the_same_seed_gives_the_same_weights():
    arrays = batches(3, latents=False)
    one, two = build(dropout=0.5), build(dropout=0.5)
    run(one, arrays)
    run(two, arrays)
    for role in one.networks:
        assert distance(weights(one, role), weights(two, role)) == 0
