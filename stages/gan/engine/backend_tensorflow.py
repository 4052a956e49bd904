"""The engine's words on TensorFlow, where variables are assigned in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

Pull = Callable[[Any], tuple[list[Any], list[Any]]]


def vjp(
    fn: Callable[..., Any], variables: Sequence[keras.Variable], inputs: Sequence[Any]
) -> tuple[Any, Pull]:
    """`fn(*inputs)` and the function that pulls a cotangent back to variables and inputs."""
    watched, inputs = [v.value for v in variables], list(inputs)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(watched + inputs)
        out = fn(*inputs)

    def pull(cotangent: Any) -> tuple[list[Any], list[Any]]:
        gradients = tape.gradient(
            out, watched + inputs, output_gradients=cotangent, unconnected_gradients="zero"
        )
        return gradients[: len(watched)], gradients[len(watched) :]

    return out, pull


def input_gradient(fn: Callable[[Any], Any], x: Any) -> Any:
    """The gradient of a scalar `fn` at `x`; differentiable again, for penalties."""
    _, pull = vjp(fn, [], [x])
    return pull(tf.ones(()))[1][0]


def repeat(n: Any, body: Callable[[Any], object], variables: Sequence[keras.Variable]) -> None:
    """Run `body(i)` for i in 0 … n-1; `variables` are assigned in place."""

    def once(i: Any, nothing: Any) -> Any:
        body(i)
        return nothing

    keras.ops.fori_loop(0, n, once, 0)


class Stateful:
    """Turns Keras's `train_step(data)` on TensorFlow into `updates(batches, count)`."""

    def train_step(self: Any, data: Any) -> Any:
        batches, count, _ = data
        return self.updates(batches, count)
