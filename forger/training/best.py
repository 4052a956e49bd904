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
from forger.metrics.neighbours import distances, neighbours
from forger.metrics.sliced_wasserstein import sliced_wasserstein
from forger.metrics.two_sample import c2st
from forger.training.batches import Arrays
from forger.training.snapshots import Snapshots

COMPARED = 2000  # samples, and validation examples, by which the best snapshot is found


class BestSnapshots(Snapshots):
    """Snapshots that know which of them `train.best_by` likes best, since the last new phase."""

    @cached_property
    def _held_out(self) -> np.ndarray:
        """The validation examples that samples are compared with, `[n, d]`."""
        return self._flatten(np.asarray(self._data.arrays["validation"]["real"][:COMPARED]))

    @cached_property
    def _compared(self) -> tuple[np.ndarray, Arrays]:
        """The latents and conditions of those samples, always the same."""
        n = len(self._held_out)
        latents = self._sampler.latent.sample(n, stream(self._seed, "train/best"))
        return latents, self._sampler.conditions(self._data.arrays["validation"], n)

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
            self.taken.scores[epoch] = FIGURES[self._train.best_by](samples, self._held_out)
            if self.taken.best_epoch == epoch:
                self.taken.best = self.taken.weights
        return due

    def choose(self) -> dict[str, Any]:
        self._set_weights(self.taken.best)
        epoch = self.taken.best_epoch
        return {"epoch": epoch, "by": self._train.best_by, "value": self.taken.scores[epoch]}


def _measure_energy(samples: np.ndarray, real: np.ndarray) -> float:
    return neighbours(samples, real)["energy_distance"]


def _measure_mmd(samples: np.ndarray, real: np.ndarray) -> float:
    sigma = bandwidth(distances(real))
    return mmd(samples, real, lambda a, b: gaussian(distances(a, b), sigma))


# From samples and real examples, `[n, d]` each.
FIGURES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "energy_distance": _measure_energy,
    "sliced_wasserstein": sliced_wasserstein,
    "mmd": _measure_mmd,
    "c2st": c2st,
}
