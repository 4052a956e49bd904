"""Forger against what else one would train a small GAN with: `forger benchmark`.

With `--only scaling`, how its speed and memory grow with the work; with `--only experiment`, what
stands around a training. Prints a table, and writes it to reports/benchmark/benchmark.json, beside
what is there of the others; peers and scaling have a picture there.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from forger.core.errors import UserError, run
from forger.core.files import read_json, write_json
from forger.parameters import read
from jobs.benchmark.contestants import PEERS
from jobs.benchmark.experiment import measure_experiment
from jobs.benchmark.plot import draw
from jobs.benchmark.problem import Problem
from jobs.benchmark.race import HEADER, Result, race
from jobs.benchmark.scaling import measure_scaling
from jobs.benchmark.worker import MissingError
from jobs.shared.arguments import Parser, whole

RECIPES = ("gaussian", "parabola", "sinusoid", "mnist_mlp", "mnist_dcgan")
FOLDER = Path("reports/benchmark")


def main() -> None:
    """Measure what the command line asks for."""
    asked = command_line().parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = PARTS[asked.only](asked)
    path = FOLDER / "benchmark.json"
    known = read_json(path) if path.exists() else {}
    write_json(path, {**known, asked.only: found})
    print(f"Written: {path}")


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
            if (result := measure(problem, peer, asked.repeat)) is not None
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


PARTS: dict[str, Callable[[argparse.Namespace], Any]] = {
    "peers": measure_peers,
    "scaling": lambda _: measure_scaling(),
    "experiment": lambda asked: measure_experiment(asked.repeat),
}


def command_line() -> Parser:
    """Return the parser of the command's arguments."""
    parser = Parser("benchmark", __doc__)
    parser.add_argument("--recipe", action="append", choices=RECIPES, help="only this one")
    parser.add_argument("--peer", action="append", choices=PEERS, help="only this one")
    parser.add_argument(
        "--repeat", type=whole(2, 1000), default=5, help="turns of each, 2 at least"
    )
    parser.add_argument(
        "--only",
        choices=PARTS,
        default="peers",
        help="scaling: along batch, width, rows and threads; experiment: whole commands",
    )
    return parser


if __name__ == "__main__":
    run(main)
