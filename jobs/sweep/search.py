"""The search itself: what Optuna tries, and how a trial is judged.

A sweep that was killed goes on as if it had not been: experiments that are done are found by their
names, and a trial's parameters depend on its number and on the trials before it only.
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
from jobs.sweep.space import Sweep, title

# Trials drawn at random before the sampler has something to learn from.
AT_RANDOM = 5
SEED = 1
STUDY = "sweep"

optuna.logging.set_verbosity(optuna.logging.ERROR)


def open_study(path: Path, sweep: Sweep) -> optuna.Study:
    """The study kept at `path`, begun where there is none.

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
    """The study kept at `path`, which a sweep may be writing."""
    return optuna.load_study(study_name=STUDY, storage=_storage(path))


def _storage(path: Path) -> JournalStorage:
    return JournalStorage(JournalFileBackend(str(path)))


def _mend(path: Path) -> None:
    """Take back what a kill left of a write."""
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    if path.exists() and not (content := path.read_bytes()).endswith(b"\n"):
        path.write_bytes(content[: content.rfind(b"\n") + 1])


def check_promise(study: optuna.Study, sweep: Sweep, file: str) -> None:
    """Raise UserError where the file is no longer that of the study."""
    then, now = study.user_attrs["sweep"], sweep.promise()
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
        announce: told the name of each experiment that is about to run.
    """

    sweep: Sweep
    file: Path
    parameters: list[Parameter]
    values: Values
    study: optuna.Study
    runner: Runner
    announce: Callable[[str], object]

    def run(self) -> Iterator[FrozenTrial]:
        """The remaining trials, as they end; those that were interrupted first."""
        if not self.study.trials:
            self._begin_with_the_recipe()
        for left in self.study.get_trials(states=[TrialState.RUNNING]):
            self._seed(left.number)
            yield self._end(optuna.Trial(self.study, left._trial_id))
        while (number := self._begun()) < self.sweep.trials:
            self._seed(number)
            yield self._end(self.study.ask())

    def _begun(self) -> int:
        return sum(trial.state != TrialState.WAITING for trial in self.study.trials)

    def _seed(self, number: int) -> None:
        # A new sampler each time: its random state would be lost when the sweep is killed.
        self.study.sampler = TPESampler(seed=SEED + number, n_startup_trials=AT_RANDOM)

    def _begin_with_the_recipe(self) -> None:
        """Let the first trial be the recipe as it is, where the space holds it."""
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
            result, state = None, TrialState.PRUNED
        except FailedError as failed:
            trial.set_user_attr("reason", str(failed))
            result, state = None, TrialState.FAIL
        return self.study.tell(trial, result, state)

    def _objective(self, trial: optuna.Trial, settings: Values) -> float:
        """How far the metric ends from its floor, rung by rung."""
        if problem := contradiction(self.values, self.sweep.recipe, settings):
            raise optuna.TrialPruned(problem)
        rungs: tuple[int | None, ...] = self.sweep.rungs or (None,)
        reached: list[dict[str, Any]] = []
        known = self.study.trials[trial.number].intermediate_values
        for i, epochs in enumerate(rungs):
            rung = self._rung(trial.number, epochs, settings)
            reached.append(rung)
            trial.set_user_attr("rungs", reached)
            step = self.sweep.reduction**i  # where the pruner has its rungs
            if step not in known:
                trial.report(rung["objective"], step)
            if epochs != rungs[-1] and trial.should_prune():
                raise optuna.TrialPruned(f"not among the best after {epochs} epochs")
        return float(reached[-1]["objective"])

    def _rung(self, number: int, epochs: int | None, settings: Values) -> dict[str, Any]:
        """One training with each seed."""
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
        """An experiment's distance from its floor, its figure, and how long it trained, in seconds;
        it runs if need be."""
        commit = self.runner.finished().get(name)
        if commit is None:
            self.announce(name)
            full = {**settings, **({"train.epochs": epochs} if epochs else {})}
            changes = overrides(self.values, self.sweep.recipe, seed, full)
            commit = self.runner.run(name, changes)
        revision, recipe = Revision(commit, name), self.sweep.recipe
        figures = revision.figures(recipe)
        figure, distance = (of(figures, self.sweep.figure) for of in (value, excess))
        if figure is None or distance is None:
            has = ", ".join(f"quality.{known}" for known in figures["quality"])
            raise UserError(
                f"{self.file}: metric: {recipe} has no {self.sweep.metric}; it has {has}"
            )
        return distance, figure, revision.seconds(recipe)
