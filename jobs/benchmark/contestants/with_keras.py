"""What the contestants with Keras networks share."""

from __future__ import annotations

from typing import Any

import keras

from forger.networks.layers.strided import in_plain_keras
from forger.training.assembly import build, optimizer
from jobs.benchmark.contestants.base import Contestant, Weights
from jobs.benchmark.problem import Problem


class WithKeras(Contestant):
    """A contestant that keeps its trainable `variables` by role."""

    variables: dict[str, list[Any]]

    def weights(self) -> Weights:
        return {
            role: [keras.ops.convert_to_numpy(v) for v in variables]
            for role, variables in self.variables.items()
        }

    def load(self, weights: Weights) -> None:
        for role, values in weights.items():
            for variable, value in zip(self.variables[role], values, strict=True):
                variable.assign(value)


class PlainKeras(WithKeras):
    """The recipe's `networks` in Keras's own layers, with an Adam for each.

    `jit` says whether XLA is faster: on a CPU, it is not for Keras's own convolutions.
    """

    def __init__(self, problem: Problem) -> None:
        built = build(problem.method, problem.networks, problem.fields, problem.seed)
        self.networks = {role: in_plain_keras(network) for role, network in built.items()}
        # Kept from the start: a frozen network has no trainable variables.
        self.variables = {role: n.trainable_variables for role, n in self.networks.items()}
        self.optimizers = {
            role: optimizer(adam, role, 1) for role, adam in problem.train.optimizers.items()
        }
        layers = [layer for network in self.networks.values() for layer in network.layers]
        self.jit = not any(isinstance(layer, keras.layers.Conv2D) for layer in layers)
