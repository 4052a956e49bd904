"""What goes wrong while a GAN trains, by what shows it, and what to try."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

LATE = 0.25  # share of the epochs that counts as the last ones
EARLY = 0.1  # share of the epochs before which nothing is said
FEWEST = 8  # epochs, likewise
# Losses below which D has nothing left to learn, and G nothing to learn from. (A Wasserstein
# critic's has no scale.)
WON = {
    "minimax": 0.05,
    "non_saturating": 0.05,
    "least_squares": 0.02,
    "hinge": 0.05,
    "relativistic": 0.05,
    "relativistic_average": 0.05,
}
SWING = 0.1  # standard deviation of D's accuracies over the last epochs
SPREAD = 0.3  # of samples, as a share of the data's


@dataclass(frozen=True)
class Finding:
    """One thing that goes wrong.

    Attributes:
        problem: its name in the field.
        evidence: the figures that show it.
        remedies: keys of the recipe, and what to set them to.
    """

    problem: str
    evidence: str
    remedies: tuple[str, ...]


@dataclass(frozen=True)
class Training:
    """What is known of a training so far.

    Attributes:
        objective: of the recipe.
        history: a row an epoch.
        spread: the standard deviation of the last snapshot's samples, as a share of the data's;
            None where it is not known.
    """

    objective: str
    history: pd.DataFrame
    spread: float | None = None

    @property
    def late(self) -> pd.DataFrame:
        return self.history.tail(max(1, round(LATE * len(self.history))))


def discriminator_too_strong(training: Training) -> Iterator[Finding]:
    """D's loss is near zero, and with it what G can learn."""
    late, limit = training.late, WON.get(training.objective)
    if limit is None or late["d_loss"].mean() >= limit:
        return
    first = training.history["g_gradient"].iloc[0]
    yield Finding(
        "D too strong",
        f"d_loss {late['d_loss'].mean():.2g} over the last {len(late)} epochs (limit {limit:g}); "
        f"G's gradient {late['g_gradient'].mean():.2g}, at first {first:.2g}",
        (
            "train.penalties.r1: 1",
            "train.instance_noise.stddev: 0.1",
            "train.labels.real: [0.7, 1.0]",
            "a smaller train.optimizers.discriminator.learning_rate",
            "train.objective: relativistic",
        ),
    )


def oscillation(training: Training) -> Iterator[Finding]:
    """The players chase each other instead of settling."""
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
        (
            "train.ema: 0.999",
            "train.optimizers.*.schedule: linear",
            "train.optimizers.*.beta_1: 0.5",
            "train.penalties.r1: 0.1",
        ),
    )


COLLAPSE = (
    "train.packing: 2",
    "networks.discriminator.minibatch: stddev",
    "train.objective: relativistic, with train.penalties.r1: 1 and r2: 1",
    "train.instance_noise.stddev: 0.5, decaying",
    "a larger train.batch",
)


def collapse(training: Training) -> Iterator[Finding]:
    """All samples are much the same."""
    if training.spread is not None and training.spread < SPREAD:
        shown = f"samples spread over {training.spread:.0%} of the data's standard deviation"
        yield Finding("mode collapse", shown, COLLAPSE)


RULES: tuple[Callable[[Training], Iterator[Finding]], ...] = (
    discriminator_too_strong,
    oscillation,
    collapse,
)


def symptoms(training: Training) -> list[Finding]:
    """Everything that the training shows."""
    return [finding for rule in RULES for finding in rule(training)]


class Watch:
    """Tells of each problem once, when it first shows.

    Args:
        epochs: of the whole training.

    Attributes:
        told: the problems that were.
    """

    def __init__(self, objective: str, epochs: int) -> None:
        self.objective, self.first = objective, max(FEWEST, EARLY * epochs)
        self.told: set[str] = set()

    def look(self, history: pd.DataFrame, spread: float) -> Iterator[Finding]:
        """What is new since the last look."""
        if len(history) < self.first:
            return
        for finding in symptoms(Training(self.objective, history, spread)):
            if finding.problem not in self.told:
                self.told.add(finding.problem)
                yield finding
