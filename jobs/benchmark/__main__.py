"""Forger against what else one would train a small GAN with: `forger benchmark`.

Prints a table, and writes it to reports/benchmark/benchmark.json and benchmark.png. With --scaling,
measures instead how Forger's speed and memory grow with the work: scaling.json and scaling.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from forger.core.errors import UserError, run
from forger.core.files import write_json
from forger.parameters import read
from jobs.benchmark.contestants import PEERS
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
    if asked.scaling:
        measure_scaling()
    else:
        measure_peers(asked)


def measure_peers(asked: argparse.Namespace) -> None:
    """Race Forger against its peers, print the table and write it."""
    parameters = read()
    print(HEADER)
    with TemporaryDirectory() as folder:
        problems = [Problem.of(parameters, name, Path(folder)) for name in asked.recipe or RECIPES]
        results = [
            result
            for problem in problems
            for peer in asked.peer or PEERS
            if (result := measured(problem, peer, asked.repeat)) is not None
        ]
    if not results:
        raise UserError("nothing was measured")
    write_json(FOLDER / "benchmark.json", [result.as_json() for result in results])
    draw(results, FOLDER / "benchmark.png")
    print(f"Written: {FOLDER}/benchmark.json, {FOLDER}/benchmark.png")


def measured(problem: Problem, peer: str, repeat: int) -> Result | None:
    """Run one race; print and return its result, or print why there is none."""
    title = PEERS[peer].title
    try:
        result = race(problem, peer, PEERS[peer], repeat)
    except MissingError as error:
        print(f"{problem.recipe:<12}{title:<27}not measured: {error}", flush=True)
        return None
    print(result.line(), flush=True)
    return result


def command_line() -> Parser:
    """Return the parser of the command's arguments."""
    parser = Parser("benchmark", __doc__)
    parser.add_argument("--recipe", action="append", choices=RECIPES, help="only this one")
    parser.add_argument("--peer", action="append", choices=PEERS, help="only this one")
    parser.add_argument(
        "--repeat", type=whole(2, 1000), default=5, help="turns of each, 2 at least"
    )
    parser.add_argument(
        "--scaling", action="store_true", help="along batch, width, rows and threads instead"
    )
    return parser


if __name__ == "__main__":
    run(main)
