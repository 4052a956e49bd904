"""An encoder's figures, beside brute force, SciPy and closed forms."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forger.metrics.encoding import (
    importance_weighted,
    log_normal,
    match,
    reconstruction_errors,
)

RNG = np.random.default_rng(4)
PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=30)


def errors(codes, labels):
    return np.sum(match(codes, labels)[codes] != labels)


@given(PAIRS)
def test_errors_by_the_matching_are_the_fewest_of_all_matchings(pairs):
    codes, labels = np.transpose(pairs)
    # Labels 4 and 5 stand for none.
    ways = permutations(range(6), 5)
    fewest = min(np.sum(np.array(way)[codes] != labels) for way in ways)
    assert errors(codes, labels) == fewest


def test_codes_that_are_labels_by_other_names_are_no_errors():
    labels = np.arange(100) % 10
    assert errors((labels + 3) % 10, labels) == 0
    assert errors(np.zeros(100, int), labels) == 90


def test_reconstruction_errors_are_shares_of_the_variance():
    real = RNG.normal(2, [[1.0, 3.0]], (500, 2))
    assert reconstruction_errors(real, real).tolist() == [0.0] * 500
    mean = np.broadcast_to(real.mean(0), real.shape)
    assert reconstruction_errors(real, mean).mean() == pytest.approx(1)
    images, again = RNG.normal(size=(2, 40, 3, 3, 1))
    expected = ((images - again) ** 2).sum((1, 2, 3)) / images.reshape(40, 9).var(0).sum()
    np.testing.assert_allclose(reconstruction_errors(images, again), expected)


def test_log_densities_are_those_of_scipy():
    x, mean, log_variance = RNG.normal(size=(3, 5, 4))
    expected = stats.norm(mean, np.exp(log_variance / 2)).logpdf(x).sum(1)
    np.testing.assert_allclose(log_normal(x, mean, log_variance), expected)
    np.testing.assert_allclose(log_normal(x, mean, 0.0), stats.norm(mean).logpdf(x).sum(1))


def test_the_mean_weight_is_taken_without_overflow():
    weights = RNG.normal(size=(50, 6))
    expected = np.log(np.exp(weights).mean(0))
    np.testing.assert_allclose(importance_weighted(weights), expected)
    np.testing.assert_allclose(importance_weighted(weights - 5000), expected - 5000)
