"""The charts of a sweep's report."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import optuna
from optuna.trial import FrozenTrial, create_trial
from plotly.graph_objects import Figure, Scatter

from jobs.sweep.space import Sweep, describe

ACCENT = "#2b6cb0"
SOFT = "#a0aec0"
WARM = "#c05621"
# The importance from fewer trials would be noise.
FEW = 4
DECADE = 10


@dataclass(frozen=True)
class Point:
    """What a trial reached on one rung: its objective, and the mean time of a training."""

    seconds: float
    objective: float
    title: str
    experiments: Sequence[str]


def points(trials: Sequence[FrozenTrial]) -> list[Point]:
    """Return every rung of every trial whose time was measured."""
    return [
        Point(
            rung["seconds"],
            rung["objective"],
            f"trial {trial.number:03}" + (f", {rung['epochs']} epochs" if rung["epochs"] else ""),
            rung["experiments"],
        )
        for trial in trials
        for rung in trial.user_attrs.get("rungs", [])
        if rung["seconds"] is not None
    ]


def front(found: Sequence[Point]) -> list[Point]:
    """Return the Pareto front, fastest first: no other point is both faster and better."""
    kept: list[Point] = []
    for point in sorted(found, key=lambda point: (point.seconds, point.objective)):
        if not kept or point.objective < kept[-1].objective:
            kept.append(point)
    return kept


def history(trials: Sequence[FrozenTrial], sweep: Sweep) -> Figure | None:
    """Draw the objective by trial, a colour per rung, and the best so far on the last rung.

    None where no trial has reached a rung.
    """
    figure = Figure()
    rungs: tuple[int | None, ...] = sweep.rungs or (None,)
    for i, epochs in enumerate(rungs):
        here = [trial for trial in trials if len(trial.user_attrs.get("rungs", [])) == i + 1]
        figure.add_trace(
            Scatter(
                x=[trial.number for trial in here],
                y=[trial.user_attrs["rungs"][i]["objective"] for trial in here],
                text=[describe(t.user_attrs["settings"], list(sweep.parameters)) for t in here],
                mode="markers",
                name=f"ended after {epochs} epochs" if epochs else "trials",
                marker={"size": 9, "color": ACCENT if epochs == rungs[-1] else _shade(i)},
            )
        )
    done = [trial for trial in trials if len(trial.user_attrs.get("rungs", [])) == len(rungs)]
    lowest = [
        min(trial.user_attrs["rungs"][-1]["objective"] for trial in done[: i + 1])
        for i in range(len(done))
    ]
    line = {"color": WARM, "shape": "hv"}
    numbers = [trial.number for trial in done]
    if done:  # the line goes on to the last trial
        numbers.append(max(trial.number for trial in trials))
        lowest.append(lowest[-1])
    figure.add_trace(Scatter(x=numbers, y=lowest, mode="lines", name="best so far", line=line))
    if not any(map(_has_reached, trials)):
        return None
    shown = [trial.user_attrs["rungs"][-1]["objective"] for trial in trials if _has_reached(trial)]
    _by_magnitude(figure.update_yaxes, shown)
    return _laid_out(figure, "trial", sweep.objective)


def importance(trials: Sequence[FrozenTrial], sweep: Sweep) -> Figure | None:
    """Draw how much each parameter matters (fANOVA) on the first rung, which all trials reach.

    None where it would say nothing: too few trials, no difference, or a single parameter.
    """
    reached = [trial for trial in trials if _has_reached(trial)]
    values = [trial.user_attrs["rungs"][0]["objective"] for trial in reached]
    if len(reached) < FEW or len(set(values)) < 2 or len(sweep.parameters) < 2:
        return None
    study = optuna.create_study()
    for trial, value in zip(reached, values, strict=True):
        study.add_trial(
            create_trial(params=trial.params, distributions=trial.distributions, value=value)
        )
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=1)
    figure = optuna.visualization.plot_param_importances(study, evaluator=evaluator)
    (bars,) = figure.data
    figure.update_traces(
        marker_color=ACCENT, y=[_wrap(key) for key in bars.y], textposition="auto", textangle=0
    )
    figure.update_xaxes(nticks=4)
    return _laid_out(figure, "share of the variance", "")


def pareto(trials: Sequence[FrozenTrial], sweep: Sweep) -> Figure | None:
    """Draw quality against time, with the Pareto front; None where no time was measured."""
    found = points(trials)
    if not found:
        return None
    best = front(found)
    figure = Figure()
    for some, name, look in (
        (found, "trainings", {"mode": "markers", "marker": {"size": 8, "color": SOFT}}),
        (best, "Pareto front", {"mode": "lines+markers", "line": {"color": ACCENT, "shape": "hv"}}),
    ):
        figure.add_trace(
            Scatter(
                x=[point.seconds for point in some],
                y=[point.objective for point in some],
                text=[point.title for point in some],
                name=name,
                **look,
            )
        )
    _by_magnitude(figure.update_xaxes, [point.seconds for point in found])
    _by_magnitude(figure.update_yaxes, [point.objective for point in found])
    return _laid_out(figure, "seconds of training", sweep.objective)


def _has_reached(trial: FrozenTrial) -> bool:
    return bool(trial.user_attrs.get("rungs"))


def _by_magnitude(update_axes: Callable[..., object], values: Sequence[float]) -> None:
    """Make an axis logarithmic if the values span a decade, so that good trials can be told apart.

    Zero has no place on such an axis, and a shorter one may show no number at all, as it labels
    only 1, 2, 5, 10, …
    """
    if min(values) > 0 and max(values) >= DECADE * min(values):
        update_axes(type="log", dtick="D2")


def _wrap(key: str) -> str:
    """Break a key into lines, so that a phone's screen has room for the bars."""
    return "<br>".join(textwrap.wrap(key.replace(".", ". "), 22, break_long_words=False)).replace(
        ". ", "."
    )


def _shade(rung: int) -> str:
    return ("#cbd5e0", "#a0aec0", "#718096", "#4a5568")[min(rung, 3)]


def _laid_out(figure: Figure, x: str, y: str) -> Figure:
    figure.update_layout(
        template="simple_white",
        title=None,
        height=380,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": -0.25},
        xaxis_title=x,
        yaxis_title=y,
        font={"family": "system-ui, sans-serif"},
    )
    grid = {"showgrid": True, "gridcolor": "#edf2f7", "ticks": "outside"}
    figure.update_xaxes(automargin=True, **grid)
    figure.update_yaxes(automargin=True, **grid)
    return figure
