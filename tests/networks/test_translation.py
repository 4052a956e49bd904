"""The networks of image translation: what reaches an output, and what does not."""

import keras
import numpy as np
import pytest

from forger.methods.products import Given, Product
from forger.models.folder import ModelFolder
from forger.models.saving import write_products
from forger.networks.layers.strided import in_plain_keras
from forger.networks.patches import PatchDiscriminator
from forger.networks.unet import DROPPED, UNet

RNG = np.random.default_rng(6)
SOURCE = RNG.normal(size=(3, 16, 16, 2)).astype("float32")
REAL = RNG.normal(size=(3, 16, 16, 1)).astype("float32")


def unet(**options):
    options = {"filters": (3, 4, 5), "normalization": "none", "stddev": 0.2, **options}
    return UNet(family="unet", **options).build("g", {"source": (16, 16, 2)}, (16, 16, 1), 1)


def patches(**options):
    options = {"filters": (3, 4), "kernel": 3, "normalization": "none", "stddev": 0.3, **options}
    family = PatchDiscriminator(family="patch_discriminator", **options)
    return family.build("d", {"examples": (16, 16, 1), "source": (16, 16, 2)}, (1,), 1)


def called(network, **inputs):
    return np.asarray(network(inputs, training=False))


def test_what_goes_around_the_smallest_image_is_what_each_size_was():
    """Whatever comes up from below is nothing: still the output is that of the largest skip."""
    network = unet()
    for name in ("g_up_0", "g_up_1"):
        layer = network.get_layer(name)
        layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])
    found = called(network, source=SOURCE)
    first = keras.Model(network.input, network.get_layer("g_down_0_activation").output)
    above = np.concatenate([np.zeros((3, 8, 8, 3)), called(first, source=SOURCE)], axis=-1)
    kernel, bias = network.get_layer("g_output").get_weights()
    plain = keras.layers.Conv2DTranspose(1, 4, 2, "same")
    plain.build(above.shape)
    plain.set_weights([kernel, bias])
    expected = np.tanh(np.asarray(plain(above.astype("float32"))))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.ptp(found) > 0.01


def test_the_smallest_image_reaches_every_pixel():
    """With all skips left out: one pixel of the source moves pixels far from it."""
    network = unet(filters=(3, 4, 5, 6))
    moved = SOURCE.copy()
    moved[:, 0, 0] += 5
    apart = np.abs(called(network, source=moved) - called(network, source=SOURCE))
    assert apart[:, -1, -1].max() > 1e-7


@pytest.mark.parametrize("filters", [(3,), (3, 4), (3, 4, 5, 6)])
def test_sides_are_halved_once_a_filter(filters):
    network = unet(filters=filters)
    smallest = network.get_layer(f"g_down_{len(filters) - 1}")
    assert smallest.output.shape == (None, 16 >> len(filters), 16 >> len(filters), filters[-1])
    assert network.output.shape == (None, 16, 16, 1)


def test_only_the_first_layers_on_the_way_up_are_dropped():
    network = unet(filters=(3,) * 4, dropout=0.5)
    dropped = [layer.name for layer in network.layers if "dropout" in layer.name]
    assert dropped == [f"g_up_{i}_dropout" for i in range(DROPPED)]
    training = np.asarray(network({"source": SOURCE}, training=True))
    assert np.abs(training - called(network, source=SOURCE)).max() > 1e-4
    none = unet(filters=(3,) * 4, dropout=0.0)
    assert not any("dropout" in layer.name for layer in none.layers)


def test_neither_the_first_layer_nor_the_output_is_normalised():
    for network, last in ((unet(normalization="batch"), 3), (patches(normalization="batch"), 2)):
        names = [layer.name for layer in network.layers if layer.name.endswith("_norm")]
        name = network.name
        down = [f"{name}_down_{i}_norm" for i in range(1, last)]
        assert names[: len(down)] == down
        assert f"{name}_output_norm" not in names
        assert network.get_layer(f"{name}_output").use_bias
        assert not network.get_layer(f"{name}_down_1").use_bias


@pytest.mark.parametrize(("filters", "kernel", "side", "seen"), [
    ((3,), 3, 16, 5),  # 3 + 2
    ((3, 4), 3, 8, 11),  # two of 3 at half the size: 5 pixels there
    ((3, 4, 5), 2, 4, 12),
])  # fmt: skip
def test_a_patch_is_judged_by_itself(filters, kernel, side, seen):
    """A pixel moves the logits of the patches that it is in, and no others."""
    network = patches(filters=filters, kernel=kernel)
    assert network.output.shape == (None, side, side, 1)
    moved = REAL.copy()
    moved[:, 8, 8] += 3
    before, after = (called(network, examples=x, source=SOURCE) for x in (REAL, moved))
    reached = np.abs(after - before).max((0, 3)) > 1e-8
    stride = 16 // side
    rows, columns = np.where(reached)
    for places in (rows, columns):
        assert places.max() - places.min() < seen / stride + 1
        assert places.min() * stride <= 8 <= places.max() * stride + stride - 1 + seen
    assert 0 < reached.sum() < side * side or seen >= 12


def test_both_images_are_judged():
    network = patches()
    one = called(network, examples=REAL, source=SOURCE)
    assert np.abs(called(network, examples=REAL, source=SOURCE[::-1]) - one).max() > 1e-4
    assert np.abs(called(network, examples=REAL[::-1], source=SOURCE) - one).max() > 1e-4


@pytest.mark.parametrize("options", [{}, {"spectral": True}, {"normalization": "batch"}])
@pytest.mark.parametrize("up", ["transposed", "resize", "pixel_shuffle"])
def test_saved_ones_give_the_same_in_plain_keras(tmp_path, up, options):
    made = {"translator": (unet(up=up, **options), {"source": SOURCE})}
    if up == "transposed":
        made["judge"] = (patches(**options), {"examples": REAL, "source": SOURCE})
    products = {}
    for name, (network, inputs) in made.items():
        for _ in range(3):
            network(inputs, training=True)
        products[name] = Product(in_plain_keras(network), {key: Given(key) for key in inputs})
    write_products(tmp_path / "m", products, {})
    for name, (network, inputs) in made.items():
        again = ModelFolder(tmp_path / "m").load(name).network
        np.testing.assert_allclose(called(again, **inputs), called(network, **inputs), atol=2e-6)
