"""Penalties on the slope of D's output: functions of D, real examples and fakes.

Each takes `judge`, from examples `[batch, …]` to raw outputs `[batch, 1]`, of which each depends on
its own example only (minibatch statistics in D add the slopes of the others' outputs); `real` and
`fakes`; and the `seed` of its random numbers. Each gives a scalar, as its paper has it (remedies.py
cites them). A new one is added to the table below and there.
"""

from collections.abc import Callable
from typing import Any

from forger.core.lazy import ops
from forger.core.random import normal, uniform

Judge = Callable[[Any], Any]


Penalty = Callable[[Judge, Any, Any, Any], Any]

# √c of DRAGAN's noise, in standard deviations of the real data: the paper leaves c to the range of
# the data, and its authors' code takes this.
AROUND = 0.5


def _slopes(judge: Judge, examples: Any) -> Any:
    """|∇D|² at each example, `[batch]`."""
    from forger.engine.backend import input_gradient  # which imports Keras

    gradient = input_gradient(lambda x: ops.sum(judge(x)), examples)
    return ops.sum(ops.square(gradient), axis=list(range(1, len(examples.shape))))


def _from_one(squared: Any) -> Any:
    """Mean of (√squared − 1)²; the root's own slope is infinite at 0."""
    return ops.mean(ops.square(ops.sqrt(squared + 1e-12) - 1))


def _r1(judge: Judge, real: Any, fakes: Any, seed: Any) -> Any:
    return ops.mean(_slopes(judge, real)) / 2


def _r2(judge: Judge, real: Any, fakes: Any, seed: Any) -> Any:
    return ops.mean(_slopes(judge, fakes)) / 2


def _gradient_penalty(judge: Judge, real: Any, fakes: Any, seed: Any) -> Any:
    share = uniform((real.shape[0], *[1] * (len(real.shape) - 1)), seed)
    return _from_one(_slopes(judge, fakes + share * (real - fakes)))


def _dragan(judge: Judge, real: Any, fakes: Any, seed: Any) -> Any:
    noise = AROUND * ops.std(real) * normal(real.shape, seed)  # N(0, c I)
    return _from_one(_slopes(judge, real + noise))


PENALTIES: dict[str, Penalty] = {
    "r1": _r1,
    "r2": _r2,
    "gradient_penalty": _gradient_penalty,
    "dragan": _dragan,
}
