"""Figures of labelled data: the classes of samples, and of real examples in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from forger.core.seeds import stream
from forger.data.base import Data
from forger.evaluation.parts import Part
from forger.metrics.classes import by_class
from forger.models.classifier import Seen, see

if TYPE_CHECKING:
    import keras


class Labelled:
    """Looks for classes with a classifier, but in rows of a table, which say their own.

    Args:
        data: labelled examples in three parts, and what they are.
        classifier: of their labels.
        parts: the held-out ones.
    """

    def __init__(self, data: Data, classifier: keras.Model, parts: Sequence[Part]) -> None:
        self.classifier = classifier
        self._parts = parts
        self._train = data.arrays["train"]["labels"]
        self._classes = len(data.description.classes)
        self._place = data.description.real.codec.label_place

    def measure(
        self, samples: np.ndarray, asked: np.ndarray | None
    ) -> tuple[dict[str, float], Seen]:
        """Return the figures of samples `[n, …]`, and what is seen in them, with their classes.

        Args:
            samples: in the networks' units.
            asked: the labels that the generator was told, int `[n]`, where it takes any.
        """
        seen = see(self.classifier, samples)
        own = seen.labels if self._place is None else samples[:, self._place].astype(np.int64)
        return self._compare(seen, asked, own), replace(seen, labels=own)

    def measure_real(self, draw: int, n: int) -> dict[str, float]:
        """Return the figures of `n` real examples in the training data's proportions of classes.

        They score as a perfect generator would.
        """
        labels = np.concatenate([part.labels for part in self._parts if part.labels is not None])
        seen = Seen.join([part.seen for part in self._parts if part.seen is not None])
        rng = stream(0, "evaluate/classes", draw)
        rows = rng.choice(len(labels), n, p=weigh(labels, self._train))
        found = seen.rows(rows)
        own = found.labels if self._place is None else labels[rows]
        return self._compare(found, labels[rows], own)

    def _compare(self, seen: Seen, asked: np.ndarray | None, own: np.ndarray) -> dict[str, float]:
        """Return the figures of the classes `own`, and how often what was asked for is seen."""
        found = by_class(replace(seen, labels=own), self._train, self._classes)
        if asked is not None:
            found["label_accuracy"] = float(np.mean(seen.labels == asked))
        return found


def weigh(labels: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return a chance for each of these labels, `[n]`, so that classes come as often as in `like`.

    Of a class that they lack, none comes.
    """
    classes = 1 + max(labels.max(), like.max())
    wanted, counts = (np.bincount(rows, minlength=classes) for rows in (like, labels))
    weights = (wanted / np.maximum(counts, 1))[labels]
    return np.asarray(weights / weights.sum())
