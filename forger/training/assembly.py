"""A model for the engine, put together from a recipe's settings."""

from __future__ import annotations

from typing import Any

import keras
from keras.optimizers import schedules

from forger.core.seeds import integer
from forger.engine.model import Adversarial
from forger.methods.base import Method
from forger.methods.kinds import METHODS
from forger.methods.settings import Adam, Train
from forger.networks.families import Networks


def build(
    method: Method, networks: Networks, example: tuple[int, ...], seed: int
) -> dict[str, keras.Model]:
    """A new network a role of the method."""
    inputs = method.inputs((networks.latent.size,), example)
    outputs = {"generator": example, "discriminator": (1,)}
    return {
        role: getattr(networks, role).build(role, of_role, outputs[role], seed)
        for role, of_role in inputs.items()
    }


def adversarial(
    method: str,
    networks: Networks,
    settings: Train,
    example: tuple[int, ...],
    classes: int,
    seed: int,
    jit: bool,
    updates: int,
) -> Adversarial:
    """A new model, ready for `train_on_batch`.

    Args:
        example: the shape of one example.
        classes: number of labels, 0 without.
        jit: whether to compile with XLA.
        updates: how many there will be.
    """
    algorithm = METHODS.load(method)(settings, networks.latent, classes)
    optimizers = {player: optimizer(settings, player, updates) for player in algorithm.players}
    built = build(algorithm, networks, example, seed)
    if settings.weight_clip is not None:
        for weight in built["discriminator"].trainable_variables:
            weight.constraint = Clip(settings.weight_clip)
    own = integer(seed, "train/updates")
    return Adversarial(algorithm, built, optimizers, own, jit, updates, settings.ema)


def optimizer(settings: Train, player: str, updates: int) -> keras.optimizers.Optimizer:
    """The player's Adam; in float16, whose small gradients vanish, with a loss scale."""
    own = settings.optimizers[player]
    steps = updates * settings.steps_of(player)
    adam = keras.optimizers.Adam(
        learning_rate(own, steps), own.beta_1, own.beta_2, own.epsilon, name=player
    )
    if keras.config.dtype_policy().compute_dtype == "float16":
        return keras.optimizers.LossScaleOptimizer(adam, name=f"{player}_scaled")
    return adam


def learning_rate(adam: Adam, steps: int) -> float | schedules.LearningRateSchedule:
    """The step size over so many steps."""
    match adam.schedule:
        case "linear":
            end = adam.final * adam.learning_rate
            return schedules.PolynomialDecay(adam.learning_rate, steps, end)
        case "cosine":
            return schedules.CosineDecay(adam.learning_rate, steps, adam.final)
    return adam.learning_rate


class Clip(keras.constraints.Constraint):
    """Every weight within ± `limit`."""

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def __call__(self, weight: Any) -> Any:
        return keras.ops.clip(weight, -self.limit, self.limit)
