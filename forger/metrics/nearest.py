"""The nearest of many examples, which need not fit in memory together."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from sklearn.neighbors import NearestNeighbors

from forger.data.decoded import count_fitting


class Examples(Protocol):
    """An array `[n, …]`, or what gives its rows where they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> np.ndarray: ...


class Nearest:
    """Finds the nearest of some examples by the Euclidean distance, a stretch of them at a time.

    Args:
        examples: `[n, …]`, of which each is flattened.
        stretch: how many of them are searched at once; None: as many as memory surely holds.

    Attributes:
        width: how many numbers an example has.
    """

    def __init__(self, examples: Examples, stretch: int | None = None) -> None:
        self._examples = examples
        self.width = examples[:1].size
        self._step = stretch or count_fitting((self.width,))

    def search(self, vectors: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Return the distances of `[m, …]` to the `k` nearest examples, and these, `[m, k]` each.

        The examples are given by their row numbers, int; the nearest one is the first.
        """
        vectors = vectors.reshape(len(vectors), -1)
        distances = []
        rows = []
        for start, index in self._indices():
            found = index.kneighbors(vectors, min(k, index.n_samples_fit_))
            distances.append(found[0])
            rows.append(found[1] + start)
        of_all = np.concatenate(distances, axis=1)
        order = np.argsort(of_all, axis=1, kind="stable")[:, :k]
        of_row = np.concatenate(rows, axis=1)
        return np.take_along_axis(of_all, order, axis=1), np.take_along_axis(of_row, order, axis=1)

    def _indices(self) -> Iterator[tuple[int, NearestNeighbors]]:
        """Yield where each stretch starts, and its index; that of a single one is made once."""
        if len(self._examples) <= self._step:
            yield 0, self._only
            return
        for start in range(0, len(self._examples), self._step):
            yield start, self._index(slice(start, start + self._step))

    @cached_property
    def _only(self) -> NearestNeighbors:
        return self._index(slice(None))

    def _index(self, rows: slice) -> NearestNeighbors:
        picked = self._examples[rows]
        return NearestNeighbors().fit(picked.reshape(len(picked), -1))
