"""Training: epochs, history, snapshots, progress."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal

import keras
import numpy as np
import pandas as pd

from stages.gan.batches import Arrays, Batches, Call
from stages.gan.engine.model import Adversarial
from stages.gan.errors import UserError
from stages.gan.generator import Sampler
from stages.gan.methods import METHODS
from stages.gan.methods.base import Method
from stages.gan.networks import Networks
from stages.gan.networks.base import multiply_adds
from stages.gan.networks.strided import in_plain_keras
from stages.gan.params.latent import Latent
from stages.gan.params.train import Train
from stages.gan.progress import Progress
from stages.gan.seeds import integer, stream

WORK_PER_CALL = 2**31  # multiplications of matrix products, forward only
UPDATES_PER_CALL = 4, 1024


@dataclass(frozen=True)
class Result:
    """What training gives.

    Attributes:
        networks: a trained network a role, in Keras's own layers.
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


def adversarial(
    method: str,
    networks: Networks,
    settings: Train,
    example: tuple[int, ...],
    classes: int,
    seed: int,
    jit: bool,
) -> Adversarial:
    """A new model, ready for `train_on_batch`.

    Args:
        example: the shape of one example.
        classes: number of labels, 0 without.
        jit: whether to compile with XLA.
    """
    algorithm = METHODS[method](settings, networks.latent, classes)
    optimizers = {player: optimizer(settings, player) for player in algorithm.players}
    built = build(algorithm, networks, example, seed)
    return Adversarial(algorithm, built, optimizers, integer(seed, "train/updates"), jit)


def optimizer(settings: Train, player: str) -> keras.optimizers.Optimizer:
    """The player's Adam; in float16, whose small gradients vanish, with a loss scale."""
    adam = keras.optimizers.Adam(**settings.optimizers[player].model_dump(), name=player)
    if keras.config.dtype_policy().compute_dtype == "float16":
        return keras.optimizers.LossScaleOptimizer(adam, name=f"{player}_scaled")
    return adam


def train(
    method: str,
    networks: Networks,
    settings: Train,
    arrays: Mapping[str, np.ndarray],
    classes: int,
    seed: int,
    jit: bool,
    steps_per_call: int | Literal["auto"],
    progress: Progress,
) -> Result:
    """Train one GAN.

    Args:
        arrays: `real` [n, …], and `labels` [n] where there are any.
        classes: number of labels, 0 without.
        jit: whether to compile with XLA.
        steps_per_call: updates a call, no effect on the result.

    Raises:
        UserError: fewer examples than an update takes, or losses that are no longer finite.
    """
    batches = Batches(arrays, networks.latent.drawn_once(seed), settings, seed)
    example = arrays["real"].shape[1:]
    model = adversarial(method, networks, settings, example, classes, seed, jit)
    kept = Snapshots(model.networks["generator"], networks.latent, settings, classes, seed)
    kept.take(0)
    history, seconds = History(model.method.reports, batches.steps), 0.0
    progress.start(settings.epochs, batches.steps, model.method.reports)
    stretches = np.diff(kept.due) * batches.steps
    if steps_per_call == "auto":
        steps_per_call = updates_per_call(model, settings.batch)
    k = min(steps_per_call, max(stretches))
    for arrays, count in ahead(batches.calls(stretches, k)):
        started = perf_counter()
        reports = run(model, arrays, count)
        took = perf_counter() - started
        seconds += took
        progress.updates(count)
        for row in history.add(reports):
            progress.epoch(row, count / took)
            kept.take(row["epoch"])
    trained = {role: in_plain_keras(network) for role, network in model.networks.items()}
    return Result(trained, history.table(), kept.arrays(), seconds)


def run(model: Adversarial, arrays: Arrays, count: int) -> Arrays:
    """Run `count` updates; the reports of each, `[count]` by name."""
    reports = model.train_on_batch(arrays, np.array([count], np.int32), return_dict=True)
    return {name: values[:count] for name, values in reports.items()}


def updates_per_call(model: Adversarial, batch: int) -> int:
    """Enough to hide a call's overhead of a millisecond or two, little enough to keep progress
    and memory smooth: the fewer, the more an update multiplies. A power of two.

    As every value of a batch is multiplied, this bounds a call's memory too.
    """
    work = batch * sum(multiply_adds(network) for network in model.networks.values())
    return 2 ** int(np.log2(np.clip(WORK_PER_CALL / work, *UPDATES_PER_CALL)))


def ahead(calls: Iterator[Call]) -> Iterator[Call]:
    """The calls, each gathered while the one before it runs."""
    with ThreadPoolExecutor(max_workers=1) as other:
        following = other.submit(next, calls, None)
        while (call := following.result()) is not None:
            following = other.submit(next, calls, None)
            yield call


class History:
    """A row an epoch: `epoch` from 1, `step`, and each report's mean over the epoch's updates."""

    def __init__(self, reports: Sequence[str], steps: int) -> None:
        self._open = {name: np.zeros(0) for name in reports}
        self._steps = steps
        self._rows: list[dict[str, Any]] = []

    def add(self, reports: Arrays) -> Iterator[dict[str, Any]]:
        """Take the reports of some updates, `[n]` by name; the rows of epochs that are now over.

        Raises:
            UserError: where one is not finite.
        """
        for name, values in reports.items():
            self._open[name] = np.append(self._open[name], values)
        self._refuse_divergence()
        while len(next(iter(self._open.values()))) >= self._steps:
            epoch = len(self._rows) + 1
            means = {name: values[: self._steps].mean() for name, values in self._open.items()}
            self._open = {name: values[self._steps :] for name, values in self._open.items()}
            self._rows.append({"epoch": epoch, "step": epoch * self._steps, **means})
            yield self._rows[-1]

    def table(self) -> pd.DataFrame:
        return pd.DataFrame(self._rows)

    def _refuse_divergence(self) -> None:
        wrong = {name: ~np.isfinite(values) for name, values in self._open.items()}
        if lost := [name for name, places in wrong.items() if places.any()]:
            step = min(int(np.argmax(wrong[name])) for name in lost)
            epoch = len(self._rows) + 1 + step // self._steps
            raise UserError(
                f"training diverged: {' and '.join(lost)} not finite in epoch {epoch}, "
                f"update {step % self._steps + 1}; try smaller learning rates"
            )


class Snapshots:
    """Samples over training, always from the same latents (and labels, class after class).

    Attributes:
        due: the epochs at whose end they are taken, 0 and the last included.
    """

    def __init__(
        self, generator: keras.Model, latent: Latent, train: Train, classes: int, seed: int
    ) -> None:
        n = train.snapshot_samples
        self._sampler = Sampler(generator, latent, classes)
        self._latents = latent.sample(n, stream(seed, "train/snapshots"))
        self._labels = np.arange(n) % classes if classes else None
        spread = np.linspace(0, train.epochs, min(train.snapshots, train.epochs + 1))
        self.due = np.unique(spread.round().astype(int))
        self._taken: dict[int, np.ndarray] = {}

    def take(self, epoch: int) -> None:
        """Keep a snapshot, if one is due."""
        if epoch in self.due:
            self._taken[epoch] = self._sampler.decode(self._latents, self._labels)

    def arrays(self) -> Arrays:
        epochs = np.array(list(self._taken), np.int64)
        return {"epochs": epochs, "samples": np.stack(list(self._taken.values()))}
