"""What is kept of a training on its way."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from stages.gan.batches import Arrays
from stages.gan.engine.model import Adversarial
from stages.gan.generator import Sampler
from stages.gan.networks.strided import in_plain_keras
from stages.gan.params.latent import Latent
from stages.gan.params.train import Train
from stages.gan.seeds import stream

SPREAD_OF = 10_000  # training examples that samples' spread is held against


class Snapshots:
    """Samples over training, always from the same latents (and labels, class after class).

    Attributes:
        due: the epochs at whose end they are taken, 0 and the last included.
        spread: the standard deviation of the last ones, as a share of the data's.
    """

    def __init__(
        self, model: Adversarial, latent: Latent, train: Train, real: np.ndarray, seed: int
    ) -> None:
        n, classes = train.snapshot_samples, model.method.classes
        self._model = model
        self._sampler = Sampler(model.kept()["generator"], latent, classes)
        self._latents = latent.sample(n, stream(seed, "train/snapshots"))
        self._labels = np.arange(n) % classes if classes else None
        spread = np.linspace(0, train.epochs, min(train.snapshots, train.epochs + 1))
        self.due = np.unique(spread.round().astype(int))
        self._taken: dict[int, np.ndarray] = {}
        self._weights: dict[str, list[np.ndarray]] = {}
        self._of_data = _spread(np.asarray(real[:SPREAD_OF]))
        self.spread = 1.0

    def take(self, epoch: int) -> None:
        """Keep a snapshot, if one is due."""
        if epoch in self.due:
            taken = self._sampler.decode(self._latents, self._labels)
            self._taken[epoch] = taken
            self.spread = _spread(taken) / self._of_data if self._of_data else 1.0
            kept = self._model.kept()
            self._weights = {role: network.get_weights() for role, network in kept.items()}

    def good(self) -> tuple[int, dict[str, keras.Model]]:
        """The epoch of the last snapshot, and the networks as they were then."""
        networks = self._model.kept()
        for role, weights in self._weights.items():
            networks[role].set_weights(weights)
        return list(self._taken)[-1], plain(networks)

    def arrays(self) -> Arrays:
        epochs = np.array(list(self._taken), np.int64)
        return {"epochs": epochs, "samples": np.stack(list(self._taken.values()))}


def _spread(examples: np.ndarray) -> float:
    """The root of their total variance."""
    return float(np.sqrt(examples.astype(np.float64).var(0).sum()))


def plain(networks: Mapping[str, keras.Model]) -> dict[str, keras.Model]:
    """In Keras's own layers, as they are saved."""
    return {role: in_plain_keras(network) for role, network in networks.items()}
