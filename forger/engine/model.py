"""The Keras model that trains a method's networks, many whole updates a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import keras
import numpy as np

from forger.engine import backend
from forger.engine.optimizer import Composite, has_scale

SKIPPED = "skipped"  # the report of the steps that loss scales leave out


@dataclass(frozen=True)
class Shared:
    """A forward pass that several descents use: its value, and its way back to `player`. All go
    back through the pass as it was, whatever steps came since."""

    player: str
    value: Any
    pull: Callable[[Any], tuple[list[Any], list[Any]]]


class Algorithm(Protocol):
    """What is trained, and how: see forger/methods/base.py."""

    players: ClassVar[Mapping[str, tuple[str, ...]]]
    averaged: ClassVar[tuple[str, ...]]

    @property
    def reports(self) -> tuple[str, ...]:
        """The names of what an update logs."""

    def update(self, step: Step, batch: dict[str, Any]) -> None:
        """Run one update on one row of the batches."""


class Adversarial(backend.Stateful, keras.Model):
    """Owns the networks, the optimizers, the metrics and the random stream of a method.

    `train_on_batch(batches, count)` takes arrays of shape `[k, …]`, a row an update, and runs the
    first `count[0] <= k` of them. `count` is an int32 array of shape (1,): being data it causes no
    new trace, so a shorter last call is padded to k. Returns the reports of each update, `[k]`
    float32 by name; those of updates that were not run are 0.

    In float16 there is one report more, `skipped`: how many of the update's steps were left out
    because a gradient was not finite at its player's loss scale, which is halved then. It is NaN
    where a loss is not finite, or a gradient is not at a scale of 1: the training has diverged.

    Args:
        method: says the players, the reports and the update.
        fields: what an update may know of the data and the latents, as `Step.fields`.
        networks: a built Keras model a role.
        optimizers: a Keras optimizer a player, not built yet.
        seed: of the random numbers an update draws.
        jit: compile with XLA (JAX always does).
        updates: how many there will be, for what changes over the training.
        ema: decay of the averages of the `averaged` roles' weights; None: no averages.

    Attributes:
        averages: for these roles, a network whose weights are means over the updates so far.
        logged: a metric for each report, in their order.
    """

    def __init__(
        self,
        method: Algorithm,
        fields: Any,
        networks: Mapping[str, keras.Model],
        optimizers: Mapping[str, keras.optimizers.Optimizer],
        seed: int,
        jit: bool,
        updates: int = 1,
        ema: float | None = None,
    ) -> None:
        super().__init__(name="adversarial")
        self.method, self.fields = method, fields
        self.networks = dict(networks)
        self.total, self.ema = updates, ema
        self.averages = {} if ema is None else {r: _copy(networks[r]) for r in method.averaged}
        self.logged = {name: keras.metrics.Mean(name=name) for name in method.reports}
        if any(has_scale(optimizer) for optimizer in optimizers.values()):
            self.logged[SKIPPED] = keras.metrics.Sum(name=SKIPPED)
        self.random = keras.random.SeedGenerator(seed)
        self.built = True
        # The lists are kept: `trainable_variables` collects them anew at every call.
        self.moved = {
            player: [v for role in roles for v in networks[role].trainable_variables]
            for player, roles in method.players.items()
        }
        composite = Composite(optimizers, self.moved)
        self.compile(optimizer=composite, jit_compile=jit, auto_scale_loss=False)

    @property
    def state(self) -> tuple[list[keras.Variable], ...]:
        """All that training changes, in the groups and order of Keras's stateless training."""
        return (
            self.trainable_variables,
            self.non_trainable_variables,
            self.optimizer.variables,
            self.metrics_variables,
        )

    def get_state(self) -> list[np.ndarray]:
        """A copy of all that training changes: weights, averages, every optimizer's state, every
        random stream's. (Neither `save_weights` nor TensorFlow's checkpoints have the last.)"""
        return [keras.ops.convert_to_numpy(v) for group in self.state for v in group]

    def set_state(self, values: Sequence[np.ndarray]) -> None:
        """Be as when `get_state` gave these.

        Raises:
            ValueError: they are of another model; nothing has changed.
        """
        variables = [v for group in self.state for v in group]
        own = [(tuple(v.shape), keras.backend.standardize_dtype(v.dtype)) for v in variables]
        if own != [(v.shape, v.dtype.name) for v in values]:
            raise ValueError(f"found the {len(values)} variables of another model")
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    def reset_metrics(self) -> None:
        """Nothing: every update starts its own, inside the compiled call."""

    def updates(self, batches: Any, count: Any) -> dict[str, Any]:
        """Run `count[0]` updates on the first rows of `batches`: the body of a compiled call."""
        step, logged = Step(self), self.logged.values()
        k = keras.ops.shape(keras.tree.flatten(batches)[0])[0]

        def update(i: Any, reports: Any) -> Any:
            for metric in logged:
                metric.reset_state()
            self.method.update(step, keras.tree.map_structure(lambda rows: rows[i], batches))
            self.optimizer.iterations.assign_add(1)
            self._average()
            row = keras.ops.stack([metric.result() for metric in logged])
            return keras.ops.scatter_update(reports, [[i]], row[None])

        reports = backend.repeat(count[0], update, keras.ops.zeros((k, len(logged))), step.state)
        return dict(zip(self.logged, keras.ops.unstack(reports, axis=1), strict=True))

    def kept(self) -> dict[str, keras.Model]:
        """The networks that training is for: averages, where there are some."""
        return {**self.networks, **self.averages}

    def _average(self) -> None:
        """Move the averages on: over a ninth of the updates so far, until `ema` reaches further."""
        if self.ema is None:
            return
        n = keras.ops.cast(self.optimizer.iterations, "float32")
        decay = keras.ops.minimum(self.ema, n / (n + 9))
        for role, average in self.averages.items():
            weights = self.networks[role].weights
            for mean, weight in zip(average.weights, weights, strict=True):
                mean.assign(weight + decay * (mean - weight))
            for layer in average.layers:
                if hasattr(layer, "settle"):  # has weights that follow from others
                    layer.settle()


class Step:
    """The words that an update is written in. `fields` is what it may know of data and latents,
    `random` the stream of its random numbers, a `keras.random.SeedGenerator`."""

    def __init__(self, model: Adversarial) -> None:
        self._model = model
        self.fields, self.random = model.fields, model.random
        self.state = [v for group in model.state for v in group]

    def progress(self) -> Any:
        """Share of the training that is over, from 0 on."""
        done = keras.ops.cast(self._model.optimizer.iterations, "float32")
        return done / float(self._model.total)

    def networks(self, *roles: str) -> list[Callable[[Any], Any]]:
        """The networks of these roles, in training mode."""
        return [_in_training(self._model.networks[role]) for role in roles]

    def share(self, player: str, forward: Callable[[], Any]) -> Shared:
        """Run `forward` once for several descents; `player`'s variables get its gradient."""
        value, pull = backend.vjp(forward, self._model.moved[player], [])
        return Shared(player, value, pull)

    def gradient(self, player: str, loss: Callable[..., Any], *shared: Shared) -> list[Any]:
        """The gradient of `loss(*values of shared)` in the player's variables, times its loss
        scale. It flows back through what the player itself shares, and stops at what others do."""
        own = [s for s in shared if s.player == player]

        def of_own(*values: Any) -> Any:
            rest = iter(values)
            return loss(*(next(rest) if s.player == player else s.value for s in shared))

        out, pull = backend.vjp(of_own, self._model.moved[player], [s.value for s in own])
        if SKIPPED in self._model.logged:
            self.log(skipped=keras.ops.where(keras.ops.isfinite(out), 0.0, float("nan")))
        scale = self._model.optimizer.scaled(player, keras.ops.ones_like(out))
        gradients, cotangents = pull(scale)
        for s, cotangent in zip(own, cotangents, strict=True):
            through, _ = s.pull(cotangent)
            gradients = [g + t for g, t in zip(gradients, through, strict=True)]
        return gradients

    def apply(self, player: str, gradients: list[Any]) -> None:
        """One step of the player's optimizer, which its loss scale may leave out."""
        if SKIPPED in self._model.logged:
            self.log(skipped=self._model.optimizer.skips(player, gradients))
        self._model.optimizer.apply_to(player, gradients)

    def descend(self, player: str, loss: Callable[..., Any], *shared: Shared) -> Any:
        """Gradient, then apply: one step of the player down `loss(*values of shared)`.

        Returns the gradient's length; not finite where the step is left out.
        """
        gradients = self.gradient(player, loss, *shared)
        scale = self._model.optimizer.scaled(player, keras.ops.ones(()))
        squares = sum(keras.ops.sum(keras.ops.square(g / scale)) for g in gradients)
        self.apply(player, gradients)
        return keras.ops.sqrt(squares)

    def repeat(self, n: int, body: Callable[[Any], object]) -> None:
        """Run `body(i)` for i in 0 … n-1."""

        def once(i: Any, nothing: Any) -> Any:
            body(i)
            return nothing

        if n:
            backend.repeat(n, once, 0, self.state)

    def log(self, **values: Any) -> None:
        """Report scalars; what an update logs several times is averaged."""
        for name, value in values.items():
            self._model.logged[name].update_state(value)


def _copy(network: keras.Model) -> keras.Model:
    """Another with the same weights, which is not trained."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    copy.trainable = False
    return copy


def _in_training(network: keras.Model) -> Callable[[Any], Any]:
    return lambda inputs: network(inputs, training=True)
