"""What goes wrong while a method trains: its own rules, and those for the samples of any method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from forger.methods.base import Method
from forger.methods.findings import FEW, Finding, Training, advise
from forger.models.account import Account

EARLY = 0.1  # share of all epochs before which nothing is reported
FEWEST = 8  # epochs before which nothing is reported
SPREAD = 0.3  # samples' standard deviation, as a share of the data's, below which they collapsed


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
        yield Finding("mode collapse", "; ".join(shown))


def symptoms(method: Method, training: Training) -> list[Finding]:
    """Return every problem that the training shows, and what to try."""
    return advise([*method.symptoms(training), *mode_collapse(training)], method.remedies)


def account(method: Method, history: pd.DataFrame) -> Account:
    """Return what the method says of a training that is over, with a row per epoch."""
    found = symptoms(method, Training(history))
    return Account(method.reports, tuple(found), dict(method.remedies), method.critic)


class Watch:
    """Reports each problem once, when it first shows.

    Args:
        method: what is trained.
        epochs: how many the whole training has.

    Attributes:
        told: the names of the problems reported so far.
    """

    def __init__(self, method: Method, epochs: int) -> None:
        self.method = method
        self.epochs = epochs
        self.told: set[str] = set()

    def look(self, history: pd.DataFrame, figures: Mapping[str, float]) -> Iterator[Finding]:
        """Yield the problems that are new since the last look."""
        if len(history) < FEWEST or len(history) / self.epochs < EARLY:
            return
        for finding in symptoms(self.method, Training(history, figures)):
            if finding.problem not in self.told:
                self.told.add(finding.problem)
                yield finding
