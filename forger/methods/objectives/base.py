"""The interface of an objective: the losses of D and G, and what they mean for a recipe."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from forger.core.lazy import ops

# Maps raw outputs for one kind and for the other (None if unused) to a scalar. They are [batch, 1]
# or, of a D that judges patches, [batch, height, width, 1].
Loss = Callable[[Any, Any], Any]

LN_2 = math.log(2)


@dataclass(frozen=True)
class Objective:
    """The losses of D and G, and their traits.

    D descends ½ real(D(x), D(G(z))) + ½ fake(D(G(z)), D(x)); G descends generator(D(G(z)), D(x)).

    Attributes:
        threshold: D's raw output above which it says "real"; None: D is a critic, whose outputs
            mean something only relative to each other.
        against: the loss of raw outputs held against targets of the same shape: 1 for real, 0 for
            fake, smoothed and flipped as asked; None: the objective has no targets.
        lipschitz: whether something must limit D's slope.
        relative: whether the loss of one kind depends on D's outputs for the other.
        won: D's loss below which it has nothing left to learn, and G nothing to learn from; None:
            the loss has no scale.
        even: D's loss and G's when D can't tell real from fake; None: they have no such value.
    """

    real: Loss
    fake: Loss
    generator: Loss
    threshold: float | None
    against: Loss | None = None
    lipschitz: bool = False
    relative: bool = False
    won: float | None = 0.05
    even: tuple[float, float] | None = None

    def says_real(self, judged: Any, others: Any) -> Any:
        """Tell which of D's raw outputs say "real".

        Args:
            judged: the outputs for examples of one kind, `[batch, …, 1]`.
            others: those for the other kind; for a critic, the limit is midway between the means.
        """
        if self.threshold is not None:
            return judged > self.threshold
        return judged > (ops.mean(judged) + ops.mean(others)) / 2

    @property
    def targets(self) -> bool:
        """Whether the objective holds D's outputs against targets."""
        return self.against is not None
