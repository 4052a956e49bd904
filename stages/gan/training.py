"""Training: epochs, history, snapshots, progress."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

import keras
import numpy as np
import pandas as pd

from stages.gan.engine.model import Adversarial
from stages.gan.errors import UserError
from stages.gan.generator import Sampler
from stages.gan.methods import METHODS
from stages.gan.methods.base import Method
from stages.gan.networks import Networks
from stages.gan.params.latent import Latent
from stages.gan.params.train import Train
from stages.gan.progress import Progress
from stages.gan.seeds import integer, stream

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Result:
    """What training gives.

    Attributes:
        networks: a trained network a role.
        history: a row an epoch: `epoch` from 1, `step` (updates so far), the method's reports as
            means over the epoch's updates.
        snapshots: `epochs` [s], 0 being before training, and `samples` [s, n, …], the generator's
            output for the same latents each time.
        seconds: spent in updates.
    """

    networks: Mapping[str, keras.Model]
    history: pd.DataFrame
    snapshots: Arrays
    seconds: float


class Batches:
    """The rows that every update sees, in an order that depends on nothing but the seed.

    Args:
        arrays: `real` and, where the data have them, `labels`: a row an example, as they lie on
            disk (a memory map will do).
        pool: fixed latents, a row each, or None.
    """

    def __init__(
        self, arrays: Mapping[str, np.ndarray], pool: np.ndarray | None, train: Train, seed: int
    ) -> None:
        self.arrays, self.pool, self.seed = arrays, pool, seed
        self.shape = (train.discriminator_steps, train.batch)
        rows = len(arrays["real"])
        self.steps = train.steps_per_epoch or rows // math.prod(self.shape)
        if rows < math.prod(self.shape):
            raise UserError(
                f"an update takes {math.prod(self.shape)} examples "
                f"(batch × discriminator_steps), but there are only {rows}"
            )

    def epoch(self, epoch: int, k: int) -> Iterator[tuple[Arrays, int]]:
        """Calls of k updates: arrays `[k, discriminator_steps, batch, …]`, and how many of the k
        are to be run; the last call of an epoch may have fewer, and is padded."""
        rows = self._rows("order", epoch, len(self.arrays["real"]))
        latents = None if self.pool is None else self._rows("pool", epoch, len(self.pool))
        for start in range(0, self.steps, k):
            take = np.minimum(np.arange(start, start + k), self.steps - 1)
            call = {name: array[rows[take]] for name, array in self.arrays.items()}
            if self.pool is not None and latents is not None:
                call["latents"] = self.pool[latents[take]]
            yield call, min(k, self.steps - start)

    def _rows(self, purpose: str, epoch: int, n: int) -> np.ndarray:
        """Shuffled row numbers `[steps, discriminator_steps, batch]`, starting over at the end."""
        order = stream(self.seed, f"train/{purpose}", epoch).permutation(n)
        return np.resize(order, self.steps * math.prod(self.shape)).reshape(self.steps, *self.shape)


def build(
    method: Method, networks: Networks, example: tuple[int, ...], seed: int
) -> dict[str, keras.Model]:
    """A new network a role of the method."""
    inputs = method.inputs((networks.latent.dim,), example)
    outputs = {"generator": example, "discriminator": (1,)}
    return {
        role: getattr(networks, role).build(role, of_role, outputs[role], seed)
        for role, of_role in inputs.items()
    }


def train(
    method: str,
    networks: Networks,
    settings: Train,
    arrays: Mapping[str, np.ndarray],
    classes: int,
    seed: int,
    jit: bool,
    steps_per_call: int,
    progress: Progress,
) -> Result:
    """Train one GAN.

    Args:
        arrays: `real` [n, …], and `labels` [n] where there are any.
        classes: number of labels, 0 without.
        jit: whether to compile with XLA.
        steps_per_call: updates a call, no more than an epoch has; no effect on the result.

    Raises:
        UserError: fewer examples than an update takes, or losses that are no longer finite.
    """
    latent, example = networks.latent, arrays["real"].shape[1:]
    batches = Batches(arrays, _pool(latent, seed), settings, seed)
    algorithm = METHODS[method](settings, latent, classes)
    built = build(algorithm, networks, example, seed)
    optimizers = {
        player: keras.optimizers.Adam(**settings.optimizers[player].model_dump(), name=player)
        for player in algorithm.players
    }
    model = Adversarial(algorithm, built, optimizers, integer(seed, "train/updates"), jit)
    kept = Snapshots(built["generator"], latent, settings, classes, seed)
    kept.take(0)
    rows: list[dict[str, float]] = []
    seconds = 0.0
    progress.start(settings.epochs, batches.steps, algorithm.reports)
    for epoch in range(1, settings.epochs + 1):
        started = perf_counter()
        reports = _epoch(model, batches, epoch, min(steps_per_call, batches.steps), progress)
        took = perf_counter() - started
        seconds += took
        _refuse_divergence(epoch, reports)
        rows.append({"epoch": epoch, "step": epoch * batches.steps, **reports})
        progress.epoch(rows[-1], batches.steps / took)
        kept.take(epoch)
    return Result(built, pd.DataFrame(rows), kept.arrays(), seconds)


def _refuse_divergence(epoch: int, reports: Mapping[str, float]) -> None:
    if lost := [name for name, value in reports.items() if not np.isfinite(value)]:
        raise UserError(
            f"training diverged: {' and '.join(lost)} is not finite in epoch {epoch}; "
            "try smaller learning rates"
        )


def _epoch(
    model: Adversarial, batches: Batches, epoch: int, k: int, progress: Progress
) -> dict[str, float]:
    """Run one epoch; the mean of each report. The next call's batches are gathered meanwhile."""
    sums = dict.fromkeys(model.method.reports, 0.0)
    calls = batches.epoch(epoch, k)
    with ThreadPoolExecutor(max_workers=1) as ahead:
        following = ahead.submit(next, calls, None)
        while (call := following.result()) is not None:
            following = ahead.submit(next, calls, None)
            arrays, count = call
            means = model.train_on_batch(arrays, np.array([count], np.int32), return_dict=True)
            for name, mean in means.items():
                sums[name] += mean * count
            progress.updates(count)
    return {name: value / batches.steps for name, value in sums.items()}


def _pool(latent: Latent, seed: int) -> np.ndarray | None:
    return None if latent.pool is None else latent.sample(latent.pool, stream(seed, "train/pool"))


class Snapshots:
    """Samples over training, always from the same latents (and labels, class after class)."""

    def __init__(
        self, generator: keras.Model, latent: Latent, train: Train, classes: int, seed: int
    ) -> None:
        n = train.snapshot_samples
        self._sampler = Sampler(generator, latent, classes)
        self._latents = latent.sample(n, stream(seed, "train/snapshots"))
        self._labels = np.arange(n) % classes if classes else None
        spread = np.linspace(0, train.epochs, min(train.snapshots, train.epochs + 1))
        self._due = set(spread.round().astype(int).tolist())
        self._taken: dict[int, np.ndarray] = {}

    def take(self, epoch: int) -> None:
        """Keep a snapshot, if one is due."""
        if epoch in self._due:
            self._taken[epoch] = self._sampler.decode(self._latents, self._labels)

    def arrays(self) -> Arrays:
        epochs = np.array(list(self._taken), np.int64)
        return {"epochs": epochs, "samples": np.stack(list(self._taken.values()))}
