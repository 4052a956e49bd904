"""What each option of a network does, and that what is saved of it is plain Keras."""

import subprocess
import sys
from itertools import product

import numpy as np
import pytest

from forger.config.section import parse
from forger.core.errors import UserError
from forger.methods.products import Given, Product
from forger.models.generator import forward
from forger.models.inspection import inspect
from forger.models.saving import write_products
from forger.networks.base import find_weighted, multiply_adds
from forger.networks.base import product as product_of
from forger.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from forger.networks.layers.strided import in_plain_keras
from forger.networks.mlp import MLP
from forger.networks.patches import PatchDiscriminator
from forger.networks.unet import UNet

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
    products = {
        role: Product(in_plain_keras(n), {name: Given(name) for name in n.input})
        for role, n in networks.items()
    }
    write_products(tmp_path, products, {})
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


@pytest.mark.slow
def test_spectral_normalisation_divides_by_the_largest_singular_value():
    network = trained(mlp(spectral=True), {"examples": IMAGES}, updates=300)  # whatever its start
    for layer in (each for each in network.layers if hasattr(each, "direction")):
        kernel = np.asarray(layer.trainable_variables[0])
        largest = np.linalg.svd(kernel, compute_uv=False)[0]
        np.testing.assert_allclose(np.asarray(layer.kernel), kernel / largest, rtol=1e-3)


def misfit(family, role, shape):
    """Why it can't play a role for examples of this shape."""
    if role == "translator":
        return family.misfit({"source": (8, 8, 3), "labels": (2,)}, shape)
    given, made = ((5,), shape) if role == "generator" else (shape, (1,))
    return family.misfit({"examples": given}, made)


def test_no_instance_of_one_pixel():
    """Whose mean it is: a constant."""
    options = {"normalization": "instance", "filters": (4, 4, 4)}
    g = DCGANGenerator(family="dcgan_generator", **options)
    assert misfit(g, "generator", (16, 8, 1)) == ""
    assert misfit(g, "generator", (8, 8, 1)).startswith("its 3 filters lead to images of one pixel")
    for down, width, expected in (("strided", 3, 9), ("average_pool", 2, 5)):
        d = DCGANDiscriminator(family="dcgan_discriminator", down=down, **options)
        sizes = {side: misfit(d, "discriminator", (side, width, 1)) for side in range(1, 20)}
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

    from forger.networks.layers.minibatch import KERNEL_SIZE, KERNELS

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


FAMILIES = [
    MLP(family="mlp", hidden=(7, 5)),
    MLP(family="mlp"),
    *(
        DCGANGenerator(family="dcgan_generator", filters=(8, 4, 3), kernel=3, up=up)
        for up in ("transposed", "resize", "pixel_shuffle")
    ),
    *(
        DCGANDiscriminator(family="dcgan_discriminator", filters=(4, 8), kernel=5, down=down)
        for down in ("strided", "average_pool")
    ),
    *(
        UNet(family="unet", filters=(4, 6, 5), kernel=3, up=up)
        for up in ("transposed", "resize", "pixel_shuffle")
    ),
    PatchDiscriminator(family="patch_discriminator", filters=(4, 8, 5), kernel=3),
]
DCGAN_D = next(family for family in FAMILIES if family.family == "dcgan_discriminator")


def built(family):
    """Of an image or to one: the shapes of its input and output, and the network."""
    entry, shape = ((9, 7, 2), (1,)) if "discriminator" in family.family else ((5,), (16, 8, 2))
    inputs = {"examples": entry, "labels": (3,)}
    if family.family == "unet":
        inputs = {"source": (16, 8, 3), "labels": (4,), "mask": (16, 8, 1)}
    elif family.family == "patch_discriminator":
        inputs["source"] = (9, 7, 3)
    return inputs, shape, family.build("n", inputs, shape, 1)


def variants(family):
    """The family's network with every combination of its options that adds or changes layers."""
    options = {"normalization": ("none", "batch", "layer", "instance"), "spectral": (False, True)}
    own = type(family).model_fields
    options |= {"dropout": (0.0, 0.3)} if "dropout" in own else {}
    for values in product(*options.values()):
        each = family.model_copy(update=dict(zip(options, values, strict=True)))
        if family.family != "mlp" or each.normalization != "instance":
            yield each


@pytest.mark.parametrize("family", FAMILIES)
def test_its_cost_is_that_of_the_network(family):
    for each in variants(family):
        inputs, shape, network = built(each)
        assert each.misfit(inputs, shape) == ""
        cost, layers = each.cost(inputs, shape), find_weighted(network)
        assert cost.weights == sum(np.prod(layer.kernel.shape) for layer in layers)
        given = sum(np.prod(layer.output.shape[1:]) for layer in layers)
        assert cost.values == sum(map(np.prod, inputs.values())) + given


@pytest.mark.parametrize("family", FAMILIES)
def test_its_products_are_those_of_its_layers(family):
    """Of a matrix product all pairs; of a convolution, for each pixel that it gives (a transposed
    one: that it takes) the kernel's all."""
    import keras

    _, _, network = built(family)
    expected = 0
    for layer in find_weighted(network):
        transposed = isinstance(layer, keras.layers.Conv2DTranspose)
        places = np.prod((layer.input if transposed else layer.output).shape[1:-1])
        expected += places * np.prod(layer.kernel.shape)
        rows, inner, columns = product_of(layer, 6)
        window = np.prod(layer.kernel.shape[:-2])
        assert rows == 6 * places
        assert inner == layer.input.shape[-1] * (1 if transposed else window)
        assert columns == layer.output.shape[-1] * (window if transposed else 1)
    assert multiply_adds(network) == expected


def test_weights_are_drawn_as_asked():
    """Glorot's and He's uniform bounds (2010, 2015), and a normal of the given deviation."""
    wide = {"family": "mlp", "hidden": (300,)}
    inputs, bounds = {"examples": (200,)}, {"glorot_uniform": (6 / 500) ** 0.5}
    bounds["he_uniform"] = (6 / 200) ** 0.5
    for kind, bound in bounds.items():
        network = MLP(**wide, initializer=kind).build("n", inputs, (1,), 1)
        kernel = np.asarray(network.get_layer("n_dense_0").kernel)
        assert 0.99 * bound < np.abs(kernel).max() <= bound
    options = {"initializer": "normal", "output_initializer": "normal", "stddev": 0.5}
    normal = MLP(**wide, **options, bias_initializer="normal").build("n", inputs, (300,), 1)
    for name in ("n_dense_0", "n_output"):
        kernel, bias = map(np.asarray, normal.get_layer(name).weights)
        assert kernel.std() == pytest.approx(0.5, rel=0.02)
        assert bias.std() == pytest.approx(0.5, rel=0.15)
    plain = MLP(**wide).build("n", inputs, (1,), 1)
    assert not np.asarray(plain.get_layer("n_dense_0").bias).any()
    convolutions = discriminator(stddev=0.3, kernel=8).get_layer("discriminator_down_1")
    assert np.asarray(convolutions.kernel).std() == pytest.approx(0.3, rel=0.06)


def test_weights_hang_on_the_seed_and_the_layers_name():
    def kernels(name="n", seed=1):
        network = MLP(family="mlp", hidden=(4, 4, 4)).build(name, {"examples": (4,)}, (4,), seed)
        return [np.asarray(layer.kernel) for layer in find_weighted(network)]

    first = kernels()
    assert all(np.array_equal(a, b) for a, b in zip(first, kernels(), strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(first, kernels("m"), strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(first, kernels(seed=2), strict=True))
    assert len({each.tobytes() for each in first}) == 4


@pytest.mark.parametrize(
    ("build", "biased"),
    [
        (generator, {"generator_dense": False, "generator_up_0": False, "generator_output": True}),
        (
            discriminator,
            {"discriminator_down_0": True, "discriminator_down_1": False,
             "discriminator_output": True},
        ),
    ],
)  # fmt: skip
def test_no_bias_before_a_batchs_normalisation(build, biased):
    network = build()
    assert {n: network.get_layer(n).use_bias for n in biased} == biased
    names = {layer.name for layer in network.layers}
    normalised = {name for name in biased if f"{name}_norm" in names}
    assert normalised == {name for name, bias in biased.items() if not bias}
    other = build(normalization="none")
    assert all(other.get_layer(name).use_bias for name in biased)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("relu", lambda x: np.maximum(x, 0)),
        ("tanh", np.tanh),
        ("leaky_relu", lambda x: np.where(x > 0, x, 0.3 * x)),
    ],
)
def test_activations(kind, expected):
    network = mlp(activation=kind, slope=0.3)
    x = RNG.normal(size=(3, 7)).astype("float32")
    np.testing.assert_allclose(network.get_layer("critic_activation_0")(x), expected(x), atol=1e-6)
    sloped = discriminator(slope=0.4).get_layer("discriminator_down_0_activation")
    np.testing.assert_allclose(sloped(np.float32([[-1.0, 2.0]])), [[-0.4, 2.0]], rtol=1e-6)


def test_the_output_is_as_asked_and_in_float32():
    for output in ("linear", "tanh"):
        network = generator(output=output)
        last = network.layers[-1]
        assert (last.activation.__name__, last.compute_dtype) == (output, "float32")
    assert discriminator().layers[-1].activation.__name__ == "linear"
    assert generator().layers[-1].activation.__name__ == "tanh"


def test_labels_are_constant_channels_behind_the_image():
    import keras

    family = DCGANDiscriminator(family="dcgan_discriminator", filters=(4,))
    entries = {"examples": (4, 6, 2), "labels": (3,)}
    network = family.build("d", entries, (1,), 1)
    joined = keras.Model(network.inputs, network.get_layer("d_inputs").output)
    images, labels = RNG.normal(size=(5, 4, 6, 2)), np.eye(5, 3)
    found = np.asarray(joined({"examples": images, "labels": labels}))
    np.testing.assert_allclose(found[..., :2], images, rtol=1e-6)
    np.testing.assert_array_equal(
        found[..., 2:], np.broadcast_to(labels[:, None, None], (5, 4, 6, 3))
    )


@pytest.mark.parametrize(
    ("family", "role", "shape", "told"),
    [
        (FAMILIES[0], "generator", (2,), ""),
        (MLP(family="mlp", normalization="instance"), "generator", (2,), "is for images"),
        (MLP(family="mlp", minibatch="stddev"), "discriminator", (2,), ""),
        (FAMILIES[2], "discriminator", (8, 8, 1), "it is a generator"),
        (FAMILIES[2], "generator", (8, 8, 1), ""),
        (FAMILIES[2], "generator", (8, 12, 1), "sides divisible by 8"),
        (FAMILIES[2], "generator", (12, 8, 1), "sides divisible by 8"),
        (FAMILIES[2], "generator", (8, 8), "sides divisible by 8"),
        (DCGAN_D, "generator", (8, 8, 1), "it is a discriminator"),
        (DCGAN_D, "discriminator", (8,), "it needs images"),
        (DCGAN_D, "discriminator", (3, 3, 1), ""),
        (FAMILIES[-1], "generator", (8, 8, 1), "it is a discriminator"),
        (FAMILIES[-1], "discriminator", (8,), "it needs images"),
        (FAMILIES[-1], "discriminator", (3, 3, 1), ""),
        (FAMILIES[-2], "generator", (8, 8, 1), "it needs images"),
        (FAMILIES[-2], "translator", (8, 8, 1), ""),
        (FAMILIES[-2], "translator", (8, 16, 1), "of the same sides"),
        (FAMILIES[-2], "translator", (64,), "of the same sides"),
        (UNet(family="unet", filters=(4,) * 4), "translator", (8, 8, 1), "divisible by 16"),
        (
            UNet(family="unet", filters=(4,) * 3, normalization="instance"),
            "translator",
            (8, 8, 1),
            "images of one pixel",
        ),
        (MLP(family="mlp"), "translator", (8, 8, 1), ""),
    ],
)
def test_what_can_not_play_a_role_says_why(family, role, shape, told):
    found = misfit(family, role, shape)
    assert told in found
    assert bool(found) == bool(told)


@pytest.mark.parametrize(
    ("options", "mixes"),
    [
        ({}, False),
        ({"normalization": "batch"}, True),
        ({"normalization": "layer"}, False),
        ({"minibatch": "stddev"}, True),
        ({"minibatch": "discrimination"}, True),
    ],
)
def test_who_looks_at_the_others_of_a_batch(options, mixes):
    assert MLP(family="mlp", **options).mixes_examples is mixes
    network = mlp(**options)
    alone = np.concatenate(
        [network({"examples": IMAGES[i : i + 1]}, training=True) for i in range(6)]
    )
    together = np.asarray(network({"examples": IMAGES}, training=True))
    assert np.allclose(alone, together, atol=1e-5) is not mixes


@pytest.mark.parametrize(
    ("family", "options", "fits"),
    [
        ("mlp", {"hidden": [65_536] * 100}, True),
        ("mlp", {"hidden": [65_537]}, False),
        ("mlp", {"hidden": [0]}, False),
        ("mlp", {"hidden": [1] * 101}, False),
        ("mlp", {"stddev": 10.0}, True),
        ("mlp", {"stddev": 10.1}, False),
        ("mlp", {"stddev": 0.0}, False),
        ("dcgan_generator", {"filters": [8192] * 20, "kernel": 64}, True),
        ("dcgan_generator", {"filters": [8193]}, False),
        ("dcgan_generator", {"filters": [0]}, False),
        ("dcgan_generator", {"filters": []}, False),
        ("dcgan_generator", {"filters": [1] * 21}, False),
        ("dcgan_generator", {"filters": [1], "kernel": 65}, False),
        ("dcgan_generator", {"filters": [1], "kernel": 0}, False),
        ("dcgan_discriminator", {"filters": [1], "kernel": 1}, True),
    ],
)
def test_parameters_of_networks_by_their_bounds(family, options, fits):
    kinds = {"mlp": MLP, "dcgan_generator": DCGANGenerator}
    kind = kinds.get(family, DCGANDiscriminator)
    if fits:
        parse(kind, {"family": family, **options})
        return
    with pytest.raises(UserError):
        parse(kind, {"family": family, **options})


def test_what_is_the_default_of_a_network():
    assert MLP(family="mlp").model_dump() == {
        "family": "mlp", "hidden": (), "activation": "leaky_relu", "slope": 0.2, "dropout": 0.0,
        "initializer": "glorot_uniform", "output_initializer": "glorot_uniform",
        "bias_initializer": "zeros", "output": "linear", "stddev": 0.02, "normalization": "none",
        "spectral": False, "minibatch": "none",
    }  # fmt: skip
    g = DCGANGenerator(family="dcgan_generator", filters=(1,))
    d = DCGANDiscriminator(family="dcgan_discriminator", filters=(1,))
    assert (g.kernel, g.slope, g.normalization, g.output, g.up) == (
        4,
        0.2,
        "batch",
        "tanh",
        "transposed",
    )
    assert (d.kernel, d.slope, d.down, d.dropout, d.output) == (4, 0.2, "strided", 0.0, "linear")


def test_dropout_of_dense_layers():
    dropout = mlp(dropout=0.4).get_layer("critic_dropout_0")
    assert np.mean(np.asarray(dropout(np.ones((500, 7)), training=True)) == 0) == pytest.approx(
        0.4, abs=0.04
    )


def test_an_image_of_one_row_is_more_than_one_pixel():
    """As long as it has several columns, or the other way round."""
    options = {"normalization": "instance", "filters": (4, 4, 4)}
    d = DCGANDiscriminator(family="dcgan_discriminator", **options)
    for shape in ((4, 20, 1), (20, 4, 1)):
        assert misfit(d, "discriminator", shape) == ""
    assert "images of one pixel" in misfit(d, "discriminator", (4, 8, 1))


@pytest.mark.parametrize("shape", [(6,), (2, 3), (1, 2, 3)])
def test_dense_layers_see_all_numbers_of_all_inputs(shape):
    """Each input's in a row, one input's behind the other's."""
    family = MLP(family="mlp", hidden=(7,))
    network = family.build("n", {"examples": shape, "labels": (3,)}, (2,), 1)
    (first, bias), (last, shift) = (network.get_layer(f"n_{n}").get_weights() for n in LAYERS)
    examples, labels = RNG.normal(size=(5, *shape)), np.eye(5, 3)
    hidden = np.hstack([examples.reshape(5, 6), labels]) @ first + bias
    expected = np.where(hidden > 0, hidden, 0.2 * hidden) @ last + shift
    found = network({"examples": examples, "labels": labels})
    np.testing.assert_allclose(np.asarray(found), expected, atol=1e-5)
    alone = family.build("n", {"examples": shape}, (2,), 1)
    assert alone({"examples": examples}).shape == (5, 2)


@pytest.mark.parametrize("family", [FAMILIES[0], DCGAN_D])
def test_several_outputs_are_heads_of_one_trunk(family):
    """Each as the one output would be, of its own size."""
    heads = {"score": (1,), "codes": (3,)}
    network = family.build("n", {"examples": (8, 8, 1)}, heads, 1)
    found = network({"examples": IMAGES[..., :1]})
    assert {name: tuple(x.shape) for name, x in found.items()} == {"score": (6, 1), "codes": (6, 3)}
    alone = family.build("n", {"examples": (8, 8, 1)}, (4,), 1)
    count = sum(np.prod(w.shape) for w in network.trainable_variables)
    assert count == sum(np.prod(w.shape) for w in alone.trainable_variables)
    kernels = [network.get_layer(f"n_{name}").get_weights()[0] for name in heads]
    assert [kernel.shape[1] for kernel in kernels] == [1, 3]


LAYERS = ("dense_0", "output")


@pytest.mark.parametrize("shape", [(6,), (2, 3), (1, 2, 3)])
def test_dense_layers_give_what_has_a_shape(shape):
    network = MLP(family="mlp", hidden=(7,)).build("n", {"latents": (5,)}, shape, 1)
    (first, bias), (last, shift) = (network.get_layer(f"n_{n}").get_weights() for n in LAYERS)
    hidden = LATENTS @ first + bias
    expected = (np.where(hidden > 0, hidden, 0.2 * hidden) @ last + shift).reshape(6, *shape)
    np.testing.assert_allclose(np.asarray(network({"latents": LATENTS})), expected, atol=1e-5)


def test_a_layer_of_one_feature():
    parse(MLP, {"family": "mlp", "hidden": [1]})


@pytest.mark.parametrize("examples", [0 * IMAGES, np.repeat(IMAGES[:1], 6, axis=0)])
def test_a_batch_of_copies_has_next_to_no_deviation(examples):
    """Which is a number even where all features are 0."""
    import keras

    network = mlp(minibatch="stddev")
    inner = keras.Model(network.inputs, network.get_layer("critic_with_deviation").output)
    deviations = np.asarray(inner({"examples": examples}))[:, -1]
    assert ((deviations >= 0) & (deviations < 1e-3)).all()
    assert np.isfinite(np.asarray(network({"examples": examples}))).all()


def test_a_direction_is_not_trained():
    for build in (mlp, discriminator):
        network = build(spectral=True, normalization="none")
        directions = [layer.direction for layer in network.layers if hasattr(layer, "direction")]
        trained_ids = {id(v) for v in network.trainable_variables}
        assert len(directions) == 3
        assert not trained_ids & {id(v) for v in directions}
        assert len(trained_ids) == sum(1 + layer.use_bias for layer in find_weighted(network))


@pytest.mark.parametrize("build", [generator, discriminator, mlp])
def test_plain_keras_has_all_weights_and_can_be_trained(build):
    """Also of a network whose weights are anything, and of an average, which isn't trained."""
    network = build(normalization="none")
    network.trainable = False
    network.set_weights([RNG.normal(0, 0.3, w.shape) for w in network.get_weights()])
    name, inputs = ("latents", LATENTS) if build is generator else ("examples", IMAGES)
    plain = in_plain_keras(network)
    expected = forward(network, {name: inputs})
    np.testing.assert_allclose(forward(plain, {name: inputs}), expected, atol=1e-4, rtol=1e-4)
    assert len(plain.trainable_variables) == len(network.weights)
