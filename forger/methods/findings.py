"""What can be found wrong with a training, and what to try then, whatever the method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

LATE = 0.25  # share of the epochs so far that count as the last ones
TOLD = 0.3  # accuracy above chance from which samples are easily told from real data
EASILY = 0.5 + TOLD  # the same as an accuracy
FEW = 0.5  # share of real data's coverage and recall below which samples collapsed

# Why D gives one answer to everything, as a method's remedies name it.
BY_HEART = "D knows its training data by heart"
BIASED = "D is biased"

Remedies = Mapping[str, tuple[str, ...]]

# By problem: keys of the recipe, and what to set them to. A method knows more of its own.
REMEDIES: Remedies = {
    "divergence": ("smaller learning rates",),
    "mode collapse": ("a larger train.batch",),
    "classes out of proportion": ("more train.epochs", "a larger train.batch"),
    "parts of the data differ": (
        "dataset.path: files whose training and test data are of one kind",
    ),
    "labels ignored": ("more train.epochs",),
    "memorisation": ("more training data", "fewer train.epochs"),
    "undertrained": ("more train.epochs", "more train.steps_per_epoch"),
    "samples far from the data": ("more train.epochs", "another learning_rate"),
}


@dataclass(frozen=True)
class Finding:
    """One problem of a training.

    Attributes:
        problem: its usual name.
        evidence: the figures that show it.
        remedies: keys of the recipe, and what to set them to; rules leave them to `advise`.
    """

    problem: str
    evidence: str
    remedies: tuple[str, ...] = ()


def advise(findings: Iterable[Finding], remedies: Remedies) -> list[Finding]:
    """Return the findings with the remedies of each problem."""
    return [replace(each, remedies=tuple(remedies.get(each.problem, ()))) for each in findings]


@dataclass(frozen=True)
class Training:
    """What is known about a training so far.

    Attributes:
        history: one row per epoch.
        figures: the last snapshot's `Snapshots.figures`; empty once training is over.
    """

    history: pd.DataFrame
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def late(self) -> pd.DataFrame:
        """The last epochs of the history."""
        return self.history.tail(max(1, round(LATE * len(self.history))))
