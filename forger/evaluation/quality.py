"""All figures of quality of a recipe's samples, and the same figures of real data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from forger.core.seeds import stream
from forger.data.base import Data
from forger.data.decoded import Decoded, Vectors
from forger.evaluation.encoding import code_error
from forger.evaluation.exact import distance_from_law
from forger.evaluation.kind import Kind
from forger.evaluation.labelled import Labelled, weigh
from forger.evaluation.parts import Part, Rows
from forger.evaluation.settings import Evaluate
from forger.metrics.classes import by_features, by_label
from forger.metrics.comparison import Comparison
from forger.metrics.encoding import match
from forger.metrics.figures import FIGURES
from forger.metrics.intervals import Interval, of_mean
from forger.metrics.laws import by_law, describe
from forger.metrics.memorisation import Memory
from forger.models.classifier import Seen

if TYPE_CHECKING:
    import keras


class Measured(NamedTuple):
    """What one draw of samples shows.

    Attributes:
        alone: figures of all its samples.
        beside: figures of some of them, beside as many held-out examples.
        seen: what the classifier, if any, sees in the samples, and their classes.
    """

    alone: dict[str, float]
    beside: dict[str, float]
    seen: Seen | None


class Quality:
    """Compares samples, or real examples in their place, with one part of a recipe's data.

    A figure and its floor take equal sizes and numbers of draws. Real examples that stand in for
    samples are never compared with themselves, and the classifier has not learnt from them.

    Args:
        data: the examples in three parts, and what they are.
        settings: the part to compare with, and how many examples.
        classifier: a classifier of the data's labels, where they have any.
        features: a network that finds features of images without labels, where these are some.

    Attributes:
        part: the name of the part that samples are compared with.
        held_out: its examples.
        sizes: how many examples figures look at, by kind.
    """

    def __init__(
        self,
        data: Data,
        settings: Evaluate,
        classifier: keras.Model | None,
        features: keras.Model | None = None,
    ) -> None:
        parts = data.arrays
        self.data = data.description
        self.codec = self.data.real.codec
        self.part = settings.part
        own = settings.part
        other = "validation" if settings.part == "test" else "test"
        self._parts = [Part(parts[name], self.codec, classifier) for name in (own, other)]
        self.held_out, self._others = self._parts
        self._train = Decoded(parts["train"]["real"], self.codec)
        self._train_labels = parts["train"].get("labels")
        self._labelled = None if classifier is None else Labelled(data, classifier, self._parts)
        self._memory = Memory(Vectors(parts["train"]["real"], self.codec))
        self._kind = Kind(self.data, self._train, features, settings)
        mine = len(self.held_out)
        theirs = len(self._others)
        draws = settings.draws
        # Not all of either part, so that draws look at different examples.
        n = min(settings.samples, settings.compared, 2 * theirs // 3, mine // 2)
        self._real = Rows("evaluate/held_out", mine, n, draws)
        self._instead = Rows("evaluate/others", theirs, n, draws)
        every = min(settings.samples, mine + theirs)
        self._every = Rows("evaluate/every", mine + theirs, every, draws)
        self.sizes = {
            "training": len(self._train),
            "held_out": mine,
            "draws": draws,
            "samples": settings.samples,
            "compared": n,
            "memorisation": min(settings.samples, settings.compared, self._memory.most),
        }

    def measure(self, samples: np.ndarray, asked: np.ndarray | None, draw: int) -> Measured:
        """Measure one draw of samples.

        Args:
            samples: `[samples, …]`, in the networks' units.
            asked: the labels that the generator was told, int `[samples]`, where it takes any.
            draw: the draw's number, from 0.
        """
        in_units = self.codec.decode(samples)
        law = self.data.law
        alone = by_law(describe(in_units, law), law)
        seen = None
        if self._labelled is not None:
            of_classes, seen = self._labelled.measure(samples, asked)
            alone |= of_classes
        return Measured(alone, self._beside(in_units, asked, seen, draw), seen)

    def summarise(
        self, draws: Sequence[Measured], translated: bool
    ) -> tuple[dict[str, float], dict[str, Interval]]:
        """Return the means of what several draws show, and their 95 % intervals.

        Args:
            translated: whether the samples of all draws are made from the same held-out examples,
                which `to_translate` picks, rather than each from new latents.
        """
        real = self._real.overlap
        shared = 0.0
        if translated:  # of a draw, different ones
            rows = min(self.sizes["samples"], len(self.held_out) - self._real.n)
            shared = rows / len(self.held_out)
        alone = summarise([draw.alone for draw in draws], (shared,))
        beside = summarise([draw.beside for draw in draws], (real, real if translated else 0.0))
        return alone[0] | beside[0], alone[1] | beside[1]

    def to_translate(self, draw: int) -> np.ndarray:
        """Return the rows of held-out examples that a translator is told in a draw, `[samples]`.

        None of them is a row that the draw's samples are compared with. The first ones, which are
        compared, are different; then they repeat, in the training data's proportions of classes.
        """
        rng = stream(0, "evaluate/to_translate", draw)
        rows = np.arange(len(self.held_out))
        apart = rng.permutation(np.setdiff1d(rows, self._real.of(draw)))
        labels = self.held_out.labels
        weights = None
        if labels is not None and self._train_labels is not None:
            weights = weigh(labels[apart], self._train_labels)
        more = rng.choice(apart, max(0, self.sizes["samples"] - len(apart)), p=weights)
        return np.concatenate([apart, more])[: self.sizes["samples"]]

    def floor(self) -> tuple[dict[str, float], dict[str, Interval]]:
        """Return means and 95 % intervals of the figures of real examples in place of samples."""
        law = self.data.law
        draws = range(self.sizes["draws"])
        kinds = [
            ([self._others_beside(i) for i in draws], [self._real.overlap, self._instead.overlap])
        ]
        if law:
            pool = describe(np.concatenate([part.examples[:] for part in self._parts]), law)
            of_law = [by_law(pool[self._every.of(i)], law) for i in draws]
            kinds.insert(0, (of_law, [self._every.overlap]))
        if self._labelled is not None:
            # Rows are drawn with replacement: the variance between draws is σ²/n, and that of the
            # pool itself adds σ²/N. In `of_mean` this is an overlap of n / (n + N).
            n = self.sizes["samples"]
            shared = n / (n + self._every.size)
            kinds.append(([self._labelled.measure_real(i, n) for i in draws], [shared]))
        found: dict[str, float] = {}
        intervals: dict[str, Interval] = {}
        for floors, overlaps in kinds:
            means, ends = summarise(floors, overlaps)
            found |= means
            intervals |= ends
        if self.held_out.seen is not None and self.held_out.labels is not None:
            seen = self.held_out.seen.labels
            labels = self.held_out.labels
            error = code_error(match(seen, labels), seen, labels)
            found["code_error"], intervals["code_error"] = error
        if law.get("name") == "gaussian":
            drawn = self._train[:].astype(np.float64)
            found["frechet_exact"] = distance_from_law(drawn.mean(0), np.cov(drawn.T), law)
        return found, intervals

    def _others_beside(self, draw: int) -> dict[str, float]:
        rows = self._instead.of(draw)
        others = self._others
        seen = None if others.seen is None else others.seen.rows(rows)
        labels = None if others.labels is None else others.labels[rows]
        return self._beside(others.examples[rows], labels, seen, draw)

    def _beside(
        self, examples: np.ndarray, labels: np.ndarray | None, seen: Seen | None, draw: int
    ) -> dict[str, float]:
        """Compare samples, or what stands in for them, with the held-out examples."""
        rows = self._real.of(draw)
        n = self._real.n
        held_out = self.held_out
        real = held_out.vectors[rows]
        vectors = self.codec.vectors(examples[: max(n, self.sizes["memorisation"])])
        found = {
            **Comparison(real).measure(vectors[:n]),
            **self._memory.measure(vectors[: self.sizes["memorisation"]], real),
            **self._kind.measure(examples[:n], held_out.examples[rows]),
        }
        if seen is not None and held_out.seen is not None:
            found |= by_features(seen.rows(np.arange(n)), held_out.seen.rows(rows))
        if labels is not None and held_out.labels is not None:
            found |= by_label(vectors[:n], labels[:n], real, held_out.labels[rows])
        return found


def summarise(
    draws: Sequence[Mapping[str, float]], overlaps: Sequence[float]
) -> tuple[dict[str, float], dict[str, Interval]]:
    """Return the means of several draws' figures, and their intervals, clipped to their ranges.

    A figure that any draw lacks, as it had too few examples of a class, is left out.

    Args:
        overlaps: see `of_mean`.
    """
    names = [name for name in draws[0] if all(name in draw for draw in draws)]
    values = {name: [draw[name] for draw in draws] for name in names}
    intervals = {
        name: FIGURES[name].within(of_mean(found, overlaps)) for name, found in values.items()
    }
    return {name: float(np.mean(found)) for name, found in values.items()}, intervals
