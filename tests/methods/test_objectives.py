"""Objectives and penalties by their papers' formulas, in NumPy."""

import numpy as np
import pytest
from keras import ops

from forger.engine.backend import input_gradient, vjp
from forger.methods import penalties
from forger.methods.objectives import kinds
from forger.methods.penalties import PENALTIES
from tests.engine.reference import Reference
from tests.engine.small import batches, build, distance, layers, run, weights

OBJECTIVES = kinds.OBJECTIVES.every()
RNG = np.random.default_rng(0)
REAL, FAKE = RNG.normal(1, 2, (50, 1)), RNG.normal(-1, 2, (50, 1))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def says_real(x):
    return -np.log(sigmoid(x)).mean()


def says_fake(x):
    return -np.log(1 - sigmoid(x)).mean()


# D's loss (real and fake half, summed) and G's, by name.
EXPECTED = {
    "minimax": (says_real(REAL) + says_fake(FAKE), -says_fake(FAKE)),
    "non_saturating": (says_real(REAL) + says_fake(FAKE), says_real(FAKE)),
    "least_squares": (np.mean((REAL - 1) ** 2) + np.mean(FAKE**2), np.mean((FAKE - 1) ** 2) / 2),
    "hinge": (
        np.mean(np.maximum(0, 1 - REAL)) + np.mean(np.maximum(0, 1 + FAKE)),
        -np.mean(FAKE),
    ),
    "wasserstein": (np.mean(FAKE) - np.mean(REAL), -np.mean(FAKE)),
    "relativistic": (2 * says_real(REAL - FAKE), says_real(FAKE - REAL)),
    "relativistic_average": (
        says_real(REAL - FAKE.mean()) + says_fake(FAKE - REAL.mean()),
        (says_real(FAKE - REAL.mean()) + says_fake(REAL - FAKE.mean())) / 2,
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_losses(name):
    objective, (of_d, of_g) = OBJECTIVES[name], EXPECTED[name]
    real, fake = REAL.astype("float32"), FAKE.astype("float32")
    found = float(objective.real(real, fake)) + float(objective.fake(fake, real))
    assert found == pytest.approx(of_d, rel=1e-5)
    assert float(objective.generator(fake, real)) == pytest.approx(of_g, rel=1e-5)


@pytest.mark.parametrize("name", [n for n, each in OBJECTIVES.items() if each.targets])
def test_hard_targets_are_the_plain_losses(name):
    objective, real = OBJECTIVES[name], REAL.astype("float32")
    for plain, target in ((objective.real, 1.0), (objective.fake, 0.0)):
        targets = np.full_like(real, target)
        found = float(objective.against(real, targets))
        assert found == pytest.approx(float(plain(real, None)), rel=1e-5)


# Of D(x) = ½ |x|², whose slope at x is x.
def squared(x):
    return ops.sum(ops.square(x), axis=1, keepdims=True) / 2


def norms(x):
    return np.linalg.norm(x, axis=1)


X, Y, NOISE = RNG.normal(size=(3, 20, 3))
SHARES = RNG.uniform(size=(20, 1))
SLOPES = {
    "r1": np.mean(norms(X) ** 2) / 2,
    "r2": np.mean(norms(Y) ** 2) / 2,
    "gradient_penalty": np.mean((norms(Y + SHARES * (X - Y)) - 1) ** 2),
    "dragan": np.mean((norms(X + 0.5 * X.std() * NOISE) - 1) ** 2),
}


def drawn(numbers):
    """What draws these numbers, and no others."""

    def draw(shape, seed):
        assert (shape, seed) == (numbers.shape, SEED)
        return ops.convert_to_tensor(numbers, "float32")

    return draw


SEED = "of the draws"


@pytest.fixture
def _given(monkeypatch):
    monkeypatch.setattr(penalties, "uniform", drawn(SHARES))
    monkeypatch.setattr(penalties, "normal", drawn(NOISE))


@pytest.mark.usefixtures("_given")
@pytest.mark.parametrize("name", PENALTIES)
def test_penalties(name):
    real, fakes = ops.convert_to_tensor(X, "float32"), ops.convert_to_tensor(Y, "float32")
    found = PENALTIES[name](squared, real, fakes, SEED)
    assert float(found) == pytest.approx(SLOPES[name], rel=1e-5)


@pytest.mark.usefixtures("_given")
@pytest.mark.parametrize("name", PENALTIES)
def test_a_flat_discriminator_has_finite_penalties_of_finite_slope(name):
    """√ has an infinite slope at 0, which a new D of zeros would meet."""
    real, fakes = ops.convert_to_tensor(X, "float32"), ops.convert_to_tensor(Y, "float32")

    def of_scale(scale):
        return PENALTIES[name](lambda x: ops.sum(scale * x, 1, keepdims=True), real, fakes, SEED)

    value, pull = vjp(of_scale, [], [ops.zeros(())])
    slope = pull(ops.ones(()))[1][0]
    assert np.isfinite(float(value))
    assert np.isfinite(float(slope))


def test_the_slope_of_a_slope():
    """d/dx |d/dx x³|² = 36 x³."""
    x = ops.convert_to_tensor([2.0])

    def slope_squared(x):
        return ops.sum(ops.square(input_gradient(lambda y: ops.sum(y**3), x)))

    assert float(input_gradient(slope_squared, x)[0]) == pytest.approx(36 * 8)


class WithR1(Reference):
    """R1 of a linear D is ½ |w|²: its slope is w."""

    weight = 0.7

    def _slopes(self, examples, loss):
        ((w, b),) = super()._slopes(examples, loss)
        is_real = loss["non_saturating"](0.0) < 0
        return [(w + self.weight * self.d[0][0] * is_real, b)]


def test_a_penalty_moves_d_as_numpy_says():
    model = build(penalties={"r1": WithR1.weight}, hidden=())
    reference = WithR1(
        layers(model, "generator"), layers(model, "discriminator"),
        "non_saturating", "separate", 0.02, 0.05,
    )  # fmt: skip
    arrays = batches(10)
    run(model, arrays)
    for real, latents in zip(arrays["real"], arrays["latents"], strict=True):
        reference.update(real[0].astype(float), latents[0].astype(float))
    for pair, wanted in zip(layers(model, "discriminator"), reference.d, strict=True):
        for found, value in zip(pair, wanted, strict=True):
            np.testing.assert_allclose(found, value, atol=1e-5)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_any_objective_with_any_penalty(objective):
    weights_of = dict.fromkeys(PENALTIES, 0.5)
    for kind in ("separate", "mixed"):
        model = build(objective=objective, penalties=weights_of, discriminator_batches=kind)
        before = {role: weights(model, role) for role in model.networks}
        reports = run(model, batches(3))
        assert all(np.isfinite(values).all() for values in reports.values())
        assert (reports["penalty"] > 0).all()
        for role in model.networks:
            assert distance(before[role], weights(model, role)) > 1e-4
