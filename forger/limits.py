"""Lower bounds on the memory that a recipe's arrays take, known before any is made.

A number that would exhaust any machine's memory is reported as a mistake. Whether a number within
the limits exhausts this machine's memory, only this machine can tell.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import NamedTuple

from forger.config.section import FEWEST
from forger.data.base import Dataset
from forger.networks.layers.minibatch import KERNEL_SIZE, KERNELS
from forger.recipe import Recipe

MOST_BYTES = 8 * 2**30  # of one array
MOST_WEIGHTS = 10**9  # of one network; Adam keeps two more numbers per weight
MOST_EPOCHS = 10**6
MOST_UPDATES = 2**31 - 1  # the most steps that an optimizer can count
FEWEST_A_CALL = 4  # the fewest updates for which `train_on_batch` is given rows
AT_ONCE = 1000  # examples in a forward pass outside training
SINGLE = 4  # bytes per float32
DOUBLE = 8  # bytes per float64


class Array(NamedTuple):
    """An array that a recipe needs.

    Attributes:
        key: the key, below the recipe, that makes it large.
        what: what the numbers are, as the message calls them.
        numbers: how many numbers.
        bytes: bytes per number.
    """

    key: str
    what: str
    numbers: int
    bytes: int = SINGLE


def numbers_of(dataset: Dataset, fields: Collection[str] | None = None) -> int:
    """Return how many numbers some fields of one example have together; None: all of them."""
    shapes = dataset.shapes.items()
    return sum(math.prod(shape) for name, shape in shapes if fields is None or name in fields)


def problems(recipe: Recipe) -> Iterator[str]:
    """Yield a line, with its key below the recipe, for whatever is too large or too small."""
    yield from _too_few(recipe)
    for array in _arrays(recipe):
        size = array.bytes * array.numbers
        if size > MOST_BYTES:
            yield f"{array.key}: {array.what} would take {_readable(size)}; at most 8 GiB"
    yield from _endless(recipe)


def _too_few(recipe: Recipe) -> Iterator[str]:
    """Yield problems of parts with too few examples for the figures."""
    dataset = recipe.dataset
    for keys, part, n in (
        (("train",), "training", dataset.train_size),
        (("validated", "validation"), "validation", dataset.validation_size),
        (("test",), "test", dataset.test_size),
    ):
        field = next((key for key in keys if key in type(dataset).model_fields), "held_out")
        if n is not None and n < FEWEST:
            yield (
                f"dataset.{field}: leaves {n} {part} examples; figures need at least {FEWEST} of "
                "them"
            )


def _arrays(recipe: Recipe) -> Iterator[Array]:
    dataset = recipe.dataset
    method = recipe.method
    train = recipe.train
    example = math.prod(dataset.shape)
    row = numbers_of(dataset)
    parts = (dataset.train_size, dataset.validation_size, dataset.test_size)
    rows = sum(size or 0 for size in parts)
    yield Array("dataset.train", f"{rows:,} examples of {row:,} numbers", rows * row)
    for key, numbers in method.arrays.items():
        yield Array(key, f"{numbers:,} numbers", numbers)
    batch = train.batch * method.batches
    numbers = FEWEST_A_CALL * batch * numbers_of(dataset, method.needs)
    yield Array("train.batch", f"the rows of {FEWEST_A_CALL} updates", numbers)
    yield from _of_networks(recipe)
    if train.steps_per_epoch is not None:
        numbers = train.steps_per_epoch * batch
        yield Array("train.steps_per_epoch", "the order of an epoch's rows", numbers, DOUBLE)
    taken = min(train.snapshots, train.epochs + 1) * train.snapshot_samples
    yield Array("train.snapshot_samples", "the snapshots", taken * example)
    latents = train.snapshot_samples * method.drawn
    yield Array("train.snapshot_samples", "the snapshots' latents", latents)
    of_each = max(dataset.numbers_measured, method.drawn)
    what = f"the figures of {recipe.evaluate.samples:,} samples"
    yield Array("evaluate.samples", what, recipe.evaluate.samples * of_each, DOUBLE)


def _of_networks(recipe: Recipe) -> Iterator[Array]:
    """Yield the networks' weights, and their layers' outputs in training and outside it."""
    method = recipe.method
    train = recipe.train
    costs = recipe.costs
    for role, cost in costs.items():
        if cost.weights > MOST_WEIGHTS:
            yield Array(f"networks.{role}", f"{cost.weights:,} weights", cost.weights, 3 * SINGLE)
        yield Array(f"networks.{role}", f"layers of {AT_ONCE:,} examples", AT_ONCE * cost.values)
    values = sum(cost.values for cost in costs.values())
    for key, n in method.examples(train.batch).items():
        yield Array(key, "the layers of a batch", n * values)
    for role, network in recipe.networks.items():
        if network.minibatch == "discrimination":
            pairs = (train.batch // method.count_packed(role)) ** 2
            what = "distances between all pairs of the batch"
            yield Array("train.batch", what, pairs * KERNELS * KERNEL_SIZE)


def _endless(recipe: Recipe) -> Iterator[str]:
    train = recipe.train
    if train.epochs > MOST_EPOCHS:
        yield f"train.epochs: found {train.epochs}; at most {MOST_EPOCHS:,}"
    taken = train.batch * recipe.method.batches
    steps = train.steps_per_epoch or (recipe.dataset.train_size or 0) // taken
    players = max(map(recipe.method.steps_of, recipe.method.players))
    if train.epochs * steps * players > MOST_UPDATES:
        yield (
            f"train.epochs: {train.epochs * steps * players:,} steps of an optimizer; at most "
            f"{MOST_UPDATES:,}"
        )


def _readable(size: int) -> str:
    return f"{size / 2**30:,.0f} GiB" if size < 2**60 else f"{size / 2**60:,.0f} EiB"
