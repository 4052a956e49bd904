"""Whether one training is better or worse than another, beyond what another seed explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forger.evaluation.grade import FIGURE
from forger.metrics.figures import excess, noise, value
from forger.report.tables import between, number
from jobs.shared.baselines import Baseline, read, ruler
from jobs.shared.noise import BETTER, WORSE, told
from jobs.shared.revisions import Revision

Figures = Mapping[str, Any]  # figures.json

# What a recipe is held to, chosen before any training: the figure that grades it, and, in this
# order, those of these that it has, `MOST` in all. They see what is left out or comes too often,
# and how far off samples are where a classifier tells them all.
HELD = (
    "frechet", "energy_distance", "coverage", "class_kl", "label_accuracy", "classifier_frechet",
    "reverse_kl", "high_quality", "rmse", "ks_x", "r2_median", "ks_b",
)  # fmt: skip
MOST = 5


def held(figures: Figures) -> list[str]:
    """The figures of figures.json by which a training may be no worse than another."""
    quality = figures.get("quality", {})
    return [name for name in dict.fromkeys((FIGURE, *HELD)) if name in quality][:MOST]


@dataclass(frozen=True)
class Compared:
    """What was found of a recipe's figures, by their names.

    Attributes:
        verdicts: `better`, `worse` or, where another seed explains the difference, empty.
        beside: what each was held beside, for a person.
        missing: why others were not compared.
    """

    verdicts: Mapping[str, str]
    beside: Mapping[str, str]
    missing: Mapping[str, str]


def compare(
    recipe: str, revision: Revision, against: Revision, names: Sequence[str] | None = None
) -> Compared:
    """Hold a recipe's figures of one revision beside those of another.

    Where the ruler is not that of the other's stored seeds, the other's generator is measured anew
    with this one's.

    Args:
        names: the figures; None: those that the recipe is held to.

    Raises:
        AbsentError: one of the revisions has no figures of this recipe.
        NotComparedError: why nothing of it can be compared.
    """
    figures, other = revision.figures(recipe), against.figures(recipe)
    names = held(figures) if names is None else names
    if figures == other:
        beside = dict.fromkeys(names, f"{against.title}'s, which is the same training")
        return Compared(dict.fromkeys(names, ""), beside, {})
    baseline = read(against, recipe)
    if baseline.measured_with().same(ruler(figures)):
        return judge(figures, names, baseline, against.title)
    from jobs.shared.anew import measure  # which imports Keras

    return judge(
        figures,
        names,
        baseline,
        against.title,
        measure(recipe, against, revision, ruler(figures)),
    )


def judge(
    figures: Figures,
    names: Sequence[str],
    baseline: Baseline,
    title: str,
    other: Figures | None = None,
) -> Compared:
    """The same of figures that are at hand.

    Args:
        title: what the baseline is of.
        other: its figures by the same ruler as these, where the baseline's is another.
    """
    chances: dict[int, dict[str, float]] = {WORSE: {}, BETTER: {}}
    missing = {}
    spreads = baseline.spreads(names)
    for name in names:
        spread, distance, own = spreads.get(name), excess(figures, name), noise(figures, name)
        reference = None if other is None else excess(other, name)
        if spread is None or distance is None or (other is not None and reference is None):
            missing[name] = f"not among the figures of {title} too"
            continue
        for sign, found in chances.items():
            found[name] = (
                spread.chance(sign, distance, own)
                if reference is None
                else spread.chance_beside(reference, sign, distance, own)
            )
    compared = list(chances[WORSE])  # whose number the rule divides its level by
    explained = baseline.explained(compared)
    beside = {n: _described(n, baseline, explained[n], title, other) for n in compared}
    worse, better = told(chances[WORSE]), told(chances[BETTER])
    verdicts = {n: "worse" if n in worse else "better" if n in better else "" for n in beside}
    return Compared(verdicts, beside, missing)


def _described(
    name: str, baseline: Baseline, explained: list[float], title: str, other: Figures | None
) -> str:
    seeds = f"{len(baseline.seeds)} seeds"
    if other is None:
        known = baseline.figures[name].values
        own = between([min(known), max(known)])
        return f"{title}'s {seeds}, {own}, explain: {between(explained)}"
    return f"{title}'s, by this ruler {number(value(other, name))}, as its {seeds} spread"
