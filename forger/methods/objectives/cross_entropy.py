"""The cross-entropy of D's answers, on logits."""

from typing import Any

from forger.core.lazy import ops


def says_real(logits: Any, _: Any = None) -> Any:
    """−log σ(logit), the cross-entropy of the answer "real"."""
    return ops.mean(ops.softplus(-logits))


def says_fake(logits: Any, _: Any = None) -> Any:
    """−log(1 − σ(logit)), the cross-entropy of the answer "fake"."""
    return ops.mean(ops.softplus(logits))


def cross_entropy(logits: Any, targets: Any) -> Any:
    """−t log σ(logit) − (1 − t) log(1 − σ(logit))."""
    return ops.mean(targets * ops.softplus(-logits) + (1 - targets) * ops.softplus(logits))


def is_above(outputs: Any, others: Any) -> Any:
    """−log σ(output − other): the cross-entropy of "more real than the other"."""
    return ops.mean(ops.softplus(others - outputs))
