"""What a method is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from forger.config.section import Section
from forger.networks.base import Shape
from forger.networks.latent import Latent

if TYPE_CHECKING:
    from forger.engine.model import Step


@dataclass(frozen=True)
class Fields:
    """What a method's networks take and give, as the recipe's data and latents have it.

    Attributes:
        real: the shape of one example.
        latent: the law of the generator's input.
        classes: how many labels there are; 0 without labels.
    """

    real: Shape
    latent: Latent
    classes: int = 0


class Role(NamedTuple):
    """A network that a method trains.

    Attributes:
        inputs: their shapes by name, the one that its output is made of first.
        output: its shape.
    """

    inputs: Mapping[str, Shape]
    output: Shape


class Method(Section, ABC):
    """A family of networks and its training step: `method` of a recipe.

    Its fields are the options of its algorithm. What every training has stands in `train`.

    Class attributes:
        players: who has an optimizer, and the roles of the networks that it moves.
        averaged: the roles of which an average over updates may be kept.
        labelled: whether the data must have labels.
    """

    players: ClassVar[Mapping[str, tuple[str, ...]]]
    averaged: ClassVar[tuple[str, ...]] = ("generator",)
    labelled: ClassVar[bool] = False

    kind: str

    @property
    @abstractmethod
    def reports(self) -> tuple[str, ...]:
        """The names of what an update logs: history.csv's columns."""

    @property
    def batches(self) -> int:
        """How many batches of real examples an update takes."""
        return 1

    def steps_of(self, player: str) -> int:
        """Steps of the player's optimizer in an update."""
        return 1

    @abstractmethod
    def roles(self, fields: Fields) -> dict[str, Role]:
        """The networks that are trained, by role."""

    @abstractmethod
    def update(self, step: Step, batch: dict[str, Any]) -> None:
        """One update, in the words of `step`.

        `batch` has arrays `[batches, batch, …]`: `real`; `labels`, where the data have them;
        `latents`, where they come from a fixed pool.
        """
