"""What a method is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from math import erf
from typing import TYPE_CHECKING, Any, ClassVar

from forger.core.lazy import ops, random
from forger.methods.objectives.kinds import OBJECTIVES
from forger.methods.settings import Train
from forger.networks.base import Shape
from forger.networks.latent import Latent

if TYPE_CHECKING:
    from forger.engine.model import Step


class Method(ABC):
    """A family of networks and its training step.

    Class attributes:
        players: who has an optimizer, and the roles of the networks that it moves.
        averaged: the roles of which an average over updates may be kept.
        reports: the names of what an update logs: history.csv's columns.
        labelled: whether the data must have labels.
    """

    players: ClassVar[Mapping[str, tuple[str, ...]]]
    averaged: ClassVar[tuple[str, ...]] = ("generator",)
    labelled: ClassVar[bool] = False
    reports: tuple[str, ...]

    def __init__(self, train: Train, latent: Latent, classes: int = 0) -> None:
        self.train = train
        self.latent = latent
        self.classes = classes
        self.objective = OBJECTIVES.load(train.objective)
        if train.penalties.any:
            self.reports = (*self.reports, "penalty")

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
        """Latents `[n, size]`, on the device."""
        continuous, categories = self._continuous(n, step), self.latent.categories
        if not categories:
            return continuous
        picked = random.randint((n,), 0, categories, seed=step.random)
        return ops.concatenate([continuous, ops.one_hot(picked, categories)], axis=1)

    def _continuous(self, n: int, step: Step) -> Any:
        latent, shape = self.latent, (n, self.latent.dim)
        match latent.law:
            case "uniform":
                return random.uniform(shape, latent.low, latent.high, seed=step.random)
            case "truncated":
                return self.normal(shape, step, latent.bound)
            case "spherical":
                normal = self.normal(shape, step)
                return normal * (latent.dim**0.5 / ops.norm(normal, axis=1, keepdims=True))
        return self.normal(shape, step)

    def uniform(self, shape: Shape, step: Step) -> Any:
        """Uniform on [0, 1), on the device."""
        return random.uniform(shape, seed=step.random)

    def normal(self, shape: Shape, step: Step, bound: float = float("inf")) -> Any:
        """Standard normal numbers within ± `bound`, on the device.

        By the inverse of the distribution function, as JAX does it: TensorFlow's own are several
        times slower under XLA on a CPU.
        """
        reach = erf(bound / 2**0.5)
        u = random.uniform(shape, -reach, reach, seed=step.random)
        # -1, whose inverse is not finite, may be drawn; 1 is not.
        return ops.erfinv(ops.maximum(u, -1 + 6e-8)) * 2**0.5
