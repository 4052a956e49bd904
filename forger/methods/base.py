"""The interface of a method: the networks it trains, and its update."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from forger.config.section import Section
from forger.methods.findings import REMEDIES, Finding, Remedies, Training
from forger.methods.reports import Report
from forger.networks.base import Shape
from forger.networks.latent import Latent

if TYPE_CHECKING:
    from forger.engine.model import Step


@dataclass(frozen=True)
class Fields:
    """What the recipe's data and latents say about the inputs and outputs of networks.

    Attributes:
        real: the shape of one example.
        latent: the law of the generator's input.
        classes: the number of different labels; 0 without labels.
    """

    real: Shape
    latent: Latent
    classes: int = 0


class Role(NamedTuple):
    """A network that a method trains.

    Attributes:
        inputs: the shapes of the inputs by name, the main one first.
        output: the shape of the output.
    """

    inputs: Mapping[str, Shape]
    output: Shape


class Method(Section, ABC):
    """A family of networks and its training step: `method` of a recipe.

    Its fields are the options of its algorithm. Options that every training has are in `train`.

    Class attributes:
        players: for each player with an optimizer, the roles of the networks that it trains.
        averaged: the roles whose weights may be averaged over updates.
        labelled: whether the data must have labels.
    """

    players: ClassVar[Mapping[str, tuple[str, ...]]]
    averaged: ClassVar[tuple[str, ...]] = ("generator",)
    labelled: ClassVar[bool] = False

    kind: str

    @property
    @abstractmethod
    def reports(self) -> tuple[Report, ...]:
        """The values that an update logs, which become columns of history.csv."""

    @property
    def logs(self) -> tuple[str, ...]:
        """The names of the reports."""
        return tuple(report.name for report in self.reports)

    def symptoms(self, training: Training) -> Iterator[Finding]:
        """Yield the problems that the reports show, without remedies; a method may know none."""
        yield from ()

    @property
    def remedies(self) -> Remedies:
        """What to try against each problem, those included that `symptoms` does not look for."""
        return REMEDIES

    @property
    def critic(self) -> bool:
        """Whether a discriminator has no threshold of its own, so that training data set it."""
        return False

    @property
    def batches(self) -> int:
        """Number of batches of real examples in an update."""
        return 1

    def steps_of(self, player: str) -> int:
        """Return the number of steps that the player's optimizer takes in an update."""
        return 1

    @abstractmethod
    def roles(self, fields: Fields) -> dict[str, Role]:
        """Return the networks to train, by role."""

    @abstractmethod
    def update(self, step: Step, batch: dict[str, Any]) -> None:
        """Run one update with the operations of `step`.

        `batch` has arrays `[batches, batch, …]`: `real`; `labels`, if the data have them;
        `latents`, if they come from a fixed pool.
        """
