"""A sweep's progress: signs of life, and a line per trial with the best so far."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from forger.report.tables import number
from jobs.shared.signs import Signs
from jobs.sweep.space import Sweep, describe

ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


class Progress(Signs):
    """Shows each trial, and the experiments that it takes."""

    def __init__(self, sweep: Sweep, study: optuna.Study) -> None:
        self.sweep = sweep
        self.study = study
        done = len(study.get_trials(states=ENDED))
        goal = f"a small {sweep.objective}"
        print(f"{done} of {sweep.trials} trials are done. What counts is {goal}.", flush=True)
        super().__init__(sweep.trials, "trial", done)

    def trial(self, trial: FrozenTrial) -> None:
        """Show how a trial ended."""
        self.tell(line(trial, self.sweep, best(self.study)))
        self.advance()


def best(study: optuna.Study) -> FrozenTrial | None:
    """Return the best of the trials that reached the last rung; None where there are none."""
    done = study.get_trials(states=(TrialState.COMPLETE,))
    return min(done, key=lambda trial: trial.value or 0.0, default=None)


def line(trial: FrozenTrial, sweep: Sweep, best: FrozenTrial | None) -> str:
    """Return a line that says how a trial ended, and which is the best so far."""
    parts = [
        f"trial {trial.number:03}",
        describe(trial.user_attrs["settings"], list(sweep.parameters)),
        outcome(trial),
    ]
    if best is not None:
        parts.append(f"best so far {number(best.value)} (trial {best.number:03})")
    return "  ".join(parts)


def outcome(trial: FrozenTrial) -> str:
    """Return a trial's last objective, and why it came no further."""
    reached: list[dict[str, Any]] = trial.user_attrs.get("rungs", [])
    why = trial.user_attrs.get("reason")
    if trial.state == TrialState.FAIL:
        return f"failed: {why}"
    if not reached:
        return f"not possible: {why}"
    told = number(reached[-1]["objective"])
    return f"{told} ({why})" if why else told
