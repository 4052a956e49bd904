"""Least-squares losses (Mao et al. 2017, equation 9): targets 1 for real, 0 for fake, 1 for G."""

from typing import Any

from forger.core.lazy import ops
from forger.methods.objectives.base import Objective


def _squares(outputs: Any, targets: Any) -> Any:
    return ops.mean(ops.square(outputs - targets))


OBJECTIVE = Objective(
    real=lambda real, _: _squares(real, 1),
    fake=lambda fake, _: _squares(fake, 0),
    generator=lambda fake, _: _squares(fake, 1) / 2,
    threshold=0.5,
    against=_squares,
    won=0.02,
)
