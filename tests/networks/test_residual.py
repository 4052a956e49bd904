"""Residual networks: their sizes, their beginning, and what is saved of them."""

import numpy as np
import pytest

from forger.methods.products import Given, Product
from forger.models.inference import forward
from forger.models.inspection import inspect
from forger.models.saving import write_products
from forger.networks.base import find_weighted
from forger.networks.layers.strided import in_plain_keras
from forger.networks.residual import ResidualDiscriminator, ResidualGenerator

RNG = np.random.default_rng(0)
LATENTS = RNG.normal(size=(5, 3)).astype("float32")
OPTIONS = [{}, {"spectral": True}, {"normalization": "instance"}, {"normalization": "layer"}]


def generator(filters=(6, 5, 4), **options):
    return ResidualGenerator(family="residual_generator", filters=filters, **options)


def discriminator(filters=(4, 5, 6), **options):
    return ResidualDiscriminator(family="residual_discriminator", filters=filters, **options)


def built(kind, size=(20, 28, 3), **options):
    """A network, its own parameters, and what it takes."""
    if kind == "generator":
        network = generator(**options)
        return network, network.build("g", {"latents": (3,)}, size, 1), {"latents": LATENTS}
    network = discriminator(**options)
    images = RNG.uniform(-1, 1, (5, *size)).astype("float32")
    return network, network.build("d", {"examples": size}, (1,), 1), {"examples": images}


@pytest.mark.parametrize("kind", ["generator", "discriminator"])
@pytest.mark.parametrize("options", OPTIONS)
def test_what_is_saved_is_plain_keras(tmp_path, kind, options):
    _, network, given = built(kind, **options)
    network(given, training=True)
    plain = in_plain_keras(network)
    ours, theirs = forward(network, given), forward(plain, given)
    assert ours.shape == ((5, 20, 28, 3) if kind == "generator" else (5, 1))
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4 * np.abs(ours).max())
    source = {"examples": Given("real"), "latents": Given("real")}
    product = Product(plain, {name: source[name] for name in given})
    write_products(tmp_path / "model", {kind: product}, {})
    inspect(tmp_path / "model" / f"{kind}.keras")


@pytest.mark.parametrize("kind", ["generator", "discriminator"])
@pytest.mark.parametrize("filters", [(6, 5, 4), (5, 5, 5)])
def test_costs_are_those_of_the_layers(kind, filters):
    network, model, given = built(kind, filters=filters)
    inputs = {name: rows.shape[1:] for name, rows in given.items()}
    layers = find_weighted(model)
    cost = network.cost(inputs, (20, 28, 3) if kind == "generator" else (1,))
    assert cost.weights == sum(np.prod(layer.kernel.shape) for layer in layers)
    outputs = sum(np.prod(layer.output.shape[1:]) for layer in layers)
    assert cost.values == sum(map(np.prod, inputs.values())) + outputs


def test_a_block_begins_as_its_short_cut():
    """A generator whose blocks add nothing yet: nearest pixels of the small image."""
    _, network, given = built("generator", filters=(4, 4, 4))
    found = forward(network, given)
    # Away from the edge of the last convolution, which alone looks at neighbours.
    block = found[:, 4:8, 4:8]
    np.testing.assert_allclose(block[:, 1:3, 1:3], block[:, 1:2, 1:2] + 0 * block[:, 1:3, 1:3])
    trained = [layer.name for layer in network.layers if layer.name.endswith("_second")]
    assert trained == ["g_up_0_second", "g_up_1_second"]
    assert all(not np.any(network.get_layer(name).kernel) for name in trained)


@pytest.mark.parametrize(
    ("sides", "filters", "fits"),
    [
        ((16, 16), 3, True), ((28, 28), 3, True), ((32, 32), 3, False), ((32, 32), 4, True),
        ((64, 48), 4, True), ((48, 64), 4, True), ((48, 60), 4, False), ((7, 5), 1, True),
        ((3, 5), 1, False), ((24, 96), 3, True),
    ],
)  # fmt: skip
def test_sides_must_halve_to_4_to_7(sides, filters, fits):
    """The shorter one; the longer must halve as often."""
    for network, given, made in (
        (generator((2,) * filters), (3,), (*sides, 3)),
        (discriminator((2,) * filters), (*sides, 3), (1,)),
    ):
        why = network.misfit({"x": given}, made)
        assert (why == "") == fits
        if fits:
            network.build("n", {"x": given}, made, 1)
        else:
            assert why.startswith(f"its {filters} filters halve sides {filters - 1} times")


def test_labels_are_channels_of_d():
    network = discriminator()
    model = network.build("d", {"examples": (16, 16, 1), "labels": (3,)}, (1,), 1)
    given = {
        "examples": np.zeros((3, 16, 16, 1), "f4"),
        "labels": np.eye(3, dtype="f4"),
    }
    assert len({float(x) for x in np.ravel(forward(model, given))}) == 3
