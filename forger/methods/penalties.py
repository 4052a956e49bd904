"""Penalties on the slope of D's output, as functions of D, real examples and fakes.

Each takes `judge`, from examples `[batch, …]` to raw outputs `[batch, 1]`, or to maps of patches,
whose mean counts; `real` and `fakes`; and the `seed` of its random numbers. It returns a scalar as
in its paper, which remedies.py cites. Each output should depend on its own example only: minibatch
statistics in D add the slopes of the others' outputs. A new penalty goes into the table below and
into `Penalties` in remedies.py.
"""

import math
from collections.abc import Callable
from typing import Any

from forger.core.lazy import ops
from forger.core.random import normal, uniform

Judge = Callable[[Any], Any]


Penalty = Callable[[Judge, Any, Any, Any], Any]

# √c of DRAGAN's noise, in standard deviations of the real data. The paper makes c depend on the
# range of the data; this is the value in its authors' code.
AROUND = 0.5


def _slopes(judge: Judge, examples: Any) -> Any:
    """Return |∇D|² at each example, `[batch]`."""
    from forger.engine.backend import input_gradient  # imports Keras

    # Of a map of patches, D's output is the mean.
    def total(x: Any) -> Any:
        judged = judge(x)
        return ops.sum(judged) / math.prod(judged.shape[1:])

    gradient = input_gradient(total, examples)
    return ops.sum(ops.square(gradient), axis=list(range(1, len(examples.shape))))


def _from_one(squared: Any) -> Any:
    """Return the mean of (√squared − 1)², kept off 0, where the root's slope is infinite."""
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
