"""Train a recipe with several seeds: `forger seeds ring -n 5`.

Every seed is a DVC experiment; one that ran before is not run again. For each figure, it prints the
mean with its 95 % interval, that of one more training, the worst seed and the floor. It also says
where a seed misses the recipe's gate, and exits 1 if one does. --keep writes the figures to
baselines/RECIPE.json, with which `jobs.gate`, `jobs.compare` and `jobs.retrain` compare trainings.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from forger.config.section import file_of
from forger.core.code import PACKAGES
from forger.core.errors import UserError
from forger.core.text import suggest
from forger.metrics.figure import Figure
from forger.metrics.figures import FIGURES, excess, value
from forger.metrics.intervals import of_mean
from forger.parameters import read, validate
from forger.report.tables import between, number
from jobs.shared import baselines
from jobs.shared.arguments import Parser, whole
from jobs.shared.checkout import alone
from jobs.shared.experiments import FailedError, Runner, resumable
from jobs.shared.git import git
from jobs.shared.noise import of_another
from jobs.shared.printed import columns
from jobs.shared.revisions import AbsentError, Revision
from jobs.shared.signs import Signs
from jobs.shared.verdicts import judge

FOLDER = Path(".dvc/tmp/seeds")


def main() -> None:
    """Run the seeds that have not run yet, and report."""
    arguments = command_line().parse_args()
    recipe: str = arguments.recipe
    if arguments.keep and arguments.n < baselines.FEWEST:
        raise UserError(f"-n: found {arguments.n}; --keep needs {baselines.FEWEST} seeds or more")
    known = sorted(read().recipes)
    if recipe not in known:
        raise UserError(f"found {recipe!r}, which is no file of recipes; {suggest(recipe, known)}")
    seeds = list(range(arguments.first, arguments.first + arguments.n))
    commit = git("rev-parse", "--verify", "HEAD")
    if git(
        "status", "--porcelain", "--untracked-files=no", "--", "params.yaml", "recipes", *PACKAGES
    ):
        print(f"Note: this runs commit {commit[:7]}, without what is not committed yet.")
    values = validate(Revision(commit).parameters())
    if recipe not in values.recipes:
        raise UserError(f"{file_of(recipe)}: commit it first: seeds run in clones of {commit[:7]}")
    with alone(FOLDER / f"{recipe}.lock", f"the seeds of {recipe} are already running"):
        revisions = experiments(recipe, seeds, commit)
    metrics = {seed: figures(revision, recipe) for seed, revision in revisions.items()}
    verdicts = {s: judge(values, [recipe], revision) for s, revision in revisions.items()}
    print(columns(table(metrics)))
    if arguments.keep:
        print(f"Kept: {baselines.write(recipe, metrics, values)}, of commit {commit[:7]}.")
    sizes = metrics[seeds[0]]["sizes"]
    print(f"Of each seed: means over {sizes['draws']} draws of {sizes['samples']:,} samples.")
    failed = [(s, v) for s, found in verdicts.items() for v in found if v.holds is False]
    if times := [s for r in revisions.values() if (s := r.seconds(recipe)) is not None]:
        print(f"Training took {min(times):.0f} to {max(times):.0f} s.")
    if any(verdicts.values()):
        held = len(seeds) - len({seed for seed, _ in failed})
        print(f"The gate holds for {held} of {len(seeds)} seeds.")
    for seed, verdict in failed:
        found = f"{verdict.figure} is {number(verdict.value)}, must be {verdict.bound}"
        print(f"Seed {seed}: {found}")
    if failed:
        raise SystemExit(1)


def experiments(recipe: str, seeds: list[int], commit: str) -> dict[int, Revision]:
    """Run one experiment per seed, up to its figures. Raises UserError if one fails."""
    runner = Runner(FOLDER / recipe, rf"{recipe}-seeds-s\d+", commit)
    names = {seed: f"{recipe}-seeds-s{seed}" for seed in seeds}
    if missing := {s: name for s, name in names.items() if name not in runner.list_finished()}:
        runner.prepare()
        with Signs(len(missing), "seed", plain=sys.stderr) as signs:
            runner.watch = signs.stage
            for seed, name in missing.items():
                signs.experiment(name)
                try:
                    runner.run(name, [f"seed={seed}", f"run=[{recipe}]"], f"evaluate@{recipe}")
                except FailedError as error:
                    raise UserError(f"{name}: {error}") from None
                signs.advance()
    finished = runner.list_finished()
    return {seed: Revision(finished[name], name) for seed, name in names.items()}


def figures(revision: Revision, recipe: str) -> dict[str, Any]:
    """Return an experiment's figures. Raises UserError if DVC's cache has lost them."""
    try:
        return revision.figures(recipe)
    except AbsentError as error:
        again = f"`dvc exp remove {revision.title}`, and the same command runs it again"
        raise UserError(f"{error.problems[0]}; {again}") from None


def table(metrics: Mapping[int, Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per figure that has a floor, or a value that is best.

    It has the mean over the seeds with its 95 % interval, the 95 % interval of one more training,
    the seed that is furthest from the floor, and the floor.
    """
    rows = []
    for name, figure in FIGURES.items():
        found = {s: v for s, each in metrics.items() if (v := value(each, name)) is not None}
        if not found or not (figure.has_floor or figure.best is not None):
            continue
        worst = max(found, key=partial(_excess_of, metrics, name))
        floors = [each["floor"].get(name, figure.best) for each in metrics.values()]
        values = list(found.values())
        rows.append(
            {
                "figure": name,
                "mean": number(statistics.fmean(values)),
                "95 %": _among(figure, of_mean, values),
                "another seed": _among(figure, of_another, values),
                "worst": f"{number(found[worst])} (seed {worst})",
                "floor": number(statistics.fmean(floors)),
                "meaning": figure.meaning,
            }
        )
    return pd.DataFrame(rows)


def _among(figure: Figure, interval: Callable[..., Sequence[float]], values: list[float]) -> str:
    """Format an interval of several trainings' figures; empty for a single one."""
    return between(figure.within(interval(values))) if len(values) > 1 else ""


def _excess_of(metrics: Mapping[int, Mapping[str, Any]], name: str, seed: int) -> float:
    return excess(metrics[seed], name) or 0.0


def command_line() -> Parser:
    """Return the parser of the command line."""
    parser = Parser("seeds", __doc__)
    parser.add_argument("recipe", metavar="RECIPE")
    parser.add_argument("-n", type=whole(1, 1000), default=5, help="how many seeds (default: 5)")
    parser.add_argument(
        "--first", type=whole(0, 2**32 - 1000), default=1, help="the first of them (default: 1)"
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help=f"write {baselines.FOLDER}/RECIPE.json, for git (of {baselines.RECOMMENDED} seeds, "
        "say)",
    )
    return parser


if __name__ == "__main__":
    resumable(main)
