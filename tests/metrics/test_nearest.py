"""The nearest of many examples, against all distances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from forger.data.codecs.affine import Affine
from forger.data.decoded import MOST, Decoded, Vectors, count_fitting
from forger.metrics.nearest import Nearest


@given(st.integers(1, 40), st.integers(1, 45), st.integers(1, 3), st.integers(0, 99))
def test_a_stretch_changes_nothing(n, stretch, k, seed):
    m = 7
    rng = np.random.default_rng(seed)
    examples = rng.normal(size=(n, 2, 3))
    vectors = rng.normal(size=(m, 2, 3))

    distances, rows = Nearest(examples, stretch).search(vectors, k)

    every = cdist(vectors.reshape(m, -1), examples.reshape(n, -1))
    np.testing.assert_array_equal(rows, np.argsort(every, axis=1)[:, :k])
    np.testing.assert_allclose(distances, np.sort(every, axis=1)[:, :k])


def test_no_more_examples_are_decoded_than_are_asked_for():
    encoded = np.arange(12.0, dtype=np.float32).reshape(6, 2)
    seen = []

    class Told(Affine):
        def decode(self, array):
            seen.append(len(array))
            return super().decode(array)

    codec = Told(scale=2.0, offset=1.0)
    examples = Decoded(encoded, codec)
    np.testing.assert_array_equal(examples[np.array([5, 0])], [[21, 23], [1, 3]])
    assert Nearest(Vectors(encoded, codec), 2).search(np.array([[9.2, 11.0]]))[1] == [[2]]
    assert seen == [2, 1, 2, 2, 2]
    assert len(examples) == 6


@pytest.mark.parametrize(("shape", "n"), [((2,), MOST // 2), ((MOST, 3), 1), ((1,), MOST)])
def test_as_many_examples_as_memory_holds(shape, n):
    assert count_fitting(shape) == n
