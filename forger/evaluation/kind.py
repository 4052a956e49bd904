"""Figures that only data of one kind have: tables, curves, images without labels."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forger.data.codecs.table import Table
from forger.data.description import Description
from forger.evaluation.settings import Evaluate
from forger.metrics.curves import by_curves
from forger.metrics.features import compare
from forger.metrics.gaussian import frechet_between
from forger.metrics.likelihood import measure_likelihood
from forger.metrics.nearest import Examples
from forger.metrics.recurrent import discriminate, predict
from forger.metrics.tables import measure_rows
from forger.models.inception import Inception

if TYPE_CHECKING:
    import keras


class Kind:
    """Compares samples with real examples by what only data of their kind have.

    Args:
        data: what the examples are.
        train: all training examples `[n, …]`, in the data's units.
        features: a network that finds features of images without labels, where these are some.
        settings: which further scores are asked for.
    """

    def __init__(
        self,
        data: Description,
        train: Examples,
        features: keras.Model | None,
        settings: Evaluate,
    ) -> None:
        self.data = data
        self._train = train
        self.features = features
        self.recurrent = settings.recurrent if data.real.view == "curves" else ()
        self.inception: Inception | None = None
        if settings.inception is not None:
            self.inception = Inception(Path(settings.inception))

    @cached_property
    def train(self) -> np.ndarray:
        """All training examples, which only tables are compared with."""
        return self._train[:]

    def measure(self, examples: np.ndarray, real: np.ndarray) -> dict[str, float]:
        """Return the figures of samples `[n, …]` beside as many real examples, in data units."""
        codec = self.data.real.codec
        found: dict[str, float] = {}
        if isinstance(codec, Table):
            found |= measure_rows(examples, real, self.train, codec, self.data.target)
            found |= measure_likelihood(examples, real, self.data.law, codec.names)
        if self.data.real.view == "curves" and not self.data.law:  # which has sharper figures
            found |= by_curves(*map(codec.cut, (examples, real)))
        if self.features is not None:
            both = (codec.encode(x) for x in (examples, real))
            found["feature_frechet"] = compare(self.features, *both)
        if self.inception is not None:
            low, high = codec.ends
            bytes_of = [255 * (x - low) / (high - low) for x in (examples, real)]
            found["fid"] = frechet_between(*map(self.inception.extract, bytes_of))
        for units in self.recurrent:
            samples, held_out = (codec.encode_in_order(x) for x in (examples, real))
            found[f"discriminative_{units}"] = discriminate(samples, held_out, units)
            found[f"predictive_{units}"] = predict(samples, held_out, units)
        return found
