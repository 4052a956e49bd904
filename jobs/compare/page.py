"""The comparison as a self-contained page, and as Markdown for a pull request."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plotly.offline import get_plotlyjs

from jobs.compare.read import CURVES, Trial, differing
from stages.gan.figures import DECISIONS, FIGURES
from stages.gan.pages import render
from stages.gan.tables import between, number

TEMPLATES = Path(__file__).parents[1] / "templates"
MARKS = {"better": "▲", "worse": "▼", "": ""}


@dataclass(frozen=True)
class Comparison:
    """One recipe's trials; the first whose figures are there is what others are held against.

    Attributes:
        same: titles of trials that are left out, since they are the same as the reference.
    """

    recipe: str
    trials: Sequence[Trial]
    same: Sequence[str] = ()

    @property
    def reference(self) -> Trial:
        return next((trial for trial in self.trials if trial.figures), self.trials[0])

    def of_what_differs(self) -> Comparison:
        """The same without what is the same as the reference."""
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
        """Those that any trial has, in the order of the table of figures."""
        measured = [name for name in FIGURES if FIGURES[name].has_floor or name in DECISIONS]
        return [name for name in measured if any(t.figure(name) is not None for t in self.trials)]

    def floor(self, name: str) -> str:
        """The figure's floor: what real data reach; empty for D's decisions, which have none."""
        floors = [t.floor(name) for t in (self.reference, *self.trials)]
        known = [floor for floor in floors if floor is not None]
        return number(next(iter(known), None))

    def same_latents(self, trial: Trial) -> bool:
        """Whether its samples are those of the reference's latents."""
        keys = [key for key in self.reference.parameters if key.startswith("networks.latent")]
        return all(
            trial.parameters.get(key) == self.reference.parameters.get(key)
            for key in ("seed", *keys)
        )


def as_html(comparisons: Sequence[Comparison]) -> str:
    """A page that needs no network."""
    shown = [comparison for comparison in comparisons if not comparison.nothing_differs]
    return render(
        "experiments.html",
        TEMPLATES,
        title="Experiments",
        recipes=[_section(comparison) for comparison in shown],
        same=_same(comparisons),
        data={comparison.recipe: _charted(comparison) for comparison in shown},
        plotly=get_plotlyjs(),
        script=(TEMPLATES / "experiments.js").read_text(encoding="utf-8"),
    )


def as_markdown(comparisons: Sequence[Comparison]) -> str:
    """A table a recipe."""
    sections = []
    for comparison in comparisons:
        if comparison.nothing_differs:
            continue
        section = _section(comparison)
        for row in section["rows"]:
            row["cells"] = [_plain(row["title"]), *map(_plain, row["parameters"])]
            row["diagnosis"] = _plain(row["diagnosis"])
        section["same"] = list(map(_plain, section["same"]))
        section["parameters"] = list(map(_plain, section["parameters"]))
        sections.append(section)
    return render("experiments.md", TEMPLATES, recipes=sections, same=_same(comparisons))


def _same(comparisons: Sequence[Comparison]) -> list[str]:
    """The recipes in which nothing differs."""
    return [comparison.recipe for comparison in comparisons if comparison.nothing_differs]


def _plain(text: str) -> str:
    """Text that neither Markdown's tables nor HTML read as their own."""
    return html.escape(text).replace("|", "&#124;").replace("\n", " ")


def _section(comparison: Comparison) -> dict[str, Any]:
    figures = comparison.figures
    return {
        "name": comparison.recipe,
        "reference": comparison.reference.title,
        "same": comparison.same,
        "parameters": comparison.parameters,
        "figures": [
            {"name": name, "floor": comparison.floor(name), "meaning": FIGURES[name].meaning}
            for name in figures
        ],
        "rows": [_row(comparison, trial, figures) for trial in comparison.trials],
    }


def _row(comparison: Comparison, trial: Trial, figures: Sequence[str]) -> dict[str, Any]:
    return {
        "title": trial.title,
        "created": trial.candidate.created,
        "missing": ", ".join(trial.missing),
        "picture": trial.picture,
        "same_latents": comparison.same_latents(trial),
        "parameters": [trial.parameters.get(key, "") for key in comparison.parameters],
        "figures": [_cell(comparison, trial, name) for name in figures],
        "diagnosed": "diagnosis" in trial.figures,
        "diagnosis": trial.diagnosis,
        "seconds": trial.timing.get("seconds"),
        "speed": trial.timing.get("updates_per_second"),
        "machine": trial.machine,
        "commit": trial.commit,
    }


def _cell(comparison: Comparison, trial: Trial, name: str) -> dict[str, Any]:
    verdict = trial.verdict(name, comparison.reference)
    return {
        "value": trial.figure(name),
        "text": number(trial.figure(name)),
        "interval": between(trial.interval(name)),
        "verdict": verdict,
        "mark": MARKS[verdict],
    }


def _charted(comparison: Comparison) -> dict[str, Any]:
    """What the page's script draws."""
    return {
        "parameters": comparison.parameters,
        "figures": comparison.figures,
        "curves": CURVES,
        "trials": [_lines(trial, comparison) for trial in comparison.trials],
    }


def _lines(trial: Trial, comparison: Comparison) -> dict[str, Any]:
    history = trial.history
    curves = (
        {}
        if history is None
        else {
            name: [float(f"{value:.4g}") for value in history[name]]
            for name in ("epoch", *CURVES)
            if name in history
        }
    )
    return {
        "title": trial.title,
        "curves": curves,
        "parameters": [trial.parameters.get(key) for key in comparison.parameters],
        "figures": [trial.figure(name) for name in comparison.figures],
    }
