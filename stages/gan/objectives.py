"""Pairs of losses of D and G, on D's raw outputs (logits, for the two of Goodfellow et al.)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

Loss = Callable[[Any], Any]  # raw outputs [batch, 1] → a scalar


@dataclass(frozen=True)
class Objective:
    """D descends ½ real(D(x)) + ½ fake(D(G(z))), G descends generator(D(G(z))).

    `threshold` is the raw output above which D says "real".
    """

    real: Loss
    fake: Loss
    generator: Loss
    threshold: float


def _says_real(logits: Any) -> Any:
    """−log σ(logit), the cross-entropy of the answer "real"."""
    return ops.mean(ops.softplus(-logits))


def _says_fake(logits: Any) -> Any:
    """−log(1 − σ(logit)), the cross-entropy of the answer "fake"."""
    return ops.mean(ops.softplus(logits))


OBJECTIVES: dict[str, Objective] = {
    # Goodfellow et al. 2014, equation 1: G descends log(1 − D(G(z))).
    "minimax": Objective(_says_real, _says_fake, lambda logits: -_says_fake(logits), threshold=0.0),
    # Goodfellow et al. 2014, section 3: G ascends log D(G(z)).
    "non_saturating": Objective(_says_real, _says_fake, _says_real, threshold=0.0),
    # Mao et al. 2017, equation 9: targets 1 for real, 0 for fake, 1 for G.
    "least_squares": Objective(
        lambda out: ops.mean(ops.square(out - 1)),
        lambda out: ops.mean(ops.square(out)),
        lambda out: ops.mean(ops.square(out - 1)) / 2,
        threshold=0.5,
    ),
}
