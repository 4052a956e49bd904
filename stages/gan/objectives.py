"""Pairs of losses of D and G, on D's raw outputs (logits, for the first two).

What each means for a recipe besides is in params/objective.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

# Raw outputs [batch, 1] for one kind and for the other (None where they don't count) → a scalar.
Loss = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Objective:
    """D descends ½ real(D(x), D(G(z))) + ½ fake(D(G(z)), D(x)), G descends
    generator(D(G(z)), D(x)).

    Attributes:
        against: the loss of raw outputs held against targets `[batch, 1]`, where the objective has
            them: 1 for real, 0 for fake.
    """

    real: Loss
    fake: Loss
    generator: Loss
    against: Loss | None = None


def _says_real(logits: Any, _: Any = None) -> Any:
    """−log σ(logit), the cross-entropy of the answer "real"."""
    return ops.mean(ops.softplus(-logits))


def _says_fake(logits: Any, _: Any = None) -> Any:
    """−log(1 − σ(logit)), the cross-entropy of the answer "fake"."""
    return ops.mean(ops.softplus(logits))


def _cross_entropy(logits: Any, targets: Any) -> Any:
    """−t log σ(logit) − (1 − t) log(1 − σ(logit))."""
    return ops.mean(targets * ops.softplus(-logits) + (1 - targets) * ops.softplus(logits))


def _squares(outputs: Any, targets: Any) -> Any:
    return ops.mean(ops.square(outputs - targets))


def _below(outputs: Any, others: Any) -> Any:
    """−log σ(output − other): the cross-entropy of "more real than the other"."""
    return ops.mean(ops.softplus(others - outputs))


OBJECTIVES: dict[str, Objective] = {
    # Goodfellow et al. 2014, equation 1: G descends log(1 − D(G(z))).
    "minimax": Objective(
        _says_real, _says_fake, lambda fake, _: -_says_fake(fake), against=_cross_entropy
    ),
    # Goodfellow et al. 2014, section 3: G ascends log D(G(z)).
    "non_saturating": Objective(_says_real, _says_fake, _says_real, against=_cross_entropy),
    # Mao et al. 2017, equation 9: targets 1 for real, 0 for fake, 1 for G.
    "least_squares": Objective(
        real=lambda real, _: _squares(real, 1),
        fake=lambda fake, _: _squares(fake, 0),
        generator=lambda fake, _: _squares(fake, 1) / 2,
        against=_squares,
    ),
    # Lim and Ye 2017, equations 8 and 9.
    "hinge": Objective(
        real=lambda real, _: ops.mean(ops.relu(1 - real)),
        fake=lambda fake, _: ops.mean(ops.relu(1 + fake)),
        generator=lambda fake, _: -ops.mean(fake),
    ),
    # Arjovsky et al. 2017, algorithm 1, whose D is kept Lipschitz by a penalty or by clipping.
    "wasserstein": Objective(
        real=lambda real, _: -ops.mean(real),
        fake=lambda fake, _: ops.mean(fake),
        generator=lambda fake, _: -ops.mean(fake),
    ),
    # Jolicoeur-Martineau 2019, equations 6 and 7, each real example paired with a fake. D's loss
    # counts for both halves, so that it is ln 2 where D can't tell.
    "relativistic": Objective(
        real=lambda real, fake: _below(real, fake),
        fake=lambda fake, real: _below(real, fake),
        generator=lambda fake, real: _below(fake, real),
    ),
    # The same, equations 12 to 15: each held against the mean of the other kind.
    "relativistic_average": Objective(
        real=lambda real, fake: _below(real, ops.mean(fake)),
        fake=lambda fake, real: _below(ops.mean(real), fake),
        generator=lambda fake, real: (
            (_below(fake, ops.mean(real)) + _below(ops.mean(fake), real)) / 2
        ),
    ),
}
