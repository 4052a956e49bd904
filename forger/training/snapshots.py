"""Snapshots of samples and weights during training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from forger.core.seeds import stream
from forger.data.base import Data
from forger.data.decoded import count_fitting
from forger.engine.model import Adversarial
from forger.methods.products import Product, maker
from forger.methods.settings import Train
from forger.metrics.neighbours import Within, distances, neighbours
from forger.models.generator import Sampler
from forger.networks.layers.strided import in_plain_keras
from forger.training.batches import Arrays

SPREAD_OF = 10_000  # training examples whose spread samples are compared with
NEIGHBOURS_OF = 200  # samples, and training examples, that neighbours are sought among
FEWEST = 50  # of each; among fewer, neighbours say little
HALF = 0.5  # share of the epochs before which samples may still be unlike the data

Weights = dict[str, list[np.ndarray]]  # of networks, by role


@dataclass
class Taken:
    """The content of the snapshots so far.

    Attributes:
        samples: `[n, …]`, by epoch.
        weights: those at the last snapshot, by role.
        best: those at the snapshot that `train.best_by` likes best, by role; empty if the last
            ones are kept.
        scores: the figure of each snapshot that was compared, by epoch.
    """

    samples: dict[int, np.ndarray] = field(default_factory=dict)
    weights: Weights = field(default_factory=dict)
    best: Weights = field(default_factory=dict)
    scores: dict[int, float] = field(default_factory=dict)

    @property
    def best_epoch(self) -> int:
        """The epoch of the best snapshot: the first of equals."""
        return min(self.scores, key=lambda epoch: self.scores[epoch])

    def arrays(self) -> Arrays:
        """Return everything as arrays by name, for a checkpoint."""
        return {
            **{f"samples/{epoch}": x for epoch, x in self.samples.items()},
            **{f"scores/{epoch}": np.array(score) for epoch, score in self.scores.items()},
            **_name_weights("weights", self.weights),
            **_name_weights("best", self.best),
        }

    @classmethod
    def of(cls, arrays: Arrays) -> Taken:
        """Rebuild what `arrays` returned. Raises ValueError if a name is malformed."""
        taken = cls()
        for name, values in arrays.items():
            match name.split("/"):
                case "samples", epoch:
                    taken.samples[int(epoch)] = values
                case "scores", epoch:
                    taken.scores[int(epoch)] = float(values)
                case "weights", role, _:
                    taken.weights.setdefault(role, []).append(values)
                case "best", role, _:
                    taken.best.setdefault(role, []).append(values)
                case _:
                    raise ValueError(f"found {name} among snapshots")
        return taken


def _name_weights(kind: str, weights: Weights) -> Arrays:
    return {f"{kind}/{role}/{i}": w for role, own in weights.items() for i, w in enumerate(own)}


class Snapshots:
    """Samples over training, always from the same latents and conditions.

    Labels are told as `Sampler.conditions` says, other fields as the first validation examples have
    them.

    Args:
        products: those of the networks that are kept; one of them makes examples.
        train: how many snapshots, of how many samples, and which networks are kept.
        data: training examples, which samples are compared with, and what they are.
        seed: the latents derive from it.

    Attributes:
        due: the epochs at whose end snapshots are taken, including 0 and the last.
        taken: the content of the snapshots so far.
    """

    def __init__(
        self,
        model: Adversarial,
        products: Mapping[str, Product],
        train: Train,
        data: Data,
        seed: int,
    ) -> None:
        n = train.snapshot_samples
        real = data.arrays["train"]["real"]
        self._data = data
        self._train = train
        self._seed = seed
        self.taken = Taken()
        self.follow(model, products)
        self._latents = self._sampler.latent.sample(n, stream(seed, "train/snapshots"))
        self._told = self._sampler.conditions(data.arrays["validation"], n)
        spread = np.linspace(0, train.epochs, min(train.snapshots, train.epochs + 1))
        self.due = np.unique(spread.round().astype(int))
        looked_at = min(SPREAD_OF, count_fitting(real.shape[1:]))
        self._of_data = _spread(self._vectors(np.asarray(real[:looked_at])))
        self._real = self._vectors(np.asarray(real[: min(n, NEIGHBOURS_OF)]))
        self._within_real = Within.of(distances(self._real)) if len(self._real) >= FEWEST else None

    @property
    def figures(self) -> dict[str, float]:
        """Figures of the last samples: `spread`, their standard deviation as a share of the data's,
        and, in the second half of the epochs, those of `neighbours`, unless there are too few."""
        epoch, last = list(self.taken.samples.items())[-1]
        last = self._vectors(last)
        found = {"spread": _spread(last) / self._of_data if self._of_data else 1.0}
        if self._within_real and epoch >= HALF * self.due[-1]:
            found |= neighbours(last[: len(self._real)], self._real, self._within_real)
        return found

    def _vectors(self, encoded: np.ndarray) -> np.ndarray:
        """Return examples as figures compare them."""
        codec = self._data.description.real.codec
        return codec.vectors(codec.decode(encoded))

    def follow(self, model: Adversarial, products: Mapping[str, Product]) -> None:
        """Take snapshots of another model from now on."""
        self._model = model
        self._products = products
        self._sampler = Sampler(products[maker(products)], self._data.description)

    def take(self, epoch: int) -> bool:
        """Take a snapshot if one is due, and tell whether it was."""
        if epoch not in self.due:
            return False
        self.taken.samples[epoch] = self._sampler.decode(self._latents, self._told)
        kept = self._model.select_kept()
        self.taken.weights = {role: network.get_weights() for role, network in kept.items()}
        return True

    def last_good(self) -> tuple[int, dict[str, Product]]:
        """Return the epoch of the last snapshot, and the products as they were then."""
        self._set_weights(self.taken.weights)
        return list(self.taken.samples)[-1], plain(self._products)

    def choose(self) -> dict[str, Any]:
        """Give the networks what they had at the snapshot that is kept, which here is the last.

        Returns:
            Its `epoch`, the figure that it was chosen `by` and its `value`; empty if it was not.
        """
        return {}

    def _set_weights(self, weights: Weights) -> None:
        networks = self._model.select_kept()
        for role, own in weights.items():
            networks[role].set_weights(own)

    def arrays(self) -> Arrays:
        """Return the `epochs` `[s]` and their `samples` `[s, n, …]`."""
        epochs, samples = zip(*self.taken.samples.items(), strict=True)
        return {"epochs": np.array(epochs, np.int64), "samples": np.stack(samples)}


def _spread(examples: np.ndarray) -> float:
    """Return the root of the examples' total variance."""
    return float(np.sqrt(examples.astype(np.float64).var(0).sum()))


def plain(products: Mapping[str, Product]) -> dict[str, Product]:
    """Return the products in Keras's own layers, as they are saved."""
    return {
        name: replace(product, network=in_plain_keras(product.network))
        for name, product in products.items()
    }
