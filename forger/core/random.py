"""Random numbers on the device, as tensors of the backend.

Each function takes a `seed`, a `keras.random.SeedGenerator`, and advances its state.
"""

from __future__ import annotations

from math import erf
from typing import Any

from forger.core.lazy import ops, random

Shape = tuple[int, ...]


def uniform(shape: Shape, seed: Any, low: float = 0.0, high: float = 1.0) -> Any:
    """Draw uniformly from [low, high).

    Args:
        shape: the shape of the result.
        seed: the generator to draw from.
        low: the lower end, which may be drawn.
        high: the upper end, which is not.
    """
    return random.uniform(shape, low, high, seed=seed)


def normal(shape: Shape, seed: Any, bound: float = float("inf")) -> Any:
    """Draw from the standard normal distribution, truncated to ± `bound`.

    Like JAX, it inverts the distribution function: TensorFlow's own generators are several times
    slower under XLA on a CPU.
    """
    reach = erf(bound / 2**0.5)
    u = random.uniform(shape, -reach, reach, seed=seed)
    # -1 may be drawn, and its inverse is not finite; 1 is never drawn.
    return ops.erfinv(ops.maximum(u, -1 + 6e-8)) * 2**0.5


def one_hot(n: int, categories: int, seed: Any) -> Any:
    """Draw `[n, categories]`: in each row a 1 at a uniformly drawn place, and zeros."""
    return ops.one_hot(random.randint((n,), 0, categories, seed=seed), categories)
