"""Forger against what else one would train a small GAN with: `python -m jobs.benchmark`.

Prints a table, and writes it as reports/benchmark/benchmark.json and benchmark.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from jobs.benchmark.contestants import PEERS
from jobs.benchmark.plot import draw
from jobs.benchmark.problem import Problem
from jobs.benchmark.race import HEADER, Result, race
from jobs.benchmark.worker import MissingError
from stages.gan.errors import UserError, run
from stages.gan.files import write_json
from stages.gan.recipe import read

RECIPES = ("gaussian", "parabola", "sinusoid", "mnist_mlp", "mnist_dcgan")
FOLDER = Path("reports/benchmark")


def main() -> None:
    """Measure every pair that is asked for."""
    asked = _arguments()
    parameters = read()
    results: list[Result] = []
    missing: list[str] = []
    print(HEADER)
    for recipe in asked.recipe or RECIPES:
        problem = Problem.of(parameters, recipe)
        for name in asked.peer or PEERS:
            peer = PEERS[name]
            if not peer.can_train(problem.networks):
                missing.append(f"{recipe}, {peer.title}: it is written for dense layers only")
                continue
            try:
                results.append(race(problem, name, peer, asked.repeat))
            except MissingError as error:
                missing.append(f"{recipe}, {peer.title}: {error}")
                continue
            print(results[-1].line(), flush=True)
    for line in missing:
        print(f"Not measured: {line}")
    if not results:
        raise UserError("nothing was measured")
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_json(FOLDER / "benchmark.json", [result.as_json() for result in results])
    draw(results, FOLDER / "benchmark.png")
    print(f"Written: {FOLDER}/benchmark.json, {FOLDER}/benchmark.png")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m jobs.benchmark", description=__doc__)
    parser.add_argument("--recipe", action="append", choices=RECIPES, help="only this one")
    parser.add_argument("--peer", action="append", choices=PEERS, help="only this one")
    parser.add_argument("--repeat", type=_at_least_two, default=7, help="turns of each (2 or more)")
    return parser.parse_args()


def _at_least_two(text: str) -> int:
    if (number := int(text)) < 2:
        raise argparse.ArgumentTypeError("an interval needs two turns at least")
    return number


if __name__ == "__main__":
    run(main)
