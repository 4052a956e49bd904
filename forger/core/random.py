"""Random numbers on the device, as tensors of the backend.

Each function takes `seed`, a `keras.random.SeedGenerator`, whose state moves on.
"""

from __future__ import annotations

from math import erf
from typing import Any

from forger.core.lazy import ops, random

Shape = tuple[int, ...]


def uniform(shape: Shape, seed: Any, low: float = 0.0, high: float = 1.0) -> Any:
    """Uniform on [low, high)."""
    return random.uniform(shape, low, high, seed=seed)


def normal(shape: Shape, seed: Any, bound: float = float("inf")) -> Any:
    """Standard normal, within ± `bound`.

    By the inverse of the distribution function, as JAX does it: TensorFlow's own are several
    times slower under XLA on a CPU.
    """
    reach = erf(bound / 2**0.5)
    u = random.uniform(shape, -reach, reach, seed=seed)
    # -1, whose inverse is not finite, may be drawn; 1 is not.
    return ops.erfinv(ops.maximum(u, -1 + 6e-8)) * 2**0.5


def one_hot(n: int, categories: int, seed: Any) -> Any:
    """`[n, categories]`: in each row a 1 at a place drawn evenly, and zeros."""
    return ops.one_hot(random.randint((n,), 0, categories, seed=seed), categories)
