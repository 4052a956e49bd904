"""The rows of the training data that every update sees."""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

import numpy as np

from forger.core.errors import UserError
from forger.core.seeds import stream
from forger.methods.settings import Train

Arrays = dict[str, np.ndarray]
Call = tuple[Arrays, int]  # arrays `[k, …]`, and how many of the k updates to run


class Batches:
    """The rows that every update sees, in an order that only the seed decides.

    Args:
        arrays: by field, `real` among them, one row per example; memory maps will do.
        pool: fixed latents, one per row, or None.
        train: the batch size, the steps per epoch, and how often a class is met, by `labels`.
        per_update: how many batches an update takes.

    Raises:
        UserError: there are fewer examples than an update takes.
    """

    def __init__(
        self,
        arrays: Mapping[str, np.ndarray],
        pool: np.ndarray | None,
        train: Train,
        per_update: int,
        seed: int,
    ) -> None:
        self.arrays = arrays
        self.pool = pool
        rare = train.sampling == "log_frequency"
        self.chances = weigh_classes(np.asarray(arrays["labels"])) if rare else None
        self.seed = seed
        self._kept: dict[str, tuple[int, np.ndarray]] = {}
        for array in arrays.values():
            _reads_at_random(array)
        self.shape = (per_update, train.batch)
        rows = len(arrays["real"])
        self.steps = train.steps_per_epoch or rows // math.prod(self.shape)
        if problems := [*train.shortages(rows, per_update)]:
            raise UserError(*problems)

    def calls(self, stretches: Iterable[int], k: int, done: int = 0) -> Iterator[Call]:
        """Yield calls: arrays `[k, per_update, batch, …]`, and how many of the k updates to run.

        A call may cross the end of an epoch, but not of a stretch: there it runs fewer updates, and
        is padded to k.

        Args:
            stretches: the lengths of consecutive stretches, in updates.
            k: updates per call.
            done: updates that have already run.
        """
        at = done
        for end in accumulate(stretches):
            while at < end:
                count = min(k, end - at)
                yield self._gather(at, count, k), count
                at += count

    def _gather(self, first: int, count: int, k: int) -> Arrays:
        rows = self._rows("order", first, count, k, len(self.arrays["real"]))
        call = {name: _narrow(array[rows]) for name, array in self.arrays.items()}
        if self.pool is not None:
            call["latents"] = self.pool[self._rows("pool", first, count, k, len(self.pool))]
        return call

    def _rows(self, purpose: str, first: int, count: int, k: int, n: int) -> np.ndarray:
        """Return row numbers `[k, per_update, batch]` of `count` updates, the last repeated."""
        parts = []
        at = first
        while at < first + count:
            epoch, step = divmod(at, self.steps)
            parts.append(self._order(purpose, epoch + 1, n)[step : step + first + count - at])
            at += len(parts[-1])
        return np.concatenate(parts)[np.minimum(np.arange(k), count - 1)]

    def _order(self, purpose: str, epoch: int, n: int) -> np.ndarray:
        """Return an epoch's row numbers `[steps, per_update, batch]`.

        They are as many passes over all rows as needed, each in its own order, or independent draws
        by the rows' chances.
        """
        if self._kept.get(purpose, (0, None))[0] != epoch:
            rng = stream(self.seed, f"train/{purpose}", epoch)
            wanted = self.steps * math.prod(self.shape)
            if purpose == "order" and self.chances is not None:
                rows = rng.choice(n, wanted, p=self.chances)
            else:
                passes = [rng.permutation(n) for _ in range(math.ceil(wanted / n))]
                rows = np.concatenate(passes)[:wanted]
            self._kept[purpose] = epoch, rows.reshape(self.steps, *self.shape)
        return self._kept[purpose][1]


def weigh_classes(labels: np.ndarray) -> np.ndarray:
    """Return the chance of each row, by its label, to be drawn by log frequency, `[n]`.

    A class of c rows is drawn in proportion to log(1 + c), so that one of a single row is drawn,
    too; within a class, all rows are alike.
    """
    counts = np.bincount(labels)
    of_row = np.log1p(counts) / np.maximum(counts, 1)
    return np.asarray(of_row[labels] / np.log1p(counts).sum())


def _narrow(rows: np.ndarray) -> np.ndarray:
    """Return rows as networks are given them: no number has more bits than a float32."""
    return rows.astype(np.float32) if rows.dtype == np.float64 else rows


def _reads_at_random(array: np.ndarray) -> None:
    """Tell the system that a memory-mapped array is read at random.

    Otherwise each row that is not in memory brings in the 128 KiB around it, which takes 50 times
    longer.
    """
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap):
        base.madvise(mmap.MADV_RANDOM)
