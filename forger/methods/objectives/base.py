"""What an objective is: the losses of D and G, and what they mean for a recipe."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Raw outputs [batch, 1] for one kind and for the other (None where they don't count) → a scalar.
Loss = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Objective:
    """D descends ½ real(D(x), D(G(z))) + ½ fake(D(G(z)), D(x)), G descends
    generator(D(G(z)), D(x)).

    Attributes:
        threshold: D's raw output above which it says "real"; None: D is a critic, whose outputs
            mean something beside each other only.
        against: the loss of raw outputs held against targets `[batch, 1]`, which may be smoothed
            and flipped, where the objective has them: 1 for real, 0 for fake.
        relative: whether the loss of one kind depends on D's outputs for the other.
        won: D's loss below which it has nothing left to learn, and G nothing to learn from; None:
            it has no scale.
        ln_2: whether both losses are ln 2 where D can't tell.
    """

    real: Loss
    fake: Loss
    generator: Loss
    threshold: float | None
    against: Loss | None = None
    relative: bool = False
    won: float | None = 0.05
    ln_2: bool = False

    @property
    def targets(self) -> bool:
        """Whether D's outputs are held against targets."""
        return self.against is not None
