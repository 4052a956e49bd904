"""Rules that recognise what goes wrong while a GAN trains, and say what to try."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from forger.methods.objectives.kinds import OBJECTIVES

LATE = 0.25  # share of the epochs so far that count as the last ones
EARLY = 0.1  # share of all epochs before which nothing is reported
FEWEST = 8  # epochs before which nothing is reported
SWING = 0.1  # least standard deviation of D's late accuracies that counts as oscillation
SPREAD = 0.3  # samples' standard deviation, as a share of the data's, below which they collapsed
FEW = 0.5  # share of real data's coverage and recall below which samples collapsed
TOLD = 0.3  # accuracy above chance from which samples are easily told from real data
EASILY = 0.5 + TOLD  # the same as an accuracy
CHANCE = 0.55  # D's accuracy below which it tells nothing


@dataclass(frozen=True)
class Finding:
    """One problem of a training.

    Attributes:
        problem: its usual name.
        evidence: the figures that show it.
        remedies: keys of the recipe, and what to set them to.
    """

    problem: str
    evidence: str
    remedies: tuple[str, ...]


@dataclass(frozen=True)
class Training:
    """What is known about a training so far.

    Attributes:
        objective: the recipe's objective.
        history: one row per epoch.
        figures: the last snapshot's `Snapshots.figures`; empty once training is over.
    """

    objective: str
    history: pd.DataFrame
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def late(self) -> pd.DataFrame:
        """The last epochs of the history."""
        return self.history.tail(max(1, round(LATE * len(self.history))))


def discriminator_too_strong(training: Training) -> Iterator[Finding]:
    """Find a D whose loss is so low that G has little left to learn from."""
    objective, late = training.objective, training.late
    limit = OBJECTIVES.load(objective).won
    if limit is None or late["d_loss"].mean() >= limit:
        return
    first = training.history["g_gradient"].iloc[0]
    yield Finding(
        "D too strong",
        f"d_loss {late['d_loss'].mean():.2g} over the last {len(late)} epochs (limit {limit:g}); "
        f"G's gradient {late['g_gradient'].mean():.2g}, at first {first:.2g}",
        (
            "method.penalties.r1: 1, on a D without batch normalisation",
            "method.instance_noise.stddev: 0.1",
            *(["method.labels.real: [0.7, 1.0]"] if OBJECTIVES.load(objective).targets else []),
            "a smaller train.optimizers.discriminator.learning_rate",
            *([] if OBJECTIVES.load(objective).relative else ["method.objective: relativistic"]),
        ),
    )


WEAK = (
    "a wider networks.discriminator",
    "networks.discriminator.dropout: 0",
    "method.discriminator_steps: 2",
    "a larger train.optimizers.discriminator.learning_rate",
    "smaller method.penalties",
)


def discriminator_too_weak(training: Training) -> Iterator[Finding]:
    """Find a D that can't tell real data from clearly different samples."""
    late, told = training.late, training.figures.get("one_nn", 0.5)
    accuracy = late[["acc_real", "acc_fake"]].to_numpy().mean()
    if told >= EASILY and accuracy < CHANCE:
        yield Finding(
            "D too weak",
            f"the nearest neighbour tells samples from real data with accuracy {told:.2f}, D with "
            f"{accuracy:.2f} over the last {len(late)} epochs",
            WEAK,
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
        (
            "train.ema: 0.999",
            "train.optimizers.*.schedule: linear",
            "train.optimizers.*.beta_1: 0.5",
            "method.penalties.r1: 0.1",
        ),
    )


COLLAPSE = (
    "method.packing: 2",
    "networks.discriminator.minibatch: stddev, with method.discriminator_batches: separate",
    "method.objective: relativistic, with method.penalties.r1: 1 and r2: 1",
    "method.instance_noise.stddev: 0.5, decaying",
    "a larger train.batch",
)


def mode_collapse(training: Training) -> Iterator[Finding]:
    """Find samples that are much the same, or leave out much of the data."""
    spread, coverage, recall = (
        training.figures.get(n, 1.0) for n in ("spread", "coverage", "recall")
    )
    shown = []
    if spread < SPREAD:
        shown.append(f"samples spread over {spread:.0%} of the data's standard deviation")
    if coverage < FEW and recall < FEW:
        shown.append(f"coverage {coverage:.2f}, recall {recall:.2f}")
    if shown:
        yield Finding("mode collapse", "; ".join(shown), COLLAPSE)


RULES: tuple[Callable[[Training], Iterator[Finding]], ...] = (
    discriminator_too_strong,
    discriminator_too_weak,
    oscillation,
    mode_collapse,
)


def symptoms(training: Training) -> list[Finding]:
    """Return every problem that the training shows."""
    return [finding for rule in RULES for finding in rule(training)]


class Watch:
    """Reports each problem once, when it first shows.

    Args:
        objective: the recipe's objective.
        epochs: how many the whole training has.

    Attributes:
        told: the names of the problems reported so far.
    """

    def __init__(self, objective: str, epochs: int) -> None:
        self.objective, self.epochs = objective, epochs
        self.told: set[str] = set()

    def look(self, history: pd.DataFrame, figures: Mapping[str, float]) -> Iterator[Finding]:
        """Yield the problems that are new since the last look."""
        if len(history) < FEWEST or len(history) / self.epochs < EARLY:
            return
        for finding in symptoms(Training(self.objective, history, figures)):
            if finding.problem not in self.told:
                self.told.add(finding.problem)
                yield finding
