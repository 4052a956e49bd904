"""The interface of a contestant."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from jobs.benchmark.problem import Problem

Weights = dict[str, list[np.ndarray]]  # trainable ones by role, in Keras's order and layout


class Contestant(ABC):
    """Something that trains a problem, some updates at a time."""

    @abstractmethod
    def __init__(self, problem: Problem) -> None:
        """Build the networks."""

    @abstractmethod
    def run(self, updates: int) -> int:
        """Train at least this many updates, wait until they are done, and return how many."""

    @abstractmethod
    def weights(self) -> Weights:
        """Return the current weights."""

    @abstractmethod
    def load(self, weights: Weights) -> None:
        """Replace the weights with these."""
