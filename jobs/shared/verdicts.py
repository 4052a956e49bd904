"""Verdicts on trainings: whether figures keep within the bounds of a recipe's gate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forger.config.section import file_of
from forger.core.errors import UserError
from forger.evaluation.diagnosis import class_lost, parts_differ
from forger.evaluation.gate import Bound
from forger.methods.findings import EASILY
from forger.metrics.figures import FIGURES, interval, value
from forger.parameters import Parameters
from forger.report.tables import between, number
from jobs.shared.against import Compared, compare
from jobs.shared.baselines import NotComparedError
from jobs.shared.revisions import AbsentError, Revision

HOLDS = {True: "holds", False: "FAILS", None: "not compared"}
HOLD = " hold."  # how a table of verdicts ends
ALL = "(all)"

Metrics = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """Whether one figure keeps within one bound.

    Attributes:
        value: None if the verdict is on all of a recipe's figures.
        holds: None if it can't be judged.
        needed: whether a GAN is accepted only once it can be judged.
    """

    recipe: str
    figure: str
    value: float | None
    interval: list[float] | None
    bound: str
    holds: bool | None
    needed: bool = False

    def row(self) -> dict[str, str]:
        return {
            "recipe": self.recipe,
            "figure": self.figure,
            "value": number(self.value),
            "95 %": between(self.interval),
            "must be": self.bound,
            "": HOLDS[self.holds],
        }


def judge(
    parameters: Parameters,
    recipes: list[str],
    revision: Revision,
    against: Revision | None = None,
) -> list[Verdict]:
    """Judge every bound of the recipes' gates.

    Args:
        parameters: those that hold the gates.
        recipes: the names of the recipes to judge.
        revision: where their figures come from.
        against: another revision. No figure that a recipe is held to may be worse than its own,
            whatever the gates say; a recipe that it lacks is new.

    Raises:
        UserError: a bound's figure, or the revision it names, does not exist.
    """
    verdicts: list[Verdict] = []
    for recipe in recipes:
        metrics = revision.figures(recipe)
        verdicts += _of_one_kind(recipe, metrics)
        for name, bound in parameters.recipes[recipe].gate.items():
            verdicts += _within(recipe, name, bound, metrics)
            if bound.no_worse_than is not None:
                other = Revision(bound.no_worse_than)
                other.figures(recipe)  # raises if they are absent
                verdicts += _no_worse(recipe, revision, other, [name])
        if against is not None:
            verdicts += _of_the_same_classes(recipe, metrics, against)
            verdicts += _no_worse(recipe, revision, against)
    return verdicts


def _of_one_kind(recipe: str, metrics: Metrics) -> Iterator[Verdict]:
    """Yield a failure if the data's parts differ so much that no other figure means anything."""
    if "c2st" in metrics.get("floor", {}) and parts_differ(metrics):
        floor = metrics["floor"]["c2st"]
        ends = metrics.get("floor_interval", {}).get("c2st")
        told = f"< {EASILY:g}: the data's parts are not of one kind"
        yield Verdict(recipe, "floor of c2st", floor, ends, told, False)


def _of_the_same_classes(recipe: str, metrics: Metrics, against: Revision) -> Iterator[Verdict]:
    """Yield a failure if only the newer training data lack some of a class of held-out data.

    Figures that follow the training data would call the older network, which still has that class,
    the worse one. A class of which there is more takes nothing away.
    """
    if not class_lost(metrics):
        return
    try:
        before = against.figures(recipe)
    except AbsentError:  # which `_no_worse` reports
        return
    if not class_lost(before):
        told = f"as of held-out data, which it was in {against.title}"
        name = f"share of class {metrics['proportions']['class']} in training data"
        yield Verdict(recipe, name, metrics["proportions"]["train"], None, told, False)


def _within(recipe: str, name: str, bound: Bound, metrics: Metrics) -> Iterator[Verdict]:
    found = _figure(recipe, name, metrics)
    own = interval(metrics, name)
    if bound.min is not None:
        yield Verdict(recipe, name, found, own, f"≥ {bound.min:g}", found >= bound.min)
    if bound.max is not None:
        yield Verdict(recipe, name, found, own, f"≤ {bound.max:g}", found <= bound.max)
    if bound.floors is not None:
        if (floor := metrics["floor"].get(name)) is None:
            raise UserError(f"{file_of(recipe)}: gate.{name}.floors: there is no floor of it")
        told = f"≤ {bound.floors:g} × its floor, {number(floor)}"
        yield Verdict(recipe, name, found, own, told, found <= bound.floors * floor)


def _no_worse(
    recipe: str, revision: Revision, against: Revision, names: list[str] | None = None
) -> Iterator[Verdict]:
    """Compare the recipe's figures, `names` or those it is held to, with another revision's."""
    metrics = revision.figures(recipe)
    for name in names or ():
        _figure(recipe, name, metrics)
    try:
        found = compare(recipe, revision, against, names)
    except AbsentError as error:
        known = against.records(recipe)
        mend = f"; `dvc pull`, or `dvc repro` of {against.title}, brings it"
        told = f"{'' if known else 'new: '}{error.problems[0]}{mend if known else ''}"
        yield Verdict(recipe, ALL, None, None, told, None, needed=known)
        return
    except NotComparedError as error:
        for name in names or [ALL]:
            own = value(metrics, name)
            yield Verdict(recipe, name, own, None, error.problems[0], None, needed=True)
        return
    yield from _verdicts(recipe, metrics, found)


def _verdicts(recipe: str, metrics: Metrics, found: Compared) -> Iterator[Verdict]:
    for name, verdict in found.verdicts.items():
        ends = interval(metrics, name)
        bound = f"no worse than {found.beside[name]}"
        yield Verdict(
            recipe, name, value(metrics, name), ends, bound, verdict != "worse", needed=True
        )
    for name, why in found.missing.items():
        # One that is missing matters only if no other figure could be compared.
        yield Verdict(
            recipe, name, value(metrics, name), None, why, None, needed=not found.verdicts
        )


def _figure(title: str, name: str, metrics: Metrics) -> float:
    if (found := value(metrics, name)) is None:
        known = ", ".join(known for known in FIGURES if value(metrics, known) is not None)
        raise UserError(f"{file_of(title)}: gate: it has no figure {name}; it has {known}")
    return found
