"""How one sees that D against G goes wrong, and what to try then."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forger.methods.findings import BIASED, BY_HEART, EASILY, REMEDIES, Finding, Remedies, Training
from forger.methods.objectives.base import Objective

SWING = 0.1  # least standard deviation of D's late accuracies that counts as oscillation
CHANCE = 0.55  # D's accuracy below which it tells nothing


def symptoms(training: Training, objective: Objective) -> Iterator[Finding]:
    """Yield every problem that D's and G's reports show."""
    yield from discriminator_too_strong(training, objective.won)
    yield from discriminator_too_weak(training)
    yield from oscillation(training)


def discriminator_too_strong(training: Training, limit: float | None) -> Iterator[Finding]:
    """Find a D whose loss is so low that G has little left to learn from."""
    late = training.late
    if limit is None or late["d_loss"].mean() >= limit:
        return
    first = training.history["g_gradient"].iloc[0]
    yield Finding(
        "D too strong",
        f"d_loss {late['d_loss'].mean():.2g} over the last {len(late)} epochs (limit {limit:g}); "
        f"G's gradient {late['g_gradient'].mean():.2g}, at first {first:.2g}",
    )


def discriminator_too_weak(training: Training) -> Iterator[Finding]:
    """Find a D that can't tell real data from clearly different samples."""
    late = training.late
    told = training.figures.get("one_nn", 0.5)
    accuracy = late[["acc_real", "acc_fake"]].to_numpy().mean()
    if told >= EASILY and accuracy < CHANCE:
        yield Finding(
            "D too weak",
            f"the nearest neighbour tells samples from real data with accuracy {told:.2f}, D with "
            f"{accuracy:.2f} over the last {len(late)} epochs",
        )


def oscillation(training: Training) -> Iterator[Finding]:
    """Find players that chase each other instead of settling."""
    late = training.late
    if len(late) < 4:
        return
    swings = {name: float(np.std(late[name])) for name in ("acc_real", "acc_fake")}
    if min(swings.values()) < SWING:
        return
    yield Finding(
        "oscillation",
        f"D's accuracies swing by ± {swings['acc_real']:.2f} on real and ± "
        f"{swings['acc_fake']:.2f} on fakes over the last {len(late)} epochs",
    )


REMEDIES_OF_ALL: Remedies = {
    **REMEDIES,
    "divergence": ("smaller learning rates", "method.penalties.r1: 1", "method.objective: hinge"),
    "D too weak": (
        "a wider networks.discriminator",
        "networks.discriminator.dropout: 0",
        "method.discriminator_steps: 2",
        "a larger train.optimizers.discriminator.learning_rate",
        "smaller method.penalties",
    ),
    BY_HEART: (
        "more training data",
        "networks.discriminator.dropout: 0.3",
        "networks.discriminator.normalization: layer, if it is batch",
        "fewer train.epochs",
    ),
    BIASED: (
        "a smaller train.optimizers.discriminator.learning_rate",
        "method.penalties.r1: 0.1, on a D without batch normalisation",
        "networks.discriminator.normalization: layer, if it is batch",
        "a larger train.batch",
    ),
    "oscillation": (
        "train.ema: 0.999",
        "train.optimizers.*.schedule: linear",
        "train.optimizers.*.beta_1: 0.5",
        "method.penalties.r1: 0.1",
    ),
    "mode collapse": (
        "method.packing: 2",
        "networks.discriminator.minibatch: stddev, with method.discriminator_batches: separate",
        "method.objective: relativistic, with method.penalties.r1: 1 and r2: 1",
        "method.instance_noise.stddev: 0.5, decaying",
        "a larger train.batch",
    ),
    "classes out of proportion": (
        "method.objective: relativistic, with method.penalties.r1: 1 and r2: 1",
        "more train.epochs",
        "method.kind: conditional_gan",
    ),
    "labels ignored": (
        "more train.epochs",
        "a wider networks.generator",
        "a wider networks.discriminator",
    ),
    "memorisation": (
        "more training data",
        "networks.discriminator.dropout: 0.3",
        "fewer train.epochs",
    ),
    "samples far from the data": (
        "more train.epochs",
        "a wider networks.generator",
        "another learning_rate",
    ),
}


def remedies(objective: Objective) -> Remedies:
    """Return what to try, by problem, where the losses are these."""
    too_strong = (
        "method.penalties.r1: 1, on a D without batch normalisation",
        "method.instance_noise.stddev: 0.1",
        *(["method.labels.real: [0.7, 1.0]"] if objective.targets else []),
        "a smaller train.optimizers.discriminator.learning_rate",
        *([] if objective.relative else ["method.objective: relativistic"]),
    )
    return {**REMEDIES_OF_ALL, "D too strong": too_strong}
