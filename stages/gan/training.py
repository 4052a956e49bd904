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

from stages.gan.assembly import adversarial
from stages.gan.batches import Arrays, Batches, Call
from stages.gan.discriminator import Judge, separating
from stages.gan.engine.model import Adversarial
from stages.gan.errors import UserError
from stages.gan.generator import Sampler
from stages.gan.networks import Networks
from stages.gan.networks.base import multiply_adds
from stages.gan.params.latent import Latent
from stages.gan.params.objective import TRAITS
from stages.gan.params.train import Train
from stages.gan.progress import Progress
from stages.gan.seeds import stream
from stages.gan.snapshots import Snapshots, plain
from stages.gan.watch import Watch

WORK_PER_CALL = 2**31  # multiplications of matrix products, forward only
UPDATES_PER_CALL = 4, 1024
JUDGED = 10_000  # training examples that a critic's threshold is taken from


@dataclass(frozen=True)
class Result:
    """What training gives.

    Attributes:
        networks: a trained network a role, in Keras's own layers.
        history: a row an epoch: `epoch` from 1, `step` (updates so far), the method's reports as
            means over the epoch's updates.
        snapshots: `epochs` [s], 0 being before training, and `samples` [s, n, …], the generator's
            output for the same latents each time.
        threshold: D's raw output above which it says "real".
        seconds: spent in updates.
    """

    networks: Mapping[str, keras.Model]
    history: pd.DataFrame
    snapshots: Arrays
    threshold: float
    seconds: float


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
    updates = batches.steps * settings.epochs
    model = adversarial(method, networks, settings, example, classes, seed, jit, updates)
    kept = Snapshots(model, networks.latent, settings, arrays["real"], seed)
    kept.take(0)
    history, seconds = History(model.method.reports, batches.steps), 0.0
    watch = Watch(settings.objective, settings.epochs)
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
        try:
            for row in history.add(reports):
                progress.epoch(row, count / took)
                kept.take(row["epoch"])
                for finding in watch.look(history.table(), kept.spread):
                    progress.tell(
                        f"{finding.problem}: {finding.evidence}; try {', '.join(finding.remedies)}"
                    )
        except UserError as error:
            raise DivergedError(error, kept) from None
    trained = plain(model.kept())
    limit = threshold(trained, networks.latent, settings, batches.arrays, classes, seed)
    return Result(trained, history.table(), kept.arrays(), limit, seconds)


class DivergedError(UserError):
    """Training can't go on.

    Attributes:
        epoch: after which the networks were last kept.
        networks: those, in Keras's own layers.
    """

    def __init__(self, error: UserError, kept: Snapshots) -> None:
        super().__init__(*error.problems)
        self.epoch, self.networks = kept.good()


def threshold(
    trained: Mapping[str, keras.Model],
    latent: Latent,
    settings: Train,
    arrays: Mapping[str, np.ndarray],
    classes: int,
    seed: int,
) -> float:
    """The objective's own; a critic, which has none, the one that separates the training data best
    from as many fakes."""
    own = TRAITS[settings.objective].threshold
    if own is not None:
        return own
    real = arrays["real"][:JUDGED]
    labels = arrays["labels"][:JUDGED] if "labels" in arrays else None
    sampler = Sampler(trained["generator"], latent, classes)
    fakes = sampler.sample(len(real), stream(seed, "train/threshold"), labels)
    judge = Judge(trained["discriminator"], classes, settings.packing)
    return separating(judge.scores(real, labels), judge.scores(fakes, labels))


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
                f"update {step % self._steps + 1}; try smaller learning rates, "
                "train.penalties.r1: 1 or train.objective: hinge"
            )
