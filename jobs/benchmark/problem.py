"""What all contestants train: a recipe's networks, settings and data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from forger.compute import Compute
from forger.config.section import file_of
from forger.core.errors import UserError
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
CHECKED_UPDATES = 8  # a multiple of what any contestant runs per call


@dataclass(frozen=True)
class Problem:
    """A recipe of the plain GAN, ready for any contestant to train.

    Attributes:
        file: the training data, `[n, …]`, as the dataset stage writes them.
        rows: how many of them to use; None for all.
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
        """Return the recipe called `name` as a problem, its data written to `folder`.

        Raises UserError if its method is not the plain GAN.
        """
        recipe = parameters.recipes[name]
        seed = parameters.seed
        if type(recipe.method) is not GAN:
            raise UserError(
                f"{file_of(name)}: method.kind: found {recipe.method.kind}; the benchmark's "
                "contestants train a plain gan"
            )
        if recipe.dataset.kind == "mnist":
            # Random pixels: speed does not depend on them, and nothing has to be downloaded.
            rng = stream(seed, "benchmark/mnist")
            real = rng.uniform(-1, 1, (MNIST_ROWS, *recipe.dataset.shape)).astype(np.float32)
        else:
            real = recipe.dataset.make(Path.cwd()).arrays["train"]["real"]
        train = recipe.train.model_copy(update={"steps_per_epoch": None})
        file = folder / f"{name}.npy"
        np.save(file, real)
        method = recipe.method
        networks = recipe.networks
        return cls(name, parameters.compute, method, networks, train, file, seed)

    @property
    def real(self) -> np.ndarray:
        """The training data, memory-mapped as in `train`."""
        data: np.ndarray = np.load(self.file, mmap_mode="r")
        return data[: self.rows]

    @property
    def fields(self) -> Fields:
        """The shape of an example."""
        return Fields({"real": self.real.shape[1:]})

    def for_race(self, peer: Entry) -> Problem:
        """Return the nearest problem that the peer can train; Forger is measured on the same one.

        A compiled model can't take two batches in one step of D. Without batch normalisation, one
        joined batch is the same; with it, D takes a step on each.
        """
        compute = self.compute.model_copy(update={"backend": peer.backend})
        method = self.method
        norm = self.networks["discriminator"].mixes_examples
        if peer.compiles_discriminator and method.discriminator_batches == "separate" and norm:
            method = method.model_copy(update={"discriminator_batches": "alternating"})
        return replace(self, compute=compute, method=method)

    def without_chance(self, peer: Entry) -> Problem:
        """Return a variant whose result is determined.

        Latents are given, there is no dropout, and every update sees the same examples, so that
        their order does not matter. Batch normalisation is left out where the peer has it in
        inference mode. Adam's epsilon is so large that gradients of round-off size move nothing;
        for a library that adds it elsewhere than Keras does, it is negligible instead.
        """
        plain = {"dropout": 0.0} | (
            {"normalization": "none"} if peer.compiles_discriminator else {}
        )

        def calm(network: Any) -> Any:
            fields = type(network).model_fields
            return network.model_copy(update={k: v for k, v in plain.items() if k in fields})

        networks = {role: calm(self.networks[role]) for role in ROLES}
        latent = self.method.latent.model_copy(update={"pool": self.train.batch})
        method = self.method.model_copy(update={"latent": latent})
        epsilon = 1e-3 if peer.uses_keras else 1e-12
        optimizers = {
            role: adam.model_copy(update={"epsilon": epsilon})
            for role, adam in self.train.optimizers.items()
        }
        train = self.train.model_copy(
            update={"optimizers": optimizers, "steps_per_epoch": CHECKED_UPDATES}
        )
        return replace(self, method=method, networks=networks, train=train, rows=self.train.batch)

    @property
    def batches(self) -> Batches:
        """The rows of every update, in the same order for every contestant."""
        pool = self.method.pool(self.seed)
        return Batches({"real": self.real}, pool, self.train, self.method.batches, self.seed)

    def per_call(self, most: int) -> int:
        """Return the updates per call: at most `most`, and no more than are checked."""
        return min(most, self.train.steps_per_epoch or most)

    def one_by_one(self) -> Iterator[Arrays]:
        """Yield each update's rows `[batch, …]` for ever: `real` and, from a pool, `latents`."""
        for arrays, _ in self.batches.calls(repeat(1), 1):
            yield {name: rows[0, 0] for name, rows in arrays.items()}
