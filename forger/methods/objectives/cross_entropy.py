"""Cross-entropies of D's answers, computed from logits."""

from typing import Any

from forger.core.lazy import ops


def says_real(logits: Any, _: Any = None) -> Any:
    """Return mean −log σ(logit), the cross-entropy of the answer "real"."""
    return ops.mean(ops.softplus(-logits))


def says_fake(logits: Any, _: Any = None) -> Any:
    """Return mean −log(1 − σ(logit)), the cross-entropy of the answer "fake"."""
    return ops.mean(ops.softplus(logits))


def cross_entropy(logits: Any, targets: Any) -> Any:
    """Return mean −t log σ(logit) − (1 − t) log(1 − σ(logit)) for targets t."""
    return ops.mean(targets * ops.softplus(-logits) + (1 - targets) * ops.softplus(logits))


def is_above(outputs: Any, others: Any) -> Any:
    """Return mean −log σ(output − other), the cross-entropy of "more real than the other"."""
    return ops.mean(ops.softplus(others - outputs))
