"""What a method reports of its training: the columns of history.csv, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import FiniteFloat

ACCURACY = "accuracy"  # the mean of all reported accuracies


@dataclass(frozen=True)
class Report:
    """A value that every update logs, and that history.csv has a column of.

    Attributes:
        name: the column's. One that a figure has too is the same of training data.
        label: what a legend calls it, in a word or two.
        kind: which picture shows it: one shows the losses, one the accuracies, none the others.
        meaning: what a table says of it.
        even: its value when no player is ahead, drawn as a line; None if it has no such value.
        even_label: what a legend says of that line.
    """

    name: str
    label: str
    kind: Literal["loss", "accuracy", "other"]
    meaning: str
    even: FiniteFloat | None = None
    even_label: str = ""


def of_kind(reports: Iterable[Report], kind: str) -> list[Report]:
    """Return the reports of one kind, in their order."""
    return [report for report in reports if report.kind == kind]


def publishable(reports: Iterable[Report]) -> list[str]:
    """Return the names under which a recipe may state what its source published."""
    named = [report for report in reports if report.kind != "other"]
    mean = [ACCURACY] if of_kind(named, "accuracy") else []
    return [*(report.name for report in named), *mean]
