"""What each option of a network does, and that what is saved of it is plain Keras."""

import subprocess
import sys
from itertools import product

import numpy as np
import pytest

from stages.gan import models
from stages.gan.generator import forward
from stages.gan.inspection import inspect
from stages.gan.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from stages.gan.networks.mlp import MLP
from stages.gan.networks.strided import in_plain_keras

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(6, 8, 8, 2)).astype("float32")
LATENTS = RNG.normal(size=(6, 5)).astype("float32")


def generator(**options):
    network = DCGANGenerator(family="dcgan_generator", filters=(8, 4), **options)
    return network.build("generator", {"latents": (5,)}, (8, 8, 2), 1)


def labelled():
    network = DCGANGenerator(family="dcgan_generator", filters=(8, 4))
    return network.build("labelled", {"latents": (5,), "labels": (3,)}, (8, 8, 1), 1)


def discriminator(**options):
    network = DCGANDiscriminator(family="dcgan_discriminator", filters=(4, 8), **options)
    return network.build("discriminator", {"examples": (8, 8, 2)}, (1,), 1)


def mlp(**options):
    network = MLP(family="mlp", hidden=(7, 5), **options)
    return network.build("critic", {"examples": (8, 8, 2)}, (1,), 1)


def trained(network, inputs, updates=3):
    """As it is after some training: what changes in training mode has changed."""
    for _ in range(updates):
        network(inputs, training=True)
    return network


SPECTRAL = {"spectral": True}
CASES = [
    *(
        (generator, {"up": up, **options}, "latents", LATENTS)
        for up in ("transposed", "resize", "pixel_shuffle")
        for options in ({}, {"normalization": "instance", **SPECTRAL})
    ),
    *(
        (build, options, "examples", IMAGES)
        for build in (mlp, discriminator)
        for options in ({"normalization": "layer"}, SPECTRAL, {"minibatch": "stddev", **SPECTRAL})
    ),
    (mlp, {"minibatch": "discrimination"}, "examples", IMAGES),
    (discriminator, {"down": "average_pool", "normalization": "instance"}, "examples", IMAGES),
    (discriminator, {"dropout": 0.3, "normalization": "none"}, "examples", IMAGES),
]


@pytest.mark.parametrize(("build", "options", "name", "inputs"), CASES)
def test_plain_keras_gives_the_same(build, options, name, inputs):
    network = trained(build(**options), {name: inputs})
    plain = in_plain_keras(network)
    assert all(layer.__module__.startswith("keras.") for layer in plain.layers)
    expected = (6, 8, 8, 2) if build is generator else (6, 1)
    ours, theirs = forward(network, {name: inputs}), forward(plain, {name: inputs})
    assert ours.shape == theirs.shape == expected
    np.testing.assert_allclose(ours, theirs, atol=2e-6, rtol=1e-4)


def test_saved_ones_load_without_this_project(tmp_path):
    networks = {
        "critic": mlp(minibatch="discrimination", spectral=True),
        "discriminator": discriminator(minibatch="stddev", normalization="instance"),
        "generator": generator(up="pixel_shuffle"),
        "layered": discriminator(normalization="layer"),
        "labelled": labelled(),
    }
    models.save(tmp_path, {role: in_plain_keras(n) for role, n in networks.items()}, {})
    given = {"latents": LATENTS, "labels": np.eye(6, 3, dtype="float32"), "examples": IMAGES}
    np.savez(tmp_path / "in.npz", **given)
    program = (
        "import keras, numpy as np; given = np.load('in.npz')\n"
        f"for role in {[*networks]}:\n"
        "    m = keras.saving.load_model(f'{role}.keras')\n"
        "    np.save(f'{role}.npy', m({k: given[k] for k in m.input}, training=False))\n"
    )
    subprocess.run([sys.executable, "-I", "-c", program], cwd=tmp_path, check=True, timeout=120)
    for role, network in networks.items():
        inspect(tmp_path / f"{role}.keras")
        expected = forward(network, {name: given[name] for name in network.input})
        np.testing.assert_allclose(np.load(tmp_path / f"{role}.npy"), expected, atol=2e-6)


def test_spectral_normalisation_divides_by_the_largest_singular_value():
    network = trained(mlp(spectral=True), {"examples": IMAGES}, updates=300)  # whatever its start
    for layer in (each for each in network.layers if hasattr(each, "direction")):
        kernel = np.asarray(layer.trainable_variables[0])
        largest = np.linalg.svd(kernel, compute_uv=False)[0]
        np.testing.assert_allclose(np.asarray(layer.kernel), kernel / largest, rtol=1e-3)


def test_no_instance_of_one_pixel():
    """Whose mean it is: a constant."""
    options = {"normalization": "instance", "filters": (4, 4, 4)}
    g = DCGANGenerator(family="dcgan_generator", **options)
    assert g.misfit("generator", (16, 8, 1)) == ""
    assert g.misfit("generator", (8, 8, 1)).startswith("its 3 filters lead to images of one pixel")
    for down, width, expected in (("strided", 3, 9), ("average_pool", 2, 5)):
        d = DCGANDiscriminator(family="dcgan_discriminator", down=down, **options)
        sizes = {side: d.misfit("discriminator", (side, width, 1)) for side in range(1, 20)}
        smallest = min(side for side, why in sizes.items() if not why)
        assert smallest == expected
        network = d.build("d", {"examples": (smallest, width, 1)}, (1,), 1)
        normalised = [each for each in network.layers if each.name.endswith("_norm")]
        assert min(np.prod(each.output.shape[1:3]) for each in normalised) == 2


def test_the_batchs_standard_deviation_is_a_feature():
    network = mlp(minibatch="stddev")
    import keras

    inner = keras.Model(network.inputs, network.get_layer("critic_with_deviation").output)
    features = np.asarray(inner({"examples": IMAGES}))
    expected = np.sqrt(features[:, :-1].var(0) + 1e-8).mean()
    np.testing.assert_allclose(features[:, -1], expected, rtol=1e-4)


def test_nearness_to_the_others_of_a_batch_is_a_feature():
    import keras

    from stages.gan.networks.minibatch import KERNEL_SIZE, KERNELS

    network = mlp(minibatch="discrimination")
    inner = keras.Model(network.inputs, network.get_layer("critic_with_nearness").output)
    features = np.asarray(inner({"examples": IMAGES}))
    tensor = np.asarray(network.get_layer("critic_minibatch").kernel)
    m = (features[:, :-KERNELS] @ tensor).reshape(6, KERNELS, KERNEL_SIZE)
    for i in range(6):
        expected = np.mean([np.exp(-np.abs(m[i] - m[j]).sum(1)) for j in range(6)], axis=0)
        np.testing.assert_allclose(features[i, -KERNELS:], expected, rtol=1e-4)


def test_pixel_shuffle_turns_channels_into_pixels():
    import keras

    network = generator(up="pixel_shuffle", normalization="none")
    before = network.get_layer("generator_output").output
    after = network.get_layer("generator_output_pixels").output
    both = keras.Model(network.inputs, [before, after])
    small, large = map(np.asarray, both({"latents": LATENTS}))
    for row, column in product((0, 1), (0, 1)):
        block = slice(2 * (2 * row + column), 2 * (2 * row + column) + 2)
        np.testing.assert_array_equal(large[:, row::2, column::2], small[..., block])


@pytest.mark.parametrize(
    ("build", "kind", "layer", "axes"),
    [
        (discriminator, "instance", "discriminator_down_1", (1, 2)),
        (discriminator, "layer", "discriminator_down_1", (1, 2, 3)),
        (generator, "layer", "generator_up_0", (1, 2, 3)),
        (generator, "layer", "generator_dense", (1,)),
        (mlp, "layer", "critic_dense_1", (1,)),
    ],
)
def test_what_is_normalised_together(build, kind, layer, axes):
    """By instance: each channel of an image; by layer: all of an example. Then a gain and a bias of
    each channel."""
    import keras

    network = build(normalization=kind)
    norm = network.get_layer({"critic_dense_1": "critic_norm_1"}.get(layer, f"{layer}_norm"))
    gain, bias = RNG.normal(size=(2, norm.output.shape[-1]))
    norm.set_weights([gain, bias])
    both = keras.Model(network.inputs, [network.get_layer(layer).output, norm.output])
    inputs = {"latents": LATENTS} if build is generator else {"examples": 3 * IMAGES}
    x, found = map(np.asarray, both(inputs))
    centred = x - x.mean(axes, keepdims=True)
    expected = gain * centred / np.sqrt(x.var(axes, keepdims=True) + 1e-3) + bias
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_dropout_takes_a_share_of_each_convolutions_output():
    network = discriminator(dropout=0.3, normalization="none")
    for i in range(2):
        dropout = network.get_layer(f"discriminator_down_{i}_dropout")
        ones = np.ones((200, *dropout.input.shape[1:]), np.float32)
        dropped = np.asarray(dropout(ones, training=True))
        assert np.mean(dropped == 0) == pytest.approx(0.3, abs=0.02)
        np.testing.assert_allclose(dropped[dropped != 0], 1 / 0.7, rtol=1e-6)
    once, twice = (np.asarray(network({"examples": IMAGES}, training=True)) for _ in range(2))
    assert not np.array_equal(once, twice)


def test_average_pooling_halves_by_means():
    import keras

    network = discriminator(down="average_pool", normalization="none")
    before = network.get_layer("discriminator_down_0_activation").output
    after = network.get_layer("discriminator_down_0_pool").output
    x, found = map(np.asarray, keras.Model(network.inputs, [before, after])({"examples": IMAGES}))
    assert x.shape[1] == 8
    np.testing.assert_allclose(found, x.reshape(6, 4, 2, 4, 2, 4).mean((2, 4)), rtol=1e-4)
