"""Calls of `train_on_batch`, each gathered while the one before it runs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from forger.engine.model import Adversarial
from forger.networks.base import multiply_adds
from forger.training.batches import Arrays, Call

WORK_PER_CALL = 2**31  # multiplications in matrix products, forward pass only
UPDATES_PER_CALL = 4, 1024  # at least, at most


def run(model: Adversarial, arrays: Arrays, count: int) -> Arrays:
    """Run `count` updates and return the reports of each, `[count]` by name."""
    reports = model.train_on_batch(arrays, np.array([count], np.int32), return_dict=True)
    return {name: values[:count] for name, values in reports.items()}


def updates_per_call(model: Adversarial, batch: int) -> int:
    """Return how many updates a call runs, a power of two: fewer, the more an update multiplies.

    They are enough to hide a call's overhead of a millisecond or two, and few enough for smooth
    progress. As every value of a batch is multiplied, this bounds a call's memory too.
    """
    work = batch * sum(multiply_adds(network) for network in model.networks.values())
    return 2 ** int(np.log2(np.clip(WORK_PER_CALL / work, *UPDATES_PER_CALL)))


def ahead(calls: Iterator[Call]) -> Iterator[Call]:
    """Yield the calls, gathering each while the one before it runs."""
    with ThreadPoolExecutor(max_workers=1) as other:
        following = other.submit(next, calls, None)
        while (call := following.result()) is not None:
            following = other.submit(next, calls, None)
            yield call
