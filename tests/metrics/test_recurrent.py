"""TimeGAN's scores of generators that are known: fresh real curves, and steps in disorder."""

import numpy as np
import pytest

from forger.data.sines import Sines
from forger.metrics.recurrent import discriminate, predict

pytestmark = pytest.mark.slow  # each trains a network, which XLA compiles for seconds
SINES = Sines(kind="sines", train=1)


def draw(seed, n=1000):
    return ((SINES.draw(n, np.random.default_rng(seed)) - 0.75) / 0.25).astype(np.float32)


def test_fresh_curves_are_not_told_and_shuffled_ones_are():
    real = draw(1)
    assert discriminate(draw(2), real, 2) < 0.08  # 3 standard deviations of 400 decisions
    assert discriminate(np.random.default_rng(0).permuted(draw(2), axis=1), real, 2) > 0.4


def test_the_next_step_is_learnt_from_curves_and_not_from_shuffled_ones():
    real = draw(1)
    fresh = predict(draw(2), real, 32)
    assert fresh < 0.03
    assert predict(draw(2), real, 32) == fresh
    assert predict(np.random.default_rng(0).permuted(draw(2), axis=1), real, 32) > 10 * fresh
