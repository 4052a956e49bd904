"""The Keras model that trains a method's networks, many whole updates per call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import keras
import numpy as np

from forger.engine import averages, backend
from forger.engine.course import Course
from forger.engine.optimizer import Composite, has_scale

SKIPPED = "skipped"  # the report of how many steps loss scales skip


@dataclass(frozen=True)
class Shared:
    """A forward pass that several descents use: its value, and the way back to `player`."""

    player: str
    value: Any
    # All descents go back through the pass as it was, whatever steps came since.
    pull: Callable[[Any], tuple[list[Any], list[Any]]]


class Algorithm(Protocol):
    """The part of a method (forger/methods/base.py) that the engine needs."""

    players: ClassVar[Mapping[str, tuple[str, ...]]]
    averaged: ClassVar[tuple[str, ...]]

    @property
    def logs(self) -> tuple[str, ...]:
        """Names of the values that an update logs."""

    def state(self, fields: Any) -> Mapping[str, np.ndarray]:
        """Return the first values of what an update keeps for the next, by name."""

    def update(self, step: Step, batch: dict[str, Any]) -> None:
        """Run one update on one row of the batches."""


class Adversarial(backend.Stateful, keras.Model):
    """The owner of a method's networks, optimizers, metrics and random stream.

    `train_on_batch(batches, count)` takes arrays of shape `[k, …]`, one row per update, and runs
    the first `count[0] <= k` updates. `count` is an int32 array of shape (1,): as data it causes no
    new trace, so a shorter last call is padded to k. The call returns the reports of each update,
    `[k]` float32 by name; those of updates that were not run are 0.

    In float16 there is one more report, `skipped`: how many of the update's steps were left out
    because a gradient was not finite at its player's loss scale, which is then halved. It is NaN
    when the training has diverged: a loss is not finite, or a gradient is not at a scale of 1.

    Args:
        method: defines the players, the reports and the update.
        fields: what an update may know of the data, as `Step.fields`; its `spread` makes of a
            batch what the update is given.
        networks: a built Keras model for each role.
        optimizers: a Keras optimizer for each player, not built yet.
        course: seed, compilation, length and averages.

    Attributes:
        averages: for each of these roles, a network whose weights are averages over updates.
        own: the variables that the method itself keeps, by name.
        logged: a metric for each report, in their order.
    """

    def __init__(
        self,
        method: Algorithm,
        fields: Any,
        networks: Mapping[str, keras.Model],
        optimizers: Mapping[str, keras.optimizers.Optimizer],
        course: Course,
    ) -> None:
        super().__init__(name="adversarial")
        self.method = method
        self.fields = fields
        self.networks = dict(networks)
        self.total = course.updates
        self.ema = course.ema
        averaged = () if course.ema is None else method.averaged
        self.averages = {role: averages.copy(networks[role]) for role in averaged}
        self.logged = {name: keras.metrics.Mean(name=name) for name in method.logs}
        if any(has_scale(optimizer) for optimizer in optimizers.values()):
            self.logged[SKIPPED] = keras.metrics.Sum(name=SKIPPED)
        self.random = keras.random.SeedGenerator(course.seed)
        # Before the model is built, which closes the groups that Keras threads and saves.
        self.own = {
            name: self.add_weight(
                value.shape, initializer=_first(value), dtype=value.dtype.name, name=name,
                trainable=False,
            )
            for name, value in method.state(fields).items()
        }  # fmt: skip
        self.built = True
        # Kept as lists, since `trainable_variables` collects them anew at every call.
        self.moved = {
            player: [v for role in roles for v in networks[role].trainable_variables]
            for player, roles in method.players.items()
        }
        composite = Composite(optimizers, self.moved)
        self.compile(optimizer=composite, jit_compile=course.jit, auto_scale_loss=False)

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
        """Return copies of the weights, averages, optimizers' states and random streams' states."""
        # Neither `save_weights` nor TensorFlow's checkpoints have the random streams' states.
        return [keras.ops.convert_to_numpy(v) for group in self.state for v in group]

    def set_state(self, values: Sequence[np.ndarray]) -> None:
        """Restore a state that `get_state` returned.

        Raises:
            ValueError: the values are of another model; nothing has changed.
        """
        variables = [v for group in self.state for v in group]
        own = [(tuple(v.shape), keras.backend.standardize_dtype(v.dtype)) for v in variables]
        if own != [(v.shape, v.dtype.name) for v in values]:
            raise ValueError(f"found the {len(values)} variables of another model")
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    def reset_metrics(self) -> None:
        """Do nothing: every update resets its own, inside the compiled call."""

    def updates(self, batches: Any, count: Any) -> dict[str, Any]:
        """Run `count[0]` updates on the first rows of `batches`, inside a compiled call."""
        step = Step(self)
        logged = self.logged.values()
        k = keras.ops.shape(keras.tree.flatten(batches)[0])[0]

        def update(i: Any, reports: Any) -> Any:
            for metric in logged:
                metric.reset_state()
            batch = keras.tree.map_structure(lambda rows: rows[i], batches)
            self.method.update(step, self.fields.spread(batch))
            self.optimizer.iterations.assign_add(1)
            if self.ema is not None:
                averages.update(self.averages, self.networks, self.ema, self.optimizer.iterations)
            row = keras.ops.stack([metric.result() for metric in logged])
            return keras.ops.scatter_update(reports, [[i]], row[None])

        reports = backend.repeat(count[0], update, keras.ops.zeros((k, len(logged))), step.state)
        return dict(zip(self.logged, keras.ops.unstack(reports, axis=1), strict=True))

    def select_kept(self) -> dict[str, keras.Model]:
        """Return the networks worth keeping: the averages, where there are some."""
        return {**self.networks, **self.averages}


class Step:
    """The operations that an update is written in."""

    def __init__(self, model: Adversarial) -> None:
        self._model = model
        # What an update may know of data and latents; its `keras.random.SeedGenerator`; the
        # method's own variables, by name.
        self.fields = model.fields
        self.random = model.random
        self.own = model.own
        self.state = [v for group in model.state for v in group]

    def progress(self) -> Any:
        """Return the share of the training that is over, starting at 0."""
        done = keras.ops.cast(self._model.optimizer.iterations, "float32")
        return done / float(self._model.total)

    def networks(self, *roles: str) -> list[Callable[[Any], Any]]:
        """Return the networks of these roles, in training mode."""
        return [_in_training(self._model.networks[role]) for role in roles]

    def share(self, player: str, forward: Callable[[], Any]) -> Shared:
        """Run `forward` once for several descents; its gradient goes to `player`'s variables."""
        value, pull = backend.vjp(forward, self._model.moved[player], [])
        return Shared(player, value, pull)

    def gradient(self, player: str, loss: Callable[..., Any], *shared: Shared) -> list[Any]:
        """Return the loss-scaled gradient of `loss(*values of shared)` in a player's variables."""
        # It flows back through what the player itself shares, and stops at what others share.
        own = [s for s in shared if s.player == player]

        def of_own(*values: Any) -> Any:
            rest = iter(values)
            return loss(*(next(rest) if s.player == player else s.value for s in shared))

        out, pull = backend.vjp(of_own, self._model.moved[player], [s.value for s in own])
        if SKIPPED in self._model.logged:
            self.log(skipped=keras.ops.where(keras.ops.isfinite(out), 0.0, float("nan")))
        scale = self._model.optimizer.scale(player, keras.ops.ones_like(out))
        gradients, cotangents = pull(scale)
        for s, cotangent in zip(own, cotangents, strict=True):
            through, _ = s.pull(cotangent)
            gradients = [g + t for g, t in zip(gradients, through, strict=True)]
        return gradients

    def apply(self, player: str, gradients: list[Any]) -> None:
        """Take one step of the player's optimizer, which its loss scale may skip."""
        if SKIPPED in self._model.logged:
            self.log(skipped=self._model.optimizer.skips(player, gradients))
        self._model.optimizer.apply_to(player, gradients)

    def descend(self, player: str, loss: Callable[..., Any], *shared: Shared) -> Any:
        """Take one step of the player down `loss(*values of shared)`: gradient, then apply.

        Returns the gradient's norm, which is not finite if the step is skipped.
        """
        gradients = self.gradient(player, loss, *shared)
        scale = self._model.optimizer.scale(player, keras.ops.ones(()))
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
        """Report scalars; values logged several times in an update are averaged, skips summed."""
        for name, value in values.items():
            self._model.logged[name].update_state(value)


def _first(value: np.ndarray) -> Callable[..., Any]:
    return lambda shape, dtype: keras.ops.convert_to_tensor(value, dtype)


def _in_training(network: keras.Model) -> Callable[[Any], Any]:
    return lambda inputs: network(inputs, training=True)
