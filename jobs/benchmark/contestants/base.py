"""What a contestant is."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from jobs.benchmark.problem import Problem

Weights = dict[str, list[np.ndarray]]  # a role's trainable weights, in Keras's order and layout


class Contestant(ABC):
    """Trains a problem, some updates at a time."""

    @abstractmethod
    def __init__(self, problem: Problem) -> None:
        """Build the networks."""

    @abstractmethod
    def run(self, updates: int) -> int:
        """Train at least that many updates, wait until they are done, return how many."""

    @abstractmethod
    def weights(self) -> Weights:
        """The weights as they are."""

    @abstractmethod
    def load(self, weights: Weights) -> None:
        """Take over weights."""
