"""Examples in the data's units, without a copy of all of them."""

from __future__ import annotations

import math

import numpy as np

from forger.data.codecs.base import Codec

MOST = 2**27  # numbers that are looked at together: 1 GiB of float64


def count_fitting(shape: tuple[int, ...]) -> int:
    """Return how many examples of this shape are looked at together, at least 1."""
    return max(1, MOST // math.prod(shape))


class Decoded:
    """Encoded examples `[n, …]` as they are in the data's units, decoded where they are asked for.

    So a memory map that exceeds memory is never read as a whole.
    """

    def __init__(self, encoded: np.ndarray, codec: Codec) -> None:
        self.encoded = encoded
        self._codec = codec

    def __len__(self) -> int:
        return len(self.encoded)

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        return self._codec.decode(np.asarray(self.encoded[rows]))


class Vectors(Decoded):
    """The same as figures take distances between them."""

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        return self._codec.vectors(super().__getitem__(rows))
