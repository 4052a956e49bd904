"""Whether one training is better or worse than another, beyond what another seed explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forger.evaluation.grade import FIGURE
from forger.metrics.figures import excess, noise, value
from forger.report.tables import between, number
from jobs.shared.baselines import Baseline, read, ruler
from jobs.shared.noise import BETTER, WORSE, find_significant
from jobs.shared.revisions import Revision

Figures = Mapping[str, Any]  # figures.json

# What a recipe is held to, chosen before any training: the figure that grades it, then those of
# these that it has, in this order, `MOST` in all. They show what is missing or too frequent, and
# how far off samples are when a classifier tells all of them from real data.
HELD = (
    "frechet", "energy_distance", "coverage", "class_kl", "label_accuracy", "classifier_frechet",
    "reverse_kl", "high_quality", "rmse", "ks_x", "r2_median", "ks_b",
)  # fmt: skip
MOST = 5


def choose_held(figures: Figures) -> list[str]:
    """Return the figures by which a training may be no worse than another."""
    quality = figures.get("quality", {})
    return [name for name in dict.fromkeys((FIGURE, *HELD)) if name in quality][:MOST]


@dataclass(frozen=True)
class Compared:
    """What a comparison found about a recipe's figures, by name.

    Attributes:
        verdicts: `better`, `worse`, or empty if another seed explains the difference.
        beside: what each was compared with, in words.
        missing: why others were not compared.
    """

    verdicts: Mapping[str, str]
    beside: Mapping[str, str]
    missing: Mapping[str, str]


def compare(
    recipe: str, revision: Revision, against: Revision, names: Sequence[str] | None = None
) -> Compared:
    """Compare a recipe's figures of one revision with those of another.

    If the seeds stored for the other were measured with a different ruler, its generator is
    measured again, with this revision's ruler.

    Args:
        recipe: its name.
        revision: the revision to judge.
        against: the revision to compare with.
        names: the figures to compare; None: those that the recipe is held to.

    Raises:
        AbsentError: one of the revisions has no figures of this recipe.
        NotComparedError: nothing can be compared; the message says why.
    """
    figures = revision.figures(recipe)
    other = against.figures(recipe)
    names = choose_held(figures) if names is None else names
    if figures == other:
        beside = dict.fromkeys(names, f"{against.title}'s, which is the same training")
        return Compared(dict.fromkeys(names, ""), beside, {})
    baseline = read(against, recipe)
    if baseline.find_ruler().same(ruler(figures)):
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
    """Compare figures with a baseline.

    Args:
        figures: the content of figures.json.
        names: the figures to compare.
        baseline: the figures of several seeds.
        title: the name of the revision that the baseline is of.
        other: that revision's own figures, measured with the ruler of `figures`; None if the
            baseline was measured with that ruler.
    """
    chances: dict[int, dict[str, float]] = {WORSE: {}, BETTER: {}}
    missing = {}
    spreads = baseline.spreads(names)
    for name in names:
        spread = spreads.get(name)
        distance = excess(figures, name)
        own = noise(figures, name)
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
    explained = baseline.explain(compared)
    beside = {n: _describe(n, baseline, explained[n], title, other) for n in compared}
    worse = find_significant(chances[WORSE])
    better = find_significant(chances[BETTER])
    verdicts = {n: "worse" if n in worse else "better" if n in better else "" for n in beside}
    return Compared(verdicts, beside, missing)


def _describe(
    name: str, baseline: Baseline, explained: list[float], title: str, other: Figures | None
) -> str:
    seeds = f"{len(baseline.seeds)} seeds"
    if other is None:
        known = baseline.figures[name].values
        own = between([min(known), max(known)])
        return f"{title}'s {seeds}, {own}, explain: {between(explained)}"
    return f"{title}'s, by this ruler {number(value(other, name))}, as its {seeds} spread"
