"""The comparison as a self-contained page, and as Markdown for a pull request."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from plotly.offline import get_plotlyjs

from forger.metrics.figures import FIGURES
from forger.report.pages import render
from forger.report.tables import between, number
from jobs.compare.read import UNREADABLE, Trial, differing
from jobs.shared.against import choose_held, judge
from jobs.shared.baselines import Baseline, ruler

TEMPLATES = Path(__file__).parents[1] / "templates"
MARKS = {"better": "▲", "worse": "▼", "": ""}


@dataclass(frozen=True)
class Comparison:
    """One recipe's trials, held against the reference: the first of them that has figures.

    Attributes:
        same: titles of the trials that were left out, since they equal the reference.
        baseline: what the reference's revision says of training again; None where it says nothing.
        why: the reason why it says nothing, in a line.
    """

    recipe: str
    trials: Sequence[Trial]
    same: Sequence[str] = ()
    baseline: Baseline | None = None
    why: str = ""

    @property
    def reference(self) -> Trial:
        return next((trial for trial in self.trials if trial.figures), self.trials[0])

    def of_what_differs(self) -> Comparison:
        """Return the comparison without the trials that equal the reference."""
        reference = self.reference
        same = [t for t in self.trials if t is not reference and t.same_as(reference)]
        kept = [t for t in self.trials if t is reference or not t.same_as(reference)]
        return replace(self, trials=kept, same=[trial.title for trial in same])

    @property
    def nothing_differs(self) -> bool:
        return len(self.trials) == 1 and bool(self.same)

    @property
    def parameters(self) -> list[str]:
        return differing(self.trials)

    @property
    def figures(self) -> list[str]:
        """The figures that any trial has: the held ones first, then the order of `FIGURES`."""
        known = [name for name in FIGURES if any(t.figure(name) is not None for t in self.trials)]
        first = [name for name in self.held if name in known]
        return [*first, *(name for name in known if name not in first)]

    def floor(self, name: str) -> str:
        """Return a figure's floor, which real data reach; empty for D's decisions without one."""
        floors = [t.floor(name) for t in (self.reference, *self.trials)]
        known = [floor for floor in floors if floor is not None]
        return number(next(iter(known), None))

    @cached_property
    def explained(self) -> Mapping[str, list[float]]:
        """The interval that another seed alone may reach, by held figure."""
        return {} if self.baseline is None else self.baseline.explain(self.held)

    @property
    def held(self) -> list[str]:
        """The figures that are judged better, worse or neither; none without a baseline."""
        return [] if self.baseline is None else choose_held(self.reference.figures)

    def differs(self, trial: Trial) -> bool:
        """Tell whether a trial is another training than the reference."""
        return bool(trial.figures) and trial.figures != self.reference.figures

    def verdicts(self, trial: Trial) -> Mapping[str, str]:
        """Return `better`, `worse` or empty, by figure; nothing where it can't be said."""
        if self.baseline is None or not self.differs(trial):
            return {}
        try:
            if not self.baseline.find_ruler().same(ruler(trial.figures)):
                return {}
            names = choose_held(trial.figures)
            return judge(trial.figures, names, self.baseline, self.reference.title).verdicts
        except UNREADABLE:
            return {}

    @property
    def uncompared(self) -> list[str]:
        """The reasons why trials can be called neither better nor worse."""
        if self.baseline is None:
            return [self.why] if self.why and any(map(self.differs, self.trials)) else []
        stored = self.baseline.find_ruler()
        if not stored.same(ruler(self.reference.figures)):
            return [
                f"the seeds stored for {self.recipe} were measured beside other data, floors or "
                f"classifier than {self.reference.title}; `forger seeds {self.recipe} -n 8 --keep` "
                "renews them"
            ]
        return [
            f"{trial.title} was measured beside other data, floors or classifier"
            for trial in self.trials
            if self.differs(trial) and not self.verdicts(trial)
        ]

    def same_latents(self, trial: Trial) -> bool:
        """Tell whether a trial's samples come from the reference's latents."""
        other = self.reference
        same_seed = trial.parameters.get("seed") == other.parameters.get("seed")
        return same_seed and trial.inputs == other.inputs


def as_html(comparisons: Sequence[Comparison]) -> str:
    """Return a page that needs no network."""
    shown = _choose_shown(comparisons)
    return render(
        "experiments.html",
        TEMPLATES,
        title="Experiments",
        recipes=[_section(comparison) for comparison in shown],
        left_out=_explain_left_out(comparisons),
        data={comparison.recipe: _describe_charts(comparison) for comparison in shown},
        plotly=get_plotlyjs(),
        script=(TEMPLATES / "experiments.js").read_text(encoding="utf-8"),
    )


def as_markdown(comparisons: Sequence[Comparison]) -> str:
    """Return a table per recipe."""
    sections = []
    for comparison in _choose_shown(comparisons):
        section = _section(comparison)
        for row in section["rows"]:
            row["cells"] = [_plain(row["title"]), *map(_plain, row["parameters"])]
            row["diagnosis"] = _plain(row["diagnosis"])
        for key in ("same", "parameters", "uncompared"):
            section[key] = list(map(_plain, section[key]))
        sections.append(section)
    left_out = _explain_left_out(comparisons)
    return render("experiments.md", TEMPLATES, recipes=sections, left_out=left_out)


def _choose_shown(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return the comparisons of several trials or, if there are none, of trials that ran alone."""
    several = [comparison for comparison in comparisons if len(comparison.trials) > 1]
    return several or [each for each in comparisons if not each.nothing_differs]


def _explain_left_out(comparisons: Sequence[Comparison]) -> list[str]:
    """Return why recipes are not shown, a line per reason."""
    shown = _choose_shown(comparisons)
    same = [each.recipe for each in comparisons if each.nothing_differs]
    alone = [c.recipe for c in comparisons if c not in shown and not c.nothing_differs]
    told = {"Nothing differs in": same, "Only one of them has run": alone}
    return [f"{what} {', '.join(names)}." for what, names in told.items() if names]


def _plain(text: str) -> str:
    """Escape text, so that neither Markdown's tables nor HTML read it as their own."""
    return html.escape(text).replace("|", "&#124;").replace("\n", " ")


def _section(comparison: Comparison) -> dict[str, Any]:
    figures = comparison.figures
    return {
        "name": comparison.recipe,
        "reference": comparison.reference.title,
        "same": comparison.same,
        "parameters": comparison.parameters,
        "figures": [
            {
                "name": name,
                "floor": comparison.floor(name),
                "seeds": between(comparison.explained.get(name)),
                "held": name in comparison.held,
                "meaning": FIGURES[name].meaning,
            }
            for name in figures
        ],
        "uncompared": comparison.uncompared,
        "rows": [_row(comparison, trial, figures) for trial in comparison.trials],
    }


def _row(comparison: Comparison, trial: Trial, figures: Sequence[str]) -> dict[str, Any]:
    verdicts = comparison.verdicts(trial)
    return {
        "title": trial.title,
        "created": trial.candidate.created,
        "missing": ", ".join(trial.missing),
        "picture": trial.picture,
        "same_latents": comparison.same_latents(trial),
        "parameters": [trial.parameters.get(key, "") for key in comparison.parameters],
        "figures": [_cell(trial, name, verdicts.get(name, "")) for name in figures],
        "diagnosed": "diagnosis" in trial.figures,
        "diagnosis": trial.diagnosis,
        "seconds": trial.timing.get("seconds"),
        "speed": trial.timing.get("updates_per_second"),
        "machine": trial.machine,
        "commit": trial.commit,
    }


def _cell(trial: Trial, name: str, verdict: str) -> dict[str, Any]:
    return {
        "value": trial.figure(name),
        "text": number(trial.figure(name)),
        "interval": between(trial.interval(name)),
        "verdict": verdict,
        "mark": MARKS[verdict],
    }


def _describe_charts(comparison: Comparison) -> dict[str, Any]:
    """Return the data that the page's script draws."""
    trials = [_lines(trial, comparison) for trial in comparison.trials]
    curves = dict.fromkeys(name for trial in trials for name in trial["curves"])
    return {
        "parameters": comparison.parameters,
        "figures": comparison.figures,
        "curves": [name for name in curves if name != "epoch"],
        "trials": trials,
    }


def _lines(trial: Trial, comparison: Comparison) -> dict[str, Any]:
    return {
        "title": trial.title,
        "curves": trial.curves,
        "parameters": [trial.parameters.get(key) for key in comparison.parameters],
        "figures": [trial.figure(name) for name in comparison.figures],
    }
