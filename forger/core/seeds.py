"""Random streams, each derived from (seed, purpose), so that adding one never shifts another."""

import zlib

import numpy as np


def _sequence(seed: int, purpose: str, index: int) -> np.random.SeedSequence:
    return np.random.SeedSequence([seed, zlib.crc32(purpose.encode()), index])


def stream(seed: int, purpose: str, index: int = 0) -> np.random.Generator:
    """Return NumPy's generator for one purpose; `index` tells repeated uses apart (epochs, say)."""
    return np.random.default_rng(_sequence(seed, purpose, index))


def integer(seed: int, purpose: str) -> int:
    """Return a seed in [0, 2³¹) for Keras's initializers, dropouts and generators."""
    return int(_sequence(seed, purpose, 0).generate_state(1)[0] >> 1)
