"""Snapshots of which the best is kept, by a figure on the validation part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from forger.core.seeds import stream
from forger.engine.model import Adversarial
from forger.methods.products import Product
from forger.metrics.mmd import bandwidth, gaussian, mmd
from forger.metrics.neighbours import Within, distances, neighbours
from forger.metrics.sliced_wasserstein import sliced_wasserstein
from forger.metrics.two_sample import c2st
from forger.training.batches import Arrays
from forger.training.snapshots import Snapshots

Measure = Callable[[np.ndarray], float]  # of samples `[n, d]`
COMPARED = 2000  # samples, and validation examples, by which the best snapshot is found


class BestSnapshots(Snapshots):
    """Snapshots that know which of them `train.best_by` likes best, since the last new phase."""

    @cached_property
    def _measure(self) -> Measure:
        """What measures samples beside validation examples."""
        real = self._data.arrays["validation"]["real"][:COMPARED]
        return FIGURES[self._train.best_by](self._flatten(np.asarray(real)))

    @cached_property
    def _compared(self) -> tuple[np.ndarray, Arrays]:
        """The latents and conditions of those samples, always the same."""
        validation = self._data.arrays["validation"]
        n = min(len(validation["real"]), COMPARED)
        latents = self._sampler.latent.sample(n, stream(self._seed, "train/best"))
        return latents, self._sampler.conditions(validation, n)

    def _flatten(self, encoded: np.ndarray) -> np.ndarray:
        return self._vectors(encoded).reshape(len(encoded), -1)

    def follow(self, model: Adversarial, products: Mapping[str, Product]) -> None:
        super().follow(model, products)
        self.taken.best = {}  # anew, as the last snapshot's may be the same
        self.taken.scores = {}

    def take(self, epoch: int) -> bool:
        due = super().take(epoch)
        if due and epoch:
            samples = self._flatten(self._sampler.decode(*self._compared))
            self.taken.scores[epoch] = self._measure(samples)
            if self.taken.best_epoch == epoch:
                self.taken.best = self.taken.weights
        return due

    def choose(self) -> dict[str, Any]:
        self._set_weights(self.taken.best)
        epoch = self.taken.best_epoch
        return {"epoch": epoch, "by": self._train.best_by, "value": self.taken.scores[epoch]}


def _by_energy(real: np.ndarray) -> Measure:
    within = Within.of(distances(real))
    return lambda samples: neighbours(samples, real, within)["energy_distance"]


def _by_mmd(real: np.ndarray) -> Measure:
    sigma = bandwidth(distances(real))
    return lambda samples: mmd(samples, real, lambda a, b: gaussian(distances(a, b), sigma))


# What measures samples beside these real examples, `[n, d]` each: real ones are looked at once.
FIGURES: dict[str, Callable[[np.ndarray], Measure]] = {
    "energy_distance": _by_energy,
    "sliced_wasserstein": lambda real: lambda samples: sliced_wasserstein(samples, real),
    "mmd": _by_mmd,
    "c2st": lambda real: lambda samples: c2st(samples, real),
}
