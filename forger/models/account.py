"""What a method says of its training, for the stages that know only what it left behind."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from forger.methods.findings import Finding
from forger.methods.reports import Report


@dataclass(frozen=True)
class Account:
    """The part of model.json that is about the training.

    Attributes:
        reports: the columns of history.csv.
        symptoms: the problems that the whole history shows.
        remedies: what to try, by problem, those included that only figures show.
        critic: whether D's threshold was set by training data, as its objective has none.
    """

    reports: tuple[Report, ...]
    symptoms: tuple[Finding, ...]
    remedies: dict[str, tuple[str, ...]]
    critic: bool

    def describe(self) -> dict[str, Any]:
        """Return it as model.json has it."""
        return asdict(self)
