"""Training: epochs, history, snapshots, progress, and resuming after a stop."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from forger.core.errors import UserError
from forger.core.progress import Progress
from forger.core.stopping import STOP
from forger.data.base import Data
from forger.engine.carry import carry
from forger.engine.model import Adversarial
from forger.methods.base import Fields, phases_of
from forger.methods.products import Product
from forger.methods.settings import SNAPSHOTS
from forger.training.assembly import Plan, adversarial, encode_products
from forger.training.batches import Arrays, Batches
from forger.training.calls import ahead, run, updates_per_call
from forger.training.checkpoints import Checkpoint, State
from forger.training.history import History
from forger.training.snapshots import Snapshots, Taken, plain
from forger.training.threshold import threshold
from forger.training.watch import Watch


@dataclass(frozen=True)
class Result:
    """The result of a training.

    Attributes:
        products: what the method hands over, in Keras's own layers.
        history: a row an epoch: `epoch` from 1, `step` (updates so far), means of all reports.
        snapshots: `epochs` [s], where 0 is before training, and `samples` [s, n, …], the
            generator's output, always for the same latents and conditions.
        seconds: spent in updates.
        best: what `Snapshots.choose` says.
    """

    products: Mapping[str, Product]
    history: pd.DataFrame
    snapshots: Arrays
    seconds: float
    best: dict[str, Any]


class Trainer:
    """One training, from the first update to the last.

    Args:
        plan: the method, its networks, and the length and steps of the training.
        data: the examples; some of the validation part are conditions of snapshots.
        seed: all that is random derives from it.
        jit: whether to compile with XLA.
        progress: shows what happens.

    Raises:
        UserError: there are fewer examples than an update takes.
    """

    def __init__(self, plan: Plan, data: Data, seed: int, jit: bool, progress: Progress) -> None:
        method = plan.method
        settings = plan.train
        self.settings = settings
        self.data = data
        self.seed = seed
        needed = {name: data.arrays["train"][name] for name in method.needs}
        self.batches = Batches(needed, method.pool(seed), settings, method.batches, seed)
        self.steps = self.batches.steps
        self.updates = self.steps * settings.epochs
        self.plan = plan
        self.jit = jit
        self.phases = phases_of(method)
        self.ends = [round(phase.until * settings.epochs) for phase in self.phases]
        self.phase = self.phase_at(0)
        self.model = self.build()
        self.products = self.hand_over()
        snapshots = SNAPSHOTS.load(settings.keep)
        self.kept: Snapshots = snapshots(self.model, self.products, settings, data, seed)
        self.history = History(self.model.logged, self.steps, method.remedies["divergence"])
        self.watch = Watch(method, settings.epochs)
        self.progress = progress
        self.done = 0
        self.seconds = 0.0

    def build(self) -> Adversarial:
        """Return a new model of the phase's networks."""
        plan = self.plan._replace(method=self.phases[self.phase].method)
        fields = Fields.of(self.data.description)
        return adversarial(plan, fields, self.seed, self.jit, self.updates)

    def hand_over(self) -> dict[str, Product]:
        """Return what the phase's method makes of the networks that are worth keeping."""
        made = self.phases[self.phase].method.products(self.model.select_kept())
        return encode_products(made, self.data.description)

    def enter(self, phase: int) -> None:
        """Go on with the networks of another phase, with all that the model so far has of them."""
        self.phase = phase
        before = self.model
        self.model = self.build()
        carry(before, self.model)
        self.products = self.hand_over()
        self.kept.follow(self.model, self.products)

    def run(
        self, steps_per_call: int | Literal["auto"], checkpoint: Checkpoint | None = None
    ) -> Result:
        """Train from the checkpoint's state, or from the start.

        Args:
            steps_per_call: updates per call, with no effect on the result.
            checkpoint: where the state is saved during training; None: nowhere.

        Raises:
            DivergedError: the training diverged.
            SystemExit: this process was asked to end; the checkpoint, if any, is saved.
        """
        if checkpoint is None or not (self.settings.resume and self.resume(checkpoint)):
            self.kept.take(0)
        marks = np.unique([0, *self.kept.due, *self.ends])
        stretches = (np.diff(marks) * self.steps).tolist()
        if steps_per_call == "auto":
            steps_per_call = updates_per_call(self.model, self.settings.batch)
        calls = self.batches.calls(stretches, min(steps_per_call, max(stretches)), self.done)
        self.progress.start(self.settings.epochs, self.steps, list(self.model.logged), self.done)
        saved = time.monotonic()
        with STOP.defer():
            for batches, count in ahead(calls):
                self.call(batches, count)
                due = STOP.asked or time.monotonic() - saved >= self.settings.save_every
                if checkpoint is not None and (due or self.done == self.updates):
                    checkpoint.save(self.state())
                    saved = time.monotonic()
                if STOP.asked:
                    self.progress.tell(f"Stopped after update {self.done:,}; run again to go on.")
                    raise SystemExit(STOP.asked)
        return self.result()

    def call(self, batches: Arrays, count: int) -> None:
        """Run one call of `train_on_batch`, and record what comes of it."""
        started = time.perf_counter()
        reports = run(self.model, batches, count)
        took = time.perf_counter() - started
        self.seconds += took
        self.done += count
        self.progress.updates(count)
        try:
            for row in self.history.add(reports):
                self.progress.epoch(row, count / took)
                if self.kept.take(row["epoch"]):
                    self.look()
        except UserError as error:
            raise DivergedError(error, self.kept) from None
        if (phase := self.phase_at(self.done)) != self.phase:
            self.enter(phase)

    def phase_at(self, done: int) -> int:
        """Return the phase, from 0, of the update that follows so many."""
        return sum(done >= end * self.steps for end in self.ends[:-1])

    def look(self) -> None:
        """Report problems that the training newly shows."""
        for finding in self.watch.look(self.history.table(), self.kept.figures):
            remedies = ", ".join(finding.remedies)
            self.progress.tell(f"{finding.problem}: {finding.evidence}; try {remedies}")

    def result(self) -> Result:
        """Return the products, the history and the snapshots."""
        best = self.kept.choose()
        products = plain(self.products)
        if "discriminator" in products:
            limit = threshold(products, self.data, self.seed)
            products["discriminator"] = replace(products["discriminator"], threshold=limit)
        return Result(products, self.history.table(), self.kept.arrays(), self.seconds, best)

    def state(self) -> State:
        """Return the state from which training can go on."""
        table = self.history.table().to_csv(index=False) if self.done == self.updates else None
        return State(
            {
                "done": self.done,
                "seconds": self.seconds,
                "rows": self.history.rows,
                "told": sorted(self.watch.told),
                # The MD5 that dvc.lock will record.
                "history": table and hashlib.md5(table.encode(), usedforsecurity=False).hexdigest(),
            },
            {
                **{f"model/{i}": v for i, v in enumerate(self.model.get_state())},
                **{f"open/{name}": values for name, values in self.history.open.items()},
                **{f"kept/{name}": values for name, values in self.kept.taken.arrays().items()},
            },
        )

    def resume(self, checkpoint: Checkpoint) -> bool:
        """Restore the checkpoint's state if there is a sound one, and tell whether there was."""
        if (state := checkpoint.load()) is None:
            return False
        try:
            self.restore(state)
        except (ValueError, KeyError, TypeError) as error:
            checkpoint.set_aside(str(error))
            if self.phase != (first := self.phase_at(0)):  # as it was before
                self.enter(first)
            return False
        return True

    def restore(self, state: State) -> None:
        """Restore a state that `state` returned.

        Raises:
            ValueError, KeyError, TypeError: it is of another training; nothing has changed.
        """
        parts: dict[str, Arrays] = {"model": {}, "open": {}, "kept": {}}
        for name, values in state.arrays.items():
            part, _, rest = name.partition("/")
            parts[part][rest] = values
        rows, told, done, seconds = (state.about[k] for k in ("rows", "told", "done", "seconds"))
        if parts["open"].keys() != self.history.open.keys():
            raise ValueError(f"found reports {', '.join(parts['open'])}")
        taken = Taken.of(parts["kept"])
        if (phase := self.phase_at(done)) != self.phase:
            self.enter(phase)
        self.model.set_state([parts["model"][str(i)] for i in range(len(parts["model"]))])
        self.kept.taken = taken
        self.watch.told = set(told)
        self.done = done
        self.seconds = seconds
        self.history.rows = rows
        self.history.open = parts["open"]


class DivergedError(UserError):
    """Training diverged and can't go on.

    Attributes:
        epoch: the epoch of the last snapshot.
        products: what the method hands over, as it was then.
    """

    def __init__(self, error: UserError, kept: Snapshots) -> None:
        super().__init__(*error.problems)
        self.epoch, self.products = kept.last_good()
