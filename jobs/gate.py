"""Hold trained GANs to their recipes' gates: `python -m jobs.gate`; exits 1 where one fails.

The gates are those of params.yaml as it is now; the figures those of the workspace, or of --rev.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from jobs.arguments import Parser, revision, share
from jobs.printed import columns
from jobs.revisions import AbsentError, Revision
from stages.gan.errors import UserError, run
from stages.gan.figures import FIGURES, excess, interval, value, worse_by
from stages.gan.params.gate import Bound
from stages.gan.params.problems import allowed
from stages.gan.recipe import Parameters, read
from stages.gan.tables import between, number

HOLD = " hold."  # how a table of verdicts ends

Metrics = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """Whether one figure keeps within one bound."""

    recipe: str
    figure: str
    value: float
    interval: list[float] | None
    bound: str
    holds: bool | None  # None: it can't be told

    def row(self) -> dict[str, str]:
        return {
            "recipe": self.recipe,
            "figure": self.figure,
            "value": number(self.value),
            "95 %": between(self.interval),
            "must be": self.bound,
            "": {True: "holds", False: "FAILS", None: "not compared"}[self.holds],
        }


def main() -> None:
    """Print the verdicts; exit 1 if one fails."""
    arguments = _arguments()
    parameters = read()
    recipes = _chosen(parameters, arguments.recipe)
    against = None if arguments.against is None else Revision(arguments.against)
    verdicts = judge(parameters, recipes, Revision(arguments.rev), against, arguments.slack)
    print(table(verdicts))
    if any(verdict.holds is False for verdict in verdicts):
        raise SystemExit(1)


def judge(
    parameters: Parameters,
    recipes: list[str],
    revision: Revision,
    against: Revision | None = None,
    slack: float = 0.0,
) -> list[Verdict]:
    """Every bound of the recipes' gates.

    Args:
        against: a revision than which no quality figure of these recipes may be worse, whatever
            the gates say; recipes and figures that it does not have are new.
        slack: a share of that revision's distance from the best, allowed besides noise.

    Raises UserError where a bound's figure, or the revision it names, does not exist.
    """
    verdicts: list[Verdict] = []
    for recipe in recipes:
        metrics = revision.figures(recipe)
        for name, bound in parameters.recipes[recipe].gate.bounds().items():
            verdicts += _within(recipe, name, bound, metrics)
        if against is not None:
            verdicts += _no_worse(recipe, metrics, against, slack)
    return verdicts


def table(verdicts: Sequence[Verdict]) -> str:
    """The verdicts, a line each, and a last line that sums up."""
    if not verdicts:
        return "No recipe of this run has a gate: nothing is held to anything."
    rows = pd.DataFrame([verdict.row() for verdict in verdicts])
    told = [verdict for verdict in verdicts if verdict.holds is not None]
    summary = f"{sum(verdict.holds is True for verdict in told)} of {len(told)}{HOLD}"
    return f"{columns(rows)}\n{summary}"


def _arguments() -> argparse.Namespace:
    parser = Parser("jobs.gate", __doc__)
    parser.add_argument("--recipe", action="append", help="only this one; may be repeated")
    parser.add_argument("--rev", type=revision, help="judge a commit's or an experiment's figures")
    parser.add_argument(
        "--against", type=revision, help="no quality figure may be worse than this revision's"
    )
    parser.add_argument(
        "--slack",
        type=share,
        default=0.0,
        help="how much further than --against's from its best a figure may be besides noise, as a "
        "share (default: 0)",
    )
    return parser.parse_args()


def _chosen(parameters: Parameters, recipes: list[str] | None) -> list[str]:
    for name in recipes or ():
        if name not in parameters.recipes:
            hint = allowed(name, sorted(parameters.recipes))
            raise UserError(f"--recipe: found {name!r}, which is not in params.yaml; {hint}")
    return recipes or list(parameters.run)


def _within(recipe: str, name: str, bound: Bound, metrics: Metrics) -> Iterator[Verdict]:
    found, own = _figure(recipe, name, metrics), interval(metrics, name)
    if bound.min is not None:
        yield Verdict(recipe, name, found, own, f"≥ {bound.min:g}", found >= bound.min)
    if bound.max is not None:
        yield Verdict(recipe, name, found, own, f"≤ {bound.max:g}", found <= bound.max)
    if bound.floors is not None:
        floor = metrics["floor"][name]
        told = f"≤ {bound.floors:g} × its floor, {number(floor)}"
        yield Verdict(recipe, name, found, own, told, found <= bound.floors * floor)
    if bound.no_worse_than is not None:
        reference = Revision(bound.no_worse_than)
        yield _compared(recipe, name, metrics, reference.figures(recipe), reference.title)


def _no_worse(recipe: str, metrics: Metrics, against: Revision, slack: float) -> Iterator[Verdict]:
    try:
        reference = against.figures(recipe)
    except AbsentError:
        return
    for name in metrics["quality"]:
        if value(reference, name) is not None:
            yield _compared(recipe, name, metrics, reference, against.title, slack)


def _compared(
    recipe: str, name: str, metrics: Metrics, reference: Metrics, title: str, slack: float = 0.0
) -> Verdict:
    other = _figure(f"{recipe} of {title}", name, reference)
    if FIGURES[name].classified and _classifier(metrics) != _classifier(reference):
        bound = f"{title}'s was measured with another classifier"
        return Verdict(recipe, name, _figure(recipe, name, metrics), None, bound, None)
    worse, noise = worse_by(name, metrics, reference)
    allowance = noise + slack * (excess(reference, name) or 0.0)
    bound = f"no worse than {number(other)} of {title} (± {number(allowance)})"
    found = _figure(recipe, name, metrics)
    return Verdict(recipe, name, found, interval(metrics, name), bound, worse <= allowance)


def _classifier(metrics: Metrics) -> Any:
    """What the figures through a classifier hang on; None where there is none."""
    return metrics.get("classifier", {}).get("sha256")


def _figure(title: str, name: str, metrics: Metrics) -> float:
    if (found := value(metrics, name)) is None:
        known = ", ".join(known for known in FIGURES if value(metrics, known) is not None)
        raise UserError(f"params.yaml: gate: {title} has no figure {name}; it has {known}")
    return found


if __name__ == "__main__":
    run(main)
