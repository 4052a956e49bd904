"""The engine's operations on JAX, where state is threaded through pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import keras

Pull = Callable[[Any], tuple[list[Any], list[Any]]]


class Scope(keras.StatelessScope):
    """A stateless scope that may be nested.

    For a variable that it does not map, a nested scope of Keras silently reads the stale value from
    before any scope. This one asks the scope around it.
    """

    def __init__(self, mapping: Iterable[tuple[keras.Variable, Any]]) -> None:
        super().__init__(mapping)
        self.assigned: dict[int, keras.Variable] = {}

    def add_update(self, update: tuple[keras.Variable, Any]) -> None:
        variable, _ = update
        self.assigned[id(variable)] = variable
        super().add_update(update)

    def get_current_value(self, variable: keras.Variable) -> Any:
        value = super().get_current_value(variable)
        if value is None and self.original_scope is not None:
            value = self.original_scope.get_current_value(variable)
        return value

    def values(self, variables: Iterable[keras.Variable]) -> list[Any]:
        """Return the current values of the variables inside this scope."""
        return [self.get_current_value(v) for v in variables]


def vjp(
    fn: Callable[..., Any], variables: Sequence[keras.Variable], inputs: Sequence[Any]
) -> tuple[Any, Pull]:
    """Return `fn(*inputs)`, and a function that pulls a cotangent back to variables and inputs.

    That function may be called any number of times. What `fn` assigns (seeds, moving averages,
    metrics) is assigned once, here.
    """
    assigned: list[keras.Variable] = []

    def pure(values: list[Any], inputs: list[Any]) -> tuple[Any, list[Any]]:
        with Scope(zip(variables, values, strict=True)) as scope:
            out = fn(*inputs)
        assigned[:] = scope.assigned.values()
        return out, scope.values(assigned)

    out, pull, updates = jax.vjp(pure, [v.value for v in variables], list(inputs), has_aux=True)
    _assign(assigned, updates)
    return out, pull


def input_gradient(fn: Callable[[Any], Any], x: Any) -> Any:
    """Return the gradient of a scalar `fn` at `x`, itself differentiable, for penalties."""
    _, pull = vjp(fn, [], [x])
    return pull(jax.numpy.ones(()))[1][0]


def repeat(
    n: Any, body: Callable[[Any, Any], Any], carry: Any, variables: Sequence[keras.Variable]
) -> Any:
    """Run `carry = body(i, carry)` for i in 0 … n-1, and return the last carry.

    Args:
        n: the number of iterations.
        body: from i and the carry to the next carry.
        carry: the first carry.
        variables: all that the body may assign.

    Raises:
        ValueError: the body assigns another variable.
    """
    known = {id(v) for v in variables}

    def once(i: Any, state: tuple[Any, list[Any]]) -> tuple[Any, list[Any]]:
        carry, values = state
        with Scope(zip(variables, values, strict=True)) as scope:
            carry = body(i, carry)
        if lost := [v.path for v in scope.assigned.values() if id(v) not in known]:
            raise ValueError(f"assigned in a loop that does not carry it: {', '.join(lost)}")
        return carry, scope.values(variables)

    carry, values = keras.ops.fori_loop(0, n, once, (carry, [v.value for v in variables]))
    _assign(variables, values)
    return carry


def apply(
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence[Any],
    variables: Sequence[keras.Variable],
) -> None:
    """Take one step of an optimizer that is bound to `variables`."""
    if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer.apply(gradients)
        return
    # It steps only if the gradients are finite: in a branch, where nothing may be assigned.
    weights, state = optimizer.stateless_apply(
        [v.value for v in optimizer.variables], list(gradients), [v.value for v in variables]
    )
    _assign([*variables, *optimizer.variables], [*weights, *state])


def _assign(variables: Iterable[keras.Variable], values: Iterable[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


class Stateful:
    """Mixin that runs `updates(batches, count)` as Keras's `train_step(state, data)` on JAX."""

    def train_step(self: Any, state: Any, data: Any) -> Any:
        batches, count, _ = data
        groups = self.state
        pairs = [
            pair
            for group, values in zip(groups, state, strict=True)
            for pair in zip(group, values, strict=True)
        ]
        with Scope(pairs) as scope:
            logs = self.updates(batches, count)
        return logs, tuple(scope.values(group) for group in groups)
