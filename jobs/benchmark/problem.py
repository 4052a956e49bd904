"""What all contestants train: a recipe's networks, settings and data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from forger.compute import Compute
from forger.core.seeds import stream
from forger.methods.base import Fields
from forger.methods.gan import GAN
from forger.methods.settings import Train
from forger.networks.families import Networks
from forger.parameters import Parameters
from forger.training.batches import Arrays, Batches
from jobs.benchmark.contestants import Entry

ROLES = ("generator", "discriminator")
MNIST_ROWS = 60_000
CHECKED_UPDATES = 8  # a multiple of every number of updates a call


@dataclass(frozen=True)
class Problem:
    """A recipe of the plain GAN, ready to be trained by anyone.

    Attributes:
        file: the training data, `[n, …]`, as the dataset stage writes them.
        rows: how many of them are used; None: all.
    """

    recipe: str
    compute: Compute
    method: GAN
    networks: Networks
    train: Train
    file: Path
    seed: int
    rows: int | None = None

    @classmethod
    def of(cls, parameters: Parameters, name: str, folder: Path) -> Problem:
        """The recipe as params.yaml has it, its data written to `folder`."""
        recipe, seed = parameters.recipes[name], parameters.seed
        if recipe.dataset.kind == "mnist":
            # Pixels drawn at random: a speed does not depend on them, and nothing is downloaded.
            rng = stream(seed, "benchmark/mnist")
            real = rng.uniform(-1, 1, (MNIST_ROWS, *recipe.dataset.shape)).astype(np.float32)
        else:
            real = recipe.dataset.make(Path.cwd()).arrays["train"]
        train = recipe.train.model_copy(update={"steps_per_epoch": None})
        file = folder / f"{name}.npy"
        np.save(file, real)
        method, networks = recipe.method, recipe.networks
        return cls(name, parameters.compute, method, networks, train, file, seed)

    @property
    def real(self) -> np.ndarray:
        """The training data, memory-mapped as `train` has them."""
        data: np.ndarray = np.load(self.file, mmap_mode="r")
        return data[: self.rows]

    @property
    def fields(self) -> Fields:
        """What there is of data and latents."""
        return Fields(self.real.shape[1:], self.networks.latent)

    def for_race(self, peer: Entry) -> Problem:
        """The nearest problem that the peer can train; Forger is measured on the same.

        Two batches in one step of D are more than a compiled model can do; without batch
        normalisation one joined batch is the same.
        """
        compute = self.compute.model_copy(update={"backend": peer.backend})
        method, norm = self.method, self.networks.discriminator.mixes_examples
        if peer.compiles_discriminator and method.discriminator_batches == "separate" and norm:
            method = method.model_copy(update={"discriminator_batches": "alternating"})
        return replace(self, compute=compute, method=method)

    def without_chance(self, peer: Entry) -> Problem:
        """A variant whose result is determined: latents given, no dropout, and the same examples
        in every update, so that their order does not matter. Batch normalisation goes where the
        peer has it in inference mode.

        Adam's epsilon is large enough that gradients of round-off size move nothing; for a library
        that adds it in another place than Keras, it is negligible instead.
        """
        calm = {"dropout": 0.0} | ({"normalization": "none"} if peer.compiles_discriminator else {})

        def calmed(network: Any) -> Any:
            fields = type(network).model_fields
            return network.model_copy(update={k: v for k, v in calm.items() if k in fields})

        roles: dict[str, Any] = {role: calmed(getattr(self.networks, role)) for role in ROLES}
        latent = self.networks.latent.model_copy(update={"pool": self.train.batch})
        networks = self.networks.model_copy(update={**roles, "latent": latent})
        epsilon = 1e-3 if peer.uses_keras else 1e-12
        optimizers = {
            role: adam.model_copy(update={"epsilon": epsilon})
            for role, adam in self.train.optimizers.items()
        }
        train = self.train.model_copy(
            update={"optimizers": optimizers, "steps_per_epoch": CHECKED_UPDATES}
        )
        return replace(self, networks=networks, train=train, rows=self.train.batch)

    @property
    def batches(self) -> Batches:
        """The rows of every update, in the same order for everyone."""
        pool = self.networks.latent.drawn_once(self.seed)
        return Batches({"real": self.real}, pool, self.train, self.method.batches, self.seed)

    def per_call(self, most: int) -> int:
        """Updates in a call: at most so many, and no more than are checked."""
        return min(most, self.train.steps_per_epoch or most)

    def one_by_one(self) -> Iterator[Arrays]:
        """For ever: an update's rows, `[batch, …]`: `real`, and `latents` where a pool has them."""
        for arrays, _ in self.batches.calls(repeat(1), 1):
            yield {name: rows[0, 0] for name, rows in arrays.items()}
