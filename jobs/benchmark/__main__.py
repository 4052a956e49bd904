"""Forger against what else one would train a small GAN with: `forger benchmark`.

With `--only scaling`, how its speed and memory grow with the work; with `--only experiment`, what
stands around a training; with `--only tables`, how good generated tables are, and what they cost,
beside CTGAN's. Prints a table, and writes it to reports/benchmark/benchmark.json, beside what is
there of the others; peers and scaling have a picture there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from forger.core.errors import UserError, run
from forger.core.files import read_json, write_json
from forger.core.text import suggest
from forger.parameters import read
from jobs.benchmark.contestants import PEERS
from jobs.benchmark.experiment import measure_experiment
from jobs.benchmark.plot import draw
from jobs.benchmark.problem import Problem
from jobs.benchmark.race import HEADER, Result, race
from jobs.benchmark.scaling import measure_scaling
from jobs.benchmark.tables import TABLES, measure_tables, merge
from jobs.benchmark.worker import MissingError
from jobs.shared.arguments import Parser, whole

RECIPES = ("gaussian", "parabola", "sinusoid", "mnist_mlp", "mnist_dcgan")
FOLDER = Path("reports/benchmark")
FILE = FOLDER / "benchmark.json"
TURNS = 5
SEEDS = 3


def main() -> None:
    """Measure what the command line asks for."""
    asked = command_line().parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    allowed = TABLES if asked.only == "tables" else RECIPES
    if wrong := [name for name in asked.recipe or () if name not in allowed]:
        raise UserError(f"--recipe: found {wrong[0]}; {suggest(wrong[0], [*allowed])}")
    keep(asked.only, PARTS[asked.only](asked))
    print(f"Written: {FILE}")


def keep(part: str, found: Any) -> None:
    """Write what was found to the file of all parts."""
    write_json(FILE, {**read_known(), part: found})


def read_known() -> dict[str, Any]:
    """Return what has been found of each part before."""
    return read_json(FILE) if FILE.exists() else {}


def measure_peers(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Race Forger against its peers, print the table, draw it and return it."""
    parameters = read()
    print(HEADER)
    with TemporaryDirectory() as folder:
        problems = [Problem.of(parameters, name, Path(folder)) for name in asked.recipe or RECIPES]
        results = [
            result
            for problem in problems
            for peer in asked.peer or PEERS
            if (result := measure(problem, peer, asked.repeat or TURNS)) is not None
        ]
    if not results:
        raise UserError("nothing was measured")
    draw(results, FOLDER / "benchmark.png")
    return [result.as_json() for result in results]


def measure(problem: Problem, peer: str, repeat: int) -> Result | None:
    """Run one race; print and return its result, or print why there is none."""
    title = PEERS[peer].title
    try:
        result = race(problem, peer, PEERS[peer], repeat)
    except MissingError as error:
        print(f"{problem.recipe:<12}{title:<27}not measured: {error}", flush=True)
        return None
    print(result.line(), flush=True)
    return result


def measure_sets(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure tables; keep each as soon as it is there, and return all known."""
    found = read_known().get("tables", [])
    for row in measure_tables(
        asked.recipe or TABLES, asked.repeat or SEEDS, asked.python, asked.mnist
    ):
        found = merge(found, row)
        keep("tables", found)
    if not found:
        raise UserError("nothing was measured")
    return found


PARTS: dict[str, Callable[[argparse.Namespace], Any]] = {
    "peers": measure_peers,
    "scaling": lambda _: measure_scaling(),
    "experiment": lambda asked: measure_experiment(asked.repeat or TURNS),
    "tables": measure_sets,
}


def command_line() -> Parser:
    """Return the parser of the command's arguments."""
    parser = Parser("benchmark", __doc__)
    parser.add_argument("--recipe", action="append", metavar="NAME", help="only this one")
    parser.add_argument("--peer", action="append", choices=PEERS, help="only this one")
    parser.add_argument(
        "--repeat",
        type=whole(2, 1000),
        help=f"turns of each (default: {TURNS}), or seeds of each table ({SEEDS}), 2 at least",
    )
    parser.add_argument(
        "--only",
        choices=PARTS,
        default="peers",
        help="scaling: along batch, width, rows and threads; experiment: whole commands; tables: "
        "the quality of samples",
    )
    parser.add_argument(
        "--python", default=sys.executable, help="has ctgan, pgmpy and statsmodels (default: this)"
    )
    parser.add_argument("--mnist", metavar="FOLDER", help="of IDX files, for the table mnist12")
    return parser


if __name__ == "__main__":
    run(main)
