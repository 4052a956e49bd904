"""Encoders, in NumPy, whose figures have a closed form."""

import numpy as np
import pytest
from scipy import stats

from forger.evaluation.encoding import DRAWS, SHOWN, category_of, measure
from forger.methods.latent import Latent
from forger.methods.products import Drawn, Given, Product
from forger.metrics.encoding import log_normal, match
from tests.data.described import described

RNG = np.random.default_rng(8)
DATA = described(5)
MATRIX, SHIFT, STDDEV = RNG.normal(size=(2, 5)), RNG.normal(size=5), 0.4
Z = RNG.normal(size=(300, 2))
REAL = (Z @ MATRIX + SHIFT + STDDEV * RNG.normal(size=(300, 5))).astype(np.float32)


def linear(stddev=STDDEV):
    """G(z) = z M + b, with noise: x is normal, with a known covariance."""

    def network(inputs, training):
        return inputs["latents"] @ MATRIX + SHIFT

    return Product(network, {"latents": Drawn(Latent(dim=2))}, stddev=stddev)


def encoder(of):
    return Product(lambda inputs, training: of(inputs["examples"]), {"examples": Given("real")})


def posterior(x, wider=1.0):
    """The exact q(z | x) but for its spread; with diagonal columns of M it is diagonal."""
    precision = np.eye(2) + MATRIX @ MATRIX.T / STDDEV**2
    mean = (x - SHIFT) @ MATRIX.T / STDDEV**2 @ np.linalg.inv(precision)
    variance = wider * np.diag(np.linalg.inv(precision))
    return {"latents": mean, "log_variance": np.log(np.broadcast_to(variance, mean.shape))}


@pytest.mark.parametrize("wider", [1.5, 3.0])
def test_the_likelihood_is_that_of_the_normal_law(wider):
    """Whatever the encoder's spread: the weights make up for it."""
    found = measure(encoder(lambda x: posterior(x, wider)), linear(), {"real": REAL}, DATA, 1)
    law = stats.multivariate_normal(SHIFT, MATRIX.T @ MATRIX + STDDEV**2 * np.eye(5))
    expected = law.logpdf(REAL)
    assert found.apart["log_likelihood"] == pytest.approx(expected.mean(), abs=0.05)
    low, high = found.interval["log_likelihood"]
    half = 1.96 * expected.std(ddof=1) / 300**0.5
    assert (high - low) / 2 == pytest.approx(half, rel=0.1)
    assert DRAWS >= 100


def test_reconstructions_are_what_g_makes_of_the_latents():
    found = measure(encoder(posterior), linear(), {"real": REAL}, DATA, 1)
    again = posterior(REAL)["latents"] @ MATRIX + SHIFT
    errors = np.square(REAL - again).sum(1) / REAL.astype(float).var(0).sum()
    assert found.apart["reconstruction_error"] == pytest.approx(errors.mean(), rel=1e-4)
    low, high = found.interval["reconstruction_error"]
    assert low < errors.mean() < high
    np.testing.assert_allclose(found.arrays["reconstructed"], again[:SHOWN], atol=1e-5)
    assert found.quality == {}


def test_what_has_no_density_has_no_likelihood():
    found = measure(encoder(posterior), linear(stddev=None), {"real": REAL}, DATA, 1)
    assert {*found.apart} == {"reconstruction_error"}


def test_inputs_have_the_names_that_the_products_give_them():
    """And what a generator is told besides latents is each example's own."""

    def told(inputs, training):
        return inputs["z"] @ MATRIX + SHIFT + 5 * inputs["of"]

    labels = np.arange(300) % 5
    given = {"of": Given("labels"), "z": Drawn(Latent(dim=2))}
    data = described(5, classes=[*"abcde"])
    held_out = {"real": (REAL + 5 * np.eye(5)[labels]).astype(np.float32), "labels": labels}
    by_class = Product(
        lambda inputs, training: posterior(inputs["x"] - 5 * inputs["of"]),
        {"of": Given("labels"), "x": Given("real")},
    )
    found = measure(by_class, Product(told, given, stddev=STDDEV), held_out, data, 1)
    plain = measure(encoder(posterior), linear(), {"real": REAL}, DATA, 1)
    assert found.apart["log_likelihood"] == pytest.approx(plain.apart["log_likelihood"], abs=0.01)
    again = plain.arrays["reconstructed"] + 5 * np.eye(5)[labels[:SHOWN]]
    np.testing.assert_allclose(found.arrays["reconstructed"], again, atol=1e-4)


def test_another_prior_than_the_normal_one_has_no_likelihood():
    """Rather than a wrong one."""
    uniform = Product(
        linear().network, {"latents": Drawn(Latent(dim=2, law="uniform"))}, stddev=0.4
    )
    found = measure(encoder(posterior), uniform, {"real": REAL}, DATA, 1)
    assert {*found.apart} == {"reconstruction_error"}


def test_codes_are_held_against_labels():
    """Categories that are the labels, but for every tenth."""
    labels = np.arange(200) % 3
    codes = np.where(np.arange(200) % 10 == 0, (labels + 1) % 3, labels)
    law = Latent(dim=2, law="uniform", categories=3)
    inputs = {"latents": Drawn(Latent(dim=2)), "codes": Drawn(law)}
    generator = Product(None, inputs)
    scores = np.hstack([RNG.normal(size=(200, 2)) + 9, 4 * np.eye(3)[(codes + 1) % 3]])
    told = encoder(lambda _: {"codes": scores})
    held_out = {"real": np.zeros((200, 1), np.float32), "labels": labels}
    found = measure(told, generator, held_out, DATA, 1)
    assert found.quality == {"code_error": pytest.approx(0.1)}
    stands_for = found.arrays["stands_for"]
    np.testing.assert_array_equal(stands_for, match((codes + 1) % 3, labels))
    np.testing.assert_array_equal(stands_for, [2, 0, 1])
    assert found.interval["code_error"][0] < 0.1 < found.interval["code_error"][1]
    np.testing.assert_array_equal(category_of(scores, generator), (codes + 1) % 3)
    # Of codes without categories, or of data without labels, there is none.
    inputs["codes"] = Drawn(Latent(dim=5, law="uniform"))
    assert measure(told, Product(None, inputs), held_out, DATA, 1).quality == {}
    unlabelled = measure(told, generator, {"real": held_out["real"]}, DATA, 1)
    assert (unlabelled.quality, unlabelled.apart) == ({}, {})


def test_examples_that_are_all_the_same_have_no_share_of_their_variance():
    same = np.ones((30, 5), np.float32)
    found = measure(encoder(posterior), linear(), {"real": same}, DATA, 1)
    assert {*found.apart} == {"log_likelihood"}
    assert np.isfinite(found.apart["log_likelihood"])


@pytest.mark.parametrize("log_variance", [-200.0, 100.0])
def test_the_density_is_finite_whatever_the_spread(log_variance):
    """Beside SciPy's, where float32 holds neither the variance nor its inverse."""
    x, mean = np.float32([[1.0, 2.0]]), np.float32([[1.0, 1.5]])
    found = log_normal(x, mean, np.full((1, 2), log_variance, np.float32))
    expected = stats.norm(mean.astype(float), np.exp(log_variance / 2)).logpdf(x).sum(1)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
