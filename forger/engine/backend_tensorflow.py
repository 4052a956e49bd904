"""The engine's operations on TensorFlow, where variables are assigned in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

Pull = Callable[[Any], tuple[list[Any], list[Any]]]


def vjp(
    fn: Callable[..., Any], variables: Sequence[keras.Variable], inputs: Sequence[Any]
) -> tuple[Any, Pull]:
    """Return `fn(*inputs)`, and a function that pulls a cotangent back to variables and inputs.

    That function may be called any number of times: a persistent tape adds nothing to the compiled
    graph.
    """
    watched = [v.value for v in variables]
    inputs = list(inputs)
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(watched + inputs)
        out = fn(*inputs)

    def pull(cotangent: Any) -> tuple[list[Any], list[Any]]:
        gradients = tape.gradient(
            out, watched + inputs, output_gradients=cotangent, unconnected_gradients="zero"
        )
        return gradients[: len(watched)], gradients[len(watched) :]

    return out, pull


def input_gradient(fn: Callable[[Any], Any], x: Any) -> Any:
    """Return the gradient of a scalar `fn` at `x`, itself differentiable, for penalties."""
    _, pull = vjp(fn, [], [x])
    return pull(tf.ones(()))[1][0]


def repeat(
    n: Any, body: Callable[[Any, Any], Any], carry: Any, variables: Sequence[keras.Variable]
) -> Any:
    """Run `carry = body(i, carry)` for i in 0 … n-1, and return the last carry.

    Args:
        n: the number of iterations.
        body: from i and the carry to the next carry.
        carry: the first carry.
        variables: not used here, as they are assigned in place.
    """
    return keras.ops.fori_loop(0, n, body, carry)


def apply(
    optimizer: keras.optimizers.Optimizer, gradients: Sequence[Any], _: Sequence[keras.Variable]
) -> None:
    """Take one step of an optimizer that is bound to its variables."""
    optimizer.apply(gradients)


class Stateful:
    """Mixin that runs `updates(batches, count)` as Keras's `train_step(data)` on TensorFlow."""

    def train_step(self: Any, data: Any) -> Any:
        batches, count, _ = data
        return self.updates(batches, count)
