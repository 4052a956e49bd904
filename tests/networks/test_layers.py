"""Our layers are Keras's: strided convolutions as matrix products, and what is saved of them."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from forger.networks.base import multiply_adds
from forger.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from forger.networks.layers.strided import down, in_plain_keras, up
from forger.networks.mlp import MLP
from tests.engine.small import ON_JAX

size = st.integers(1, 7)
stride = st.integers(1, 3)
side = st.integers(1, 11)


def drawn(*shape):
    return ops.convert_to_tensor(np.random.default_rng(0).normal(size=shape).astype("float32"))


@pytest.mark.parametrize(
    ("ours", "kerass", "filters"), [(down, ops.conv, (3, 5)), (up, ops.conv_transpose, (5, 3))]
)
@given(size, stride, side, side)
@settings(max_examples=40)
def test_they_are_strided_convolutions(ours, kerass, filters, size, stride, height, width):
    x, kernel = drawn(2, height, width, 3), drawn(size, size, *filters)

    def both(x, kernel):
        theirs = kerass(x, kernel, stride, padding="same", data_format="channels_last")
        return ours(x, kernel, stride), theirs

    if ON_JAX:  # which compiles every operation for every shape: all of them in one program
        import jax

        both = jax.jit(both)
    found, expected = both(x, kernel)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def dcgan():
    generator = DCGANGenerator(family="dcgan_generator", filters=(8, 4))
    discriminator = DCGANDiscriminator(family="dcgan_discriminator", filters=(4, 8))
    return {
        "latents": generator.build("generator", {"latents": (3,)}, (8, 8, 1), 1),
        "examples": discriminator.build("discriminator", {"examples": (8, 8, 1)}, (1,), 1),
    }


def test_what_is_saved_is_plain_keras_and_gives_the_same():
    for entry, network in dcgan().items():
        plain = in_plain_keras(network)
        assert {type(layer).__module__.split(".")[0] for layer in plain.layers} == {"keras"}
        x = drawn(5, *network.input[entry].shape[1:])
        np.testing.assert_allclose(plain({entry: x}), network({entry: x}), atol=1e-6)


def test_multiply_adds_are_counted():
    mlp = MLP(family="mlp", hidden=(5, 7)).build("m", {"x": (3,)}, (2,), 1)
    assert multiply_adds(mlp) == 3 * 5 + 5 * 7 + 7 * 2
    networks = dcgan()
    assert multiply_adds(networks["latents"]) == 3 * 32 + 4 * (16 * 8 * 4) + 16 * (16 * 4 * 1)
    assert multiply_adds(networks["examples"]) == 16 * (16 * 4) + 4 * (16 * 4 * 8) + 32
    for network in networks.values():
        assert multiply_adds(in_plain_keras(network)) == multiply_adds(network)


def test_outputs_are_float32_in_every_precision():
    try:
        for policy in ("mixed_bfloat16", "mixed_float16"):
            keras.config.set_dtype_policy(policy)
            for entry, network in dcgan().items():
                x = drawn(2, *network.input[entry].shape[1:])
                assert keras.backend.standardize_dtype(network({entry: x}).dtype) == "float32"
                assert {v.dtype for v in network.variables if "seed" not in v.name} == {"float32"}
    finally:
        keras.config.set_dtype_policy("float32")
