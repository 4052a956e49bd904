"""Hold trained GANs to their recipes' gates: `forger gate`.

The gates are those of the recipes as they are now; the figures are those of the workspace, or of
--rev. Exits 1 if a bound fails, and 2 if none fails but one can't be judged, because a comparison
that was asked for has nothing to compare with.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from forger.core.errors import UserError, run
from forger.core.text import suggest
from forger.parameters import Parameters, read
from jobs.shared.arguments import Parser, revision
from jobs.shared.printed import columns
from jobs.shared.revisions import Revision
from jobs.shared.verdicts import HOLD, Verdict, judge


def main() -> None:
    """Print the verdicts; exit 1 if one fails, 2 if one that is needed can't be judged."""
    arguments = command_line().parse_args()
    parameters = read()
    recipes = _choose(parameters, arguments.recipe)
    against = None if arguments.against is None else Revision(arguments.against)
    verdicts = judge(parameters, recipes, Revision(arguments.rev), against)
    print(table(verdicts))
    if any(verdict.holds is False for verdict in verdicts):
        raise SystemExit(1)
    if unknown := untold(verdicts, against):
        raise UserError(*unknown)


def untold(verdicts: Sequence[Verdict], against: Revision | None) -> list[str]:
    """Say, a line each, why verdicts of which none fails are still no success."""
    lines = [
        f"{verdict.recipe}: {verdict.figure} not compared: {verdict.bound}"
        for verdict in verdicts
        if verdict.needed and verdict.holds is None
    ]
    if against is not None and not lines and not any(v.needed for v in verdicts):
        lines = [f"--against {against.title}: nothing could be compared with it; see above"]
    return lines


def table(verdicts: Sequence[Verdict]) -> str:
    """Format the verdicts, one per line, and a last line that sums up."""
    if not verdicts:
        return "No recipe of this run has a gate: nothing is held to anything."
    rows = pd.DataFrame([verdict.row() for verdict in verdicts])
    holding = [verdict.holds for verdict in verdicts if verdict.holds is not None]
    summary = f"{sum(holding)} of {len(holding)}{HOLD}"
    return f"{columns(rows)}\n{summary}"


def command_line() -> Parser:
    """Return the parser of the command line."""
    parser = Parser("gate", __doc__)
    parser.add_argument("--recipe", action="append", help="only this one; may be repeated")
    parser.add_argument("--rev", type=revision, help="judge a commit's or an experiment's figures")
    parser.add_argument(
        "--against",
        type=revision,
        help="no figure that a recipe is held to may be worse than this revision's, beyond what "
        "training again explains",
    )
    return parser


def _choose(parameters: Parameters, recipes: list[str] | None) -> list[str]:
    for name in recipes or ():
        if name not in parameters.recipes:
            hint = suggest(name, sorted(parameters.recipes))
            raise UserError(f"--recipe: found {name!r}, which is no file of recipes; {hint}")
    return recipes or list(parameters.run)


if __name__ == "__main__":
    run(main)
