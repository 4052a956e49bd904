"""What a method is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from keras import ops, random

from stages.gan.networks.base import Shape
from stages.gan.objectives import OBJECTIVES
from stages.gan.params.latent import Latent
from stages.gan.params.train import Train

if TYPE_CHECKING:
    from stages.gan.engine.model import Step


class Method(ABC):
    """A family of networks and its training step.

    Class attributes:
        players: who has an optimizer, and the roles of the networks that it moves.
        reports: the names of what an update logs: history.csv's columns.
    """

    players: ClassVar[Mapping[str, tuple[str, ...]]]
    reports: ClassVar[tuple[str, ...]]

    def __init__(self, train: Train, latent: Latent, classes: int = 0) -> None:
        self.train = train
        self.latent = latent
        self.classes = classes
        self.objective = OBJECTIVES[train.objective]

    @abstractmethod
    def inputs(self, latent: Shape, example: Shape) -> dict[str, dict[str, Shape]]:
        """For each role, the shapes of its network's inputs by name."""

    @abstractmethod
    def update(self, step: Step, batch: dict[str, Any]) -> None:
        """One update, in the words of `step`.

        `batch` has arrays `[discriminator_steps, batch, …]`: `real`; `labels`, where the data have
        them; `latents`, where they come from a fixed pool.
        """

    def draw(self, n: int, step: Step) -> Any:
        """Latents `[n, dim]`, on the device."""
        shape = (n, self.latent.dim)
        if self.latent.law == "uniform":
            return random.uniform(shape, self.latent.low, self.latent.high, seed=step.random)
        # By the inverse of the distribution function, as JAX does it: TensorFlow's own normal
        # draws are several times slower under XLA on a CPU.
        u = random.uniform(shape, -1.0, 1.0, seed=step.random)
        return ops.erfinv(ops.clip(u, -1 + 6e-8, 1 - 6e-8)) * 2**0.5
