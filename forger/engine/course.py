"""How a training goes, whatever it trains."""

from typing import NamedTuple


class Course(NamedTuple):
    """How a training goes.

    Attributes:
        seed: of the random numbers that an update draws.
        jit: whether to compile with XLA (JAX always does).
        updates: their number in the training, for what changes over it.
        ema: decay of the averages of the `averaged` roles' weights; None: no averages.
    """

    seed: int
    jit: bool
    updates: int = 1
    ema: float | None = None
