"""The search itself: what Optuna tries, and how a trial is judged.

A sweep that was killed goes on as if nothing had happened: finished experiments are found by name,
and a trial's parameters depend only on its number and the trials before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import optuna
from optuna.pruners import BasePruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from forger.core.errors import UserError
from forger.metrics.figures import excess, value
from jobs.shared.experiments import FailedError, Runner
from jobs.shared.revisions import Revision
from jobs.sweep.parameters import Parameter, Values, contradiction, overrides
from jobs.sweep.space import METRICS, Sweep, title

# Trials drawn at random before the sampler has anything to learn from.
AT_RANDOM = 5
SEED = 1
STUDY = "sweep"

optuna.logging.set_verbosity(optuna.logging.ERROR)


def open_study(path: Path, sweep: Sweep) -> optuna.Study:
    """Open the study kept at `path`, or begin it.

    The caller makes sure that no other process writes it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _mend(path)
    pruner: BasePruner = NopPruner()
    if sweep.rungs:
        pruner = SuccessiveHalvingPruner(min_resource=1, reduction_factor=sweep.reduction)
    return optuna.create_study(
        study_name=STUDY,
        storage=_storage(path),
        direction="minimize",
        pruner=pruner,
        load_if_exists=True,
    )


def look_at(path: Path) -> optuna.Study:
    """Open the study kept at `path` for reading; a sweep may be writing it."""
    return optuna.load_study(study_name=STUDY, storage=_storage(path))


def _storage(path: Path) -> JournalStorage:
    return JournalStorage(JournalFileBackend(str(path)))


def _mend(path: Path) -> None:
    """Remove what a kill left of a write: its lock, and a line cut short."""
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    if path.exists() and not (content := path.read_bytes()).endswith(b"\n"):
        path.write_bytes(content[: content.rfind(b"\n") + 1])


def check_promise(study: optuna.Study, sweep: Sweep, file: str) -> None:
    """Raise UserError where the file no longer describes the sweep that the study is of."""
    then = study.user_attrs["sweep"]
    now = sweep.promise()
    if changed := [key for key in now if now[key] != then.get(key)]:
        raise UserError(
            f"{file}: {', '.join(changed)}: changed since this sweep began; only trials may. "
            "Change it back, give the new sweep a file of its own, or remove the old with --clean"
        )


@dataclass
class Search:
    """One sweep at work.

    Attributes:
        file: where the sweep is described.
        values: the parameters of the commit that all experiments grow from.
        announce: called with the name of each experiment that is about to run.
    """

    sweep: Sweep
    file: Path
    parameters: list[Parameter]
    values: Values
    study: optuna.Study
    runner: Runner
    announce: Callable[[str], object]

    def run(self) -> Iterator[FrozenTrial]:
        """Run the remaining trials, interrupted ones first, and yield each as it ends."""
        if not self.study.trials:
            self._begin_with_the_recipe()
        for left in self.study.get_trials(states=[TrialState.RUNNING]):
            self._reseed(left.number)
            yield self._end(optuna.Trial(self.study, left._trial_id))
        while (number := self._begun()) < self.sweep.trials:
            self._reseed(number)
            yield self._end(self.study.ask())

    def _begun(self) -> int:
        return sum(trial.state != TrialState.WAITING for trial in self.study.trials)

    def _reseed(self, number: int) -> None:
        # A new sampler each time, since a kill would lose its random state.
        self.study.sampler = TPESampler(seed=SEED + number, n_startup_trials=AT_RANDOM)

    def _begin_with_the_recipe(self) -> None:
        """Make the unchanged recipe the first trial, where the space holds it."""
        own = {each.key: each.recipes_own() for each in self.parameters}
        if None not in own.values():
            self.study.enqueue_trial(own)

    def _end(self, trial: optuna.Trial) -> FrozenTrial:
        settings = {each.key: each.draw(trial) for each in self.parameters}
        trial.set_user_attr("settings", settings)
        try:
            result: float | None = self._objective(trial, settings)
            state = TrialState.COMPLETE
        except optuna.TrialPruned as pruned:
            trial.set_user_attr("reason", str(pruned))
            result = None
            state = TrialState.PRUNED
        except FailedError as failed:
            trial.set_user_attr("reason", str(failed))
            result = None
            state = TrialState.FAIL
        return self.study.tell(trial, result, state)

    def _objective(self, trial: optuna.Trial, settings: Values) -> float:
        """Train rung by rung, and return how far the metric ends from its best value."""
        if problem := contradiction(self.values, self.sweep.recipe, settings):
            raise optuna.TrialPruned(problem)
        rungs: tuple[int | None, ...] = self.sweep.rungs or (None,)
        reached: list[dict[str, Any]] = []
        known = self.study.trials[trial.number].intermediate_values
        for i, epochs in enumerate(rungs):
            rung = self._rung(trial.number, epochs, settings)
            reached.append(rung)
            trial.set_user_attr("rungs", reached)
            step = self.sweep.reduction**i  # where the pruner expects its rungs
            if step not in known:
                trial.report(rung["objective"], step)
            if epochs != rungs[-1] and trial.should_prune():
                raise optuna.TrialPruned(f"not among the best after {epochs} epochs")
        return float(reached[-1]["objective"])

    def _rung(self, number: int, epochs: int | None, settings: Values) -> dict[str, Any]:
        """Train once with each seed, and return what came of it."""
        names = {seed: title(self.file.stem, number, seed, epochs) for seed in self.sweep.seeds}
        found = [self._experiment(name, seed, epochs, settings) for seed, name in names.items()]
        times = [seconds for _, _, seconds in found if seconds is not None]
        figures = [figure for _, figure, _ in found]
        return {
            "epochs": epochs,
            "objective": fmean(distance for distance, _, _ in found),
            "figures": figures,
            "seconds": fmean(times) if times else None,
            "experiments": list(names.values()),
        }

    def _experiment(
        self, name: str, seed: int, epochs: int | None, settings: Values
    ) -> tuple[float, float, float | None]:
        """Return how far an experiment is from the best, its figure and its seconds of training.

        It runs first if need be.
        """
        commit = self.runner.list_finished().get(name)
        if commit is None:
            self.announce(name)
            full = {**settings, **({"train.epochs": epochs} if epochs else {})}
            changes = overrides(self.values, self.sweep.recipe, seed, full)
            commit = self.runner.run(name, changes)
        revision = Revision(commit, name)
        recipe = self.sweep.recipe
        figures = revision.figures(recipe)
        figure, distance = (of(figures, self.sweep.figure) for of in (value, excess))
        if figure is None or distance is None:
            has = ", ".join(m for m, known in METRICS.items() if value(figures, known) is not None)
            raise UserError(
                f"{self.file}: metric: {recipe} has no {self.sweep.metric}; it has {has}"
            )
        return distance, figure, revision.seconds(recipe)
