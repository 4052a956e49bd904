"""The most updates per second that this machine's arithmetic and memory allow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from forger.networks.base import find_weighted, product
from jobs.benchmark.problem import Problem

Product = tuple[int, int, int]  # [rows, inner] × [inner, columns]
FLOAT = 4
# Adam reads a weight, its gradient and both moments, and writes the weight and the moments.
ADAM_VALUES = 7
# Forward, an activation is written and read; backward, it is read and its gradient written.
FORWARD_VALUES = BACKWARD_VALUES = 2


@dataclass(frozen=True)
class Limit:
    """The roofline of a problem's update on this machine.

    Attributes:
        gflop: floating-point operations in the matrix products of one update, in billions.
        gflops: the best rate measured at these shapes, weighted by work, in billions a second.
        megabytes: what one update moves at least, in MB.
        bandwidth: the rate measured for copies of as many bytes, in GB/s.
    """

    gflop: float
    gflops: float
    megabytes: float
    bandwidth: float

    @property
    def updates_per_second(self) -> float:
        """The updates per second that arithmetic or memory allows, whichever are fewer."""
        return min(self.gflops / self.gflop, 1e3 * self.bandwidth / self.megabytes)


def measure(problem: Problem, networks: dict[str, Any]) -> Limit:
    """Measure the limit of a problem with these built Keras networks, by role."""
    products = [p for role in networks for p in _products(problem, role, networks[role])]
    rates = {shape: _rate(shape) for shape in set(products)}
    flop = sum(2 * math.prod(shape) for shape in products)
    seconds = sum(2 * math.prod(shape) / rates[shape] for shape in products)
    moved = sum(_bytes(problem, role, networks[role]) for role in networks)
    return Limit(flop / 1e9, flop / seconds / 1e9, moved / 1e6, _bandwidth(moved) / 1e9)


def _products(problem: Problem, role: str, network: Any) -> list[Product]:
    """List an update's matrix products: forward, and for gradients of weights and inputs."""
    forward, backward = _passes(problem, role)
    weights = backward if role == "generator" else backward[:2]  # G's step leaves D's alone
    products: list[Product] = []
    for i, layer in enumerate(find_weighted(network)):
        # A gradient of the network's own input is needed where it leads to G.
        inputs = backward if i else backward[len(weights) :]
        products += [product(layer, examples) for examples in forward]
        products += [(k, m, n) for m, k, n in (product(layer, each) for each in weights)]
        products += [(m, n, k) for m, k, n in (product(layer, each) for each in inputs)]
    return products


def _passes(problem: Problem, role: str) -> tuple[list[int], list[int]]:
    """Return how many examples an update takes through a network: forward, and backward.

    D has real ones and fakes in its own step, and fakes in G's. G makes its step's fakes, and those
    of D's step too where they are others.
    """
    batch = problem.train.batch
    own = problem.method.generator_batch
    if role == "generator":
        return ([batch], [batch]) if own is None else ([batch, own], [own])
    passes = [batch, batch, own or batch]
    return passes, passes


def _bytes(problem: Problem, role: str, network: Any) -> int:
    """Return what an update moves of a network's weights and activations, at least."""
    forward, backward = map(sum, _passes(problem, role))
    weights = sum(math.prod(v.shape) for v in network.trainable_variables)
    activations = sum(math.prod(layer.output.shape[1:]) for layer in find_weighted(network))
    values = (FORWARD_VALUES * forward + BACKWARD_VALUES * backward) * activations
    moved: int = FLOAT * (ADAM_VALUES * weights + values)
    return moved


def _rate(shape: Product) -> float:
    """Return the operations per second of NumPy's BLAS; small products go many at a time."""
    rows, inner, columns = shape
    copies = max(1, int(2e7 / math.prod(shape)))
    a = np.ones((rows * copies, inner), np.float32)
    b = np.ones((inner, columns), np.float32)
    out = np.empty((rows * copies, columns), np.float32)
    return 2 * copies * math.prod(shape) / _best(lambda: np.matmul(a, b, out=out))


def _bandwidth(size: int) -> float:
    """Return the bytes per second of a copy that reads and writes `size` bytes in all."""
    source = np.ones(max(size // 2, 4096), np.uint8)
    target = np.empty_like(source)
    return 2 * len(source) / _best(lambda: np.copyto(target, source))


def _best(work: Any) -> float:
    """Return the shortest of several timings, in seconds, after a warm-up."""
    work()
    tries = []
    for _ in range(7):
        started = perf_counter()
        work()
        tries.append(perf_counter() - started)
    return min(tries)
