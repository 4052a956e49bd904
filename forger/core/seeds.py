"""Every random stream is derived from (seed, purpose), so that adding one never shifts another."""

import zlib

import numpy as np


def _sequence(seed: int, purpose: str, index: int) -> np.random.SeedSequence:
    return np.random.SeedSequence([seed, zlib.crc32(purpose.encode()), index])


def stream(seed: int, purpose: str, index: int = 0) -> np.random.Generator:
    """NumPy's generator for one purpose; `index` tells repeated uses apart (an epoch, say)."""
    return np.random.default_rng(_sequence(seed, purpose, index))


def integer(seed: int, purpose: str) -> int:
    """A seed in [0, 2³¹) for what takes an integer: Keras initializers, dropouts, generators."""
    return int(_sequence(seed, purpose, 0).generate_state(1)[0] >> 1)
