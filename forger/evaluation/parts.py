"""Real examples that samples are compared with, and which of them a draw looks at."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any

import numpy as np

from forger.core.seeds import stream
from forger.data.codecs.base import Codec
from forger.data.decoded import Decoded, Vectors
from forger.models.classifier import Seen, see


class Part:
    """Real examples of one part of the data.

    Attributes:
        examples, vectors: `[n, …]`, in the data's units, and as figures take their distances.
        labels: int `[n]`, or None where the data have none.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray], codec: Codec, classifier: Any) -> None:
        real = arrays["real"]
        self.examples = Decoded(real, codec)
        self.vectors = Vectors(real, codec)
        self.labels: np.ndarray | None = arrays.get("labels")
        self._see = (lambda: None) if classifier is None else partial(see, classifier, real)

    def __len__(self) -> int:
        return len(self.examples)

    @cached_property
    def seen(self) -> Seen | None:
        """What the classifier sees in the examples, or None without one."""
        return self._see()


class Rows:
    """The rows of some real examples that each draw looks at, whatever the recipe's seed.

    Args:
        purpose: names the random stream.
        size, n, draws: how many examples there are, how many a draw takes, and how many draws.

    Attributes:
        overlap: the mean share of a draw's rows that another has too; 0 if each has its own.
    """

    def __init__(self, purpose: str, size: int, n: int, draws: int) -> None:
        self.purpose = purpose
        self.size = size
        self.n = n
        self.draws = draws
        self.overlap = 0.0 if n * draws <= size else n / size

    def of(self, draw: int) -> np.ndarray:
        """Return the row numbers of one draw, int `[n]`, without repetition."""
        if self.overlap:
            return stream(0, self.purpose, draw).choice(self.size, self.n, replace=False)
        order = stream(0, self.purpose).permutation(self.size)
        return order[draw * self.n : (draw + 1) * self.n]
