"""A sweep's report: one page that needs no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
from markupsafe import Markup
from optuna.trial import FrozenTrial, TrialState
from plotly.graph_objects import Figure
from plotly.offline import get_plotlyjs

from forger.report.pages import render
from forger.report.tables import number
from jobs.sweep import charts
from jobs.sweep.progress import best, outcome
from jobs.sweep.space import Sweep, show

TEMPLATES = Path(__file__).parents[1] / "templates"
STATES = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "stopped",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "waiting",
}


def as_html(name: str, sweep: Sweep, study: optuna.Study) -> str:
    """Return the report's page."""
    trials = [trial for trial in study.trials if "settings" in trial.user_attrs]
    ended = [trial for trial in trials if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    winner = best(study)
    return render(
        "sweep.html",
        TEMPLATES,
        title=f"Sweep {name}",
        sweep=sweep,
        commit=study.user_attrs["commit"][:7],
        best=None if winner is None else _row(winner, sweep),
        counts=_counts(trials),
        keys=list(sweep.parameters),
        rows=[_row(trial, sweep) for trial in sorted(trials, key=_rank)],
        front=[_point(point) for point in charts.front(charts.points(ended))],
        charts={
            "history": _draw(charts.history(ended, sweep)),
            "importance": _draw(charts.importance(ended, sweep)),
            "pareto": _draw(charts.pareto(ended, sweep)),
        },
        plotly=Markup(get_plotlyjs()),  # noqa: S704 - the library's own script
    )


def _draw(figure: Figure | None) -> Markup | None:
    if figure is None:
        return None
    html = figure.to_html(
        full_html=False, include_plotlyjs=False, config={"responsive": True, "displaylogo": False}
    )
    return Markup(html)  # noqa: S704 - Plotly's own, with our data as JSON


def _counts(trials: list[FrozenTrial]) -> str:
    counts = {state: sum(trial.state == state for trial in trials) for state in STATES}
    return ", ".join(f"{count} {STATES[state]}" for state, count in counts.items() if count)


def _rank(trial: FrozenTrial) -> tuple[int, float, int]:
    """Return a sort key: the trials that came furthest first, and among them the best."""
    reached = trial.user_attrs.get("rungs", [])
    objective = reached[-1]["objective"] if reached else 0.0
    return -len(reached), objective, trial.number


def _row(trial: FrozenTrial, sweep: Sweep) -> dict[str, Any]:
    reached: list[dict[str, Any]] = trial.user_attrs.get("rungs", [])
    last = reached[-1] if reached else {}
    figures = last.get("figures", [])
    return {
        "number": f"{trial.number:03}",
        "state": STATES[trial.state],
        "outcome": outcome(trial) if trial.state != TrialState.RUNNING else "",
        "settings": [show(trial.user_attrs["settings"][key]) for key in sweep.parameters],
        "epochs": last.get("epochs") or "",
        "objective": number(last.get("objective")),
        "figures": ", ".join(number(figure) for figure in figures),
        "seconds": number(last.get("seconds")),
        "experiments": last.get("experiments", []),
    }


def _point(point: charts.Point) -> dict[str, str]:
    return {
        "seconds": number(point.seconds),
        "objective": number(point.objective),
        "title": point.title,
        "experiment": point.experiments[0],
    }
