"""Networks of curves: of any length, as large as they say, and plain Keras once saved."""

import keras
import numpy as np
import pytest

from forger.methods.products import Given, Product
from forger.models.folder import load_network
from forger.models.saving import write_products
from forger.networks.base import find_weighted, multiply_adds
from forger.networks.conv1d import Conv1DDiscriminator, Conv1DGenerator
from forger.networks.layers.lines import Double, Line
from forger.networks.layers.strided import in_plain_keras
from forger.networks.periodic import PeriodicDiscriminator, PeriodicGenerator
from forger.networks.recurrent import RecurrentDiscriminator, RecurrentGenerator

RNG = np.random.default_rng(0)
GENERATORS = [
    Conv1DGenerator(family="conv1d_generator", filters=(8, 6, 4)),
    Conv1DGenerator(
        family="conv1d_generator", filters=(8, 6), kernel=4, normalization="batch", spectral=True
    ),
    RecurrentGenerator(family="recurrent_generator", units=(6, 5)),
    RecurrentGenerator(family="recurrent_generator", units=(6,), noise=1, unroll=True),
    PeriodicGenerator(family="periodic_generator", hidden=(7,), units=(5,)),
    PeriodicGenerator(family="periodic_generator", hidden=(7, 6), units=(5, 4, 3), noise=True),
]
DISCRIMINATORS = [
    Conv1DDiscriminator(family="conv1d_discriminator", filters=(4, 6)),
    Conv1DDiscriminator(
        family="conv1d_discriminator", filters=(4, 6), kernel=4, normalization="layer",
        spectral=True, dropout=0.3,
    ),
    RecurrentDiscriminator(family="recurrent_discriminator", units=(6, 5), dropout=0.3),
    PeriodicDiscriminator(family="periodic_discriminator", hidden=(7, 5)),
]  # fmt: skip


def built(family, shape):
    generates = "generator" in family.family
    inputs = {"latents": (60,)} if generates else {"examples": shape}
    inputs |= {"labels": (3,)}
    output = shape if generates else (2,)
    assert family.misfit(inputs, output) == ""
    return inputs, output, family.build("n", inputs, output, 1)


@pytest.mark.parametrize("shape", [(19, 2), (8,)])
@pytest.mark.parametrize("family", [*GENERATORS, *DISCRIMINATORS])
def test_what_is_saved_is_plain_keras_of_the_same_values(family, shape, tmp_path):
    inputs, output, network = built(family, shape)
    given = {name: RNG.normal(size=(5, *each)).astype(np.float32) for name, each in inputs.items()}
    network(given, training=True)
    expected = np.asarray(network(given))
    assert expected.shape == (5, *output)

    product = Product(in_plain_keras(network), {name: Given("real") for name in inputs})
    write_products(tmp_path / "model", {"generator": product}, {})
    loaded = load_network(tmp_path / "model" / "generator.keras")

    np.testing.assert_allclose(np.asarray(loaded(given)), expected, atol=1e-5)
    assert all(type(layer).__module__.startswith("keras.") for layer in loaded.layers)


@pytest.mark.parametrize("shape", [(19, 2), (8,), (16, 1)])
@pytest.mark.parametrize("family", [*GENERATORS, *DISCRIMINATORS])
def test_their_cost_is_that_of_the_network(family, shape):
    inputs, output, network = built(family, shape)
    cost = family.cost(inputs, output)
    loops = [layer for layer in network.layers if hasattr(layer, "cell")]
    dense = find_weighted(network)
    kernels = [layer.kernel for layer in dense]
    kernels += [kernel for layer in loops for kernel in layer.cell.weights[:2]]
    assert cost.weights == sum(np.prod(kernel.shape) for kernel in kernels)
    values = sum(map(np.prod, inputs.values()))
    values += sum(np.prod(layer.output.shape[1:]) for layer in dense)
    values += sum(3 * shape[0] * layer.units for layer in loops)
    assert cost.values == values
    if loops:
        steps = sum(shape[0] * np.prod(k.shape) for x in loops for k in x.cell.weights[:2])
        assert multiply_adds(network) >= steps


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 4, 5])
@pytest.mark.parametrize("steps", [1, 7, 12])
def test_convolutions_are_keras_own(steps, size, stride):
    x = RNG.normal(size=(3, steps, 2)).astype(np.float32)
    options = {"strides": stride, "padding": "same", "bias_initializer": "random_normal"}
    ours, theirs = Line(4, size, **options), keras.layers.Conv1D(4, size, **options)
    ours.build(x.shape), theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(np.asarray(ours(x)), np.asarray(theirs(x)), atol=1e-5)
    np.testing.assert_array_equal(np.asarray(Double(2)(x)), np.repeat(x, 2, axis=1))


@pytest.mark.parametrize(
    ("family", "inputs", "shape", "why"),
    [
        (GENERATORS[0], {"source": (9, 2)}, (9, 2), "it is a generator"),
        (GENERATORS[2], {"latents": (9,)}, (9, 2, 1), "it needs curves"),
        (GENERATORS[0], {"latents": (9,)}, (4, 2), "halve curves of 4 steps beyond one"),
        (GENERATORS[3], {"latents": (9,)}, (9, 1), "its noise takes 9 latents"),
        (DISCRIMINATORS[0], {"examples": (9, 2)}, (9, 1), "it is a discriminator"),
        (DISCRIMINATORS[2], {"examples": (9, 2, 1)}, (1,), "it needs curves"),
        (DISCRIMINATORS[0], {"examples": (9, 2), "source": (8, 2)}, (1,), "of the same steps"),
        (DISCRIMINATORS[0], {"examples": (2, 2)}, (1,), "fewer filters"),
        (
            RecurrentDiscriminator(family="recurrent_discriminator", units=(3,), spectral=True),
            {"examples": (9, 2)}, (1,), "not normalised",
        ),
        (
            RecurrentGenerator(family="recurrent_generator", units=(3,), minibatch="stddev"),
            {"latents": (9,)}, (9, 2), "sees no batch",
        ),
        (GENERATORS[4], {"latents": (9,)}, (9, 2, 1), "it needs curves"),
        (GENERATORS[4], {"latents": (9,)}, (1, 2), "2 steps or more"),
        (GENERATORS[5], {"latents": (18,)}, (9, 2), "its noise takes 18 latents"),
        (
            PeriodicGenerator(family="periodic_generator", minibatch="stddev"),
            {"latents": (9,)}, (9, 2), "sees no batch",
        ),
        (
            PeriodicGenerator(family="periodic_generator", spectral=True),
            {"latents": (9,)}, (9, 2), "not normalised",
        ),
        (DISCRIMINATORS[3], {"examples": (9, 2)}, (9, 1), "it is a discriminator"),
        (
            PeriodicDiscriminator(family="periodic_discriminator", normalization="layer"),
            {"examples": (9, 2)}, (1,), "not normalised",
        ),
    ],
)  # fmt: skip
def test_what_can_not_play_a_role_says_why(family, inputs, shape, why):
    assert why in family.misfit(inputs, shape)


def test_the_shortest_curves_that_can_be_halved():
    assert DISCRIMINATORS[0].misfit({"examples": (3, 2)}, (1,)) == ""
    assert Conv1DGenerator(family="conv1d_generator", filters=(2,)).misfit({"z": (3,)}, (2,)) == ""


def test_each_step_has_noise_of_its_own():
    network = GENERATORS[3].build("n", {"latents": (12,)}, (9, 1), 1)
    latents = RNG.normal(size=(1, 12)).astype(np.float32)
    other = latents.copy()
    other[0, 5] += 1  # the sixth step's
    one, two = (np.asarray(network({"latents": x}))[0, :, 0] for x in (latents, other))
    np.testing.assert_array_equal(one[:5], two[:5])
    assert (one[5:] != two[5:]).all()


def set_biases(network, **values):
    """Let layers give their biases alone, whatever the latents are."""
    for name, value in values.items():
        kernel, bias = network.get_layer(f"n_{name}").get_weights()
        network.get_layer(f"n_{name}").set_weights([0 * kernel, 0 * bias + value])


def test_a_periodic_generator_makes_sines_of_its_frequencies_and_phases():
    own = PeriodicGenerator(family="periodic_generator", hidden=(4,), units=(3,), turns=2.0)
    network = own.build("n", {"latents": (5,)}, (21, 2), 1)
    frequency, phase = np.array([0.5, 1.0, 1.5]), np.array([0.1, -1.0, 2.0])
    set_biases(network, sines_frequency=frequency, sines_phase=phase)
    weights, _ = network.get_layer("n_output").get_weights()
    times = np.linspace(0, 1, 21)[:, None]
    expected = np.sin(2 * np.pi * 2.0 * frequency * times + phase) @ weights
    found = network({"latents": RNG.normal(size=(3, 5)).astype(np.float32)})
    np.testing.assert_allclose(np.asarray(found), np.tile(expected, (3, 1, 1)), atol=1e-5)


def test_a_periodic_generator_adds_noise_of_the_level_it_decides_on():
    own = PeriodicGenerator(family="periodic_generator", hidden=(4,), units=(3,), noise=True)
    network = own.build("n", {"latents": (14,)}, (6, 2), 1)
    set_biases(network, output=0.0, level=np.log(np.expm1([0.5, 2.0])))
    latents = RNG.normal(size=(3, 14)).astype(np.float32)
    noise = latents[:, :12].reshape(3, 6, 2)
    np.testing.assert_allclose(np.asarray(network({"latents": latents})), noise * [0.5, 2], 1e-5)


@pytest.mark.parametrize("steps", [8, 9])
def test_a_periodic_discriminator_sees_the_spectrum_of_numpy(steps):
    network = DISCRIMINATORS[3].build("n", {"examples": (steps, 2)}, (1,), 1)
    curves = RNG.normal(size=(3, steps, 2)).astype(np.float32)
    spectrum = keras.Model(network.input, network.get_layer("n_spectrum_flat").output)
    amplitudes = np.abs(np.fft.rfft(curves, axis=1))[:, 1:] * (2 / steps) ** 0.5
    expected = np.sqrt(np.square(amplitudes) + 1e-4)
    found = np.asarray(spectrum({"examples": curves})).reshape(3, 2, -1)
    np.testing.assert_allclose(found, expected.swapaxes(1, 2), atol=1e-3)
    assert not network.get_layer("n_sine").trainable_variables
