"""Write a recipe for your own data: `forger new NAME PATH`.

It says what it took the data for and what to expect of a training, before there is any.
"""

from __future__ import annotations

import argparse
import time
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from forger.config.section import file_of
from forger.core.errors import UserError, run
from forger.core.files import write_text
from forger.data.base import Data
from forger.metrics.figures import FIGURES
from forger.parameters import read_values, validate
from forger.recipe import Recipe
from jobs.new.proposal import Proposal
from jobs.new.recipe_file import describe
from jobs.shared.arguments import Parser
from jobs.shared.command import set_up

KINDS = ("tables", "curves", "images")
CALLS = 3  # of updates, which are timed


def main() -> None:
    """Write recipes/NAME.yaml. Raises UserError."""
    asked = command_line().parse_args()
    _check_name(asked.name, asked.force)
    kind = _choose(asked)
    proposal: Proposal = kind.propose(asked.path, asked)
    print(_say_kind(asked, kind), *proposal.findings, sep="\n", flush=True)
    recipe = _validate(asked.name, proposal)
    data = proposal.data or recipe.dataset.make(Path.cwd())
    data.check_classes()
    sizes = {part: len(fields["real"]) for part, fields in data.arrays.items()}
    print(
        f"{sizes['train']:,} to train with, {sizes['validation']:,} to choose by, "
        f"{sizes['test']:,} to judge by",
        flush=True,
    )
    set_up()
    print("\n".join(_expect(recipe, data)), flush=True)
    write_text(Path(file_of(asked.name)), describe(asked.name, proposal))
    print(
        f"Written: {file_of(asked.name)}. Next: dvc exp run -S 'run=[{asked.name}]', then "
        f"forger generate {asked.name} -n 1000 -o new{kind.SUFFIX}"
    )


def command_line() -> Parser:
    """Return the parser of the command line."""
    made = Parser("new", __doc__)
    made.add_argument("name", metavar="NAME", help="of the recipe")
    made.add_argument("path", metavar="PATH", type=Path, help="a file or a folder of data")
    made.add_argument("--kind", choices=KINDS, help="of data; default: found")
    made.add_argument("--labels", help="the column, or the array, that has the labels")
    made.add_argument("--array", help="the array of curves or images, if an .npz has several")
    made.add_argument("--group", help="the column whose equal values stay in one part")
    made.add_argument("--force", action="store_true", help="write over a recipe of that name")
    for kind in KINDS:
        _load(kind).add_options(made.add_argument_group(kind))
    return made


def _load(kind: str) -> ModuleType:
    return import_module(f"jobs.new.{kind}")


def _check_name(name: str, force: bool) -> None:
    place = Path(file_of(name))
    if place.exists() and not force:
        raise UserError(f"{place}: is there already; choose another name, or say --force")


def _choose(asked: argparse.Namespace) -> ModuleType:
    """Return the module of the data's kind. Raises UserError if it is none of them."""
    if not asked.path.exists():
        raise UserError(f"{asked.path}: is not there")
    if not (asked.path.is_file() or asked.path.is_dir()):
        raise UserError(f"{asked.path}: is neither a file nor a folder")
    if asked.kind:
        return _load(asked.kind)
    for kind in KINDS:
        if (module := _load(kind)).recognise(asked.path):
            return module
    raise UserError(
        f"{asked.path}: is neither a table, nor curves, nor images; say --kind, "
        f"one of {', '.join(KINDS)}"
    )


def _say_kind(asked: argparse.Namespace, kind: ModuleType) -> str:
    """Say what the data were taken for, and how to say otherwise."""
    if asked.kind:
        return f"{asked.path}:"
    found = kind.__name__.rpartition(".")[2]
    others = " or ".join(other for other in KINDS if other != found)
    return f"{asked.path}: taken for {found}; if it has {others}, say --kind"


def _validate(name: str, proposal: Proposal) -> Recipe:
    """Return the recipe as it will be read. Raises UserError if anything in it is wrong."""
    values = read_values()
    block = {"source": {"title": f"{name}, of one's own data"}, **proposal.sections}
    values["recipes"] = {**values["recipes"], name: block}
    return validate(values).recipes[name]


def _expect(recipe: Recipe, data: Data) -> list[str]:
    """Say what real examples reach at this size, and how long the training takes here."""
    from forger.evaluation.quality import Quality

    floor, interval = Quality(data, recipe.evaluate, None).floor()
    lines = ["What real data reach at this size, which no samples can beat:"]
    for name, value in floor.items():
        if FIGURES[name].headline:
            low, high = interval[name]
            lines.append(f"  {name:<16} {value:.3g} ({low:.3g} to {high:.3g})")
    seconds = _time(recipe, data)
    lines.append(f"Training takes about {_say_time(seconds)} here")
    return lines


def _time(recipe: Recipe, data: Data) -> float:
    """Return about how many seconds the training takes: some updates, in proportion."""
    from forger.methods.base import Fields
    from forger.training.assembly import Plan, adversarial
    from forger.training.batches import Batches

    method = recipe.method
    arrays = {name: data.arrays["train"][name] for name in method.needs}
    batches = Batches(arrays, method.pool(1), recipe.train, method.batches, 1)
    updates = batches.steps * recipe.train.epochs
    plan = Plan(method, recipe.networks, recipe.train)
    model = adversarial(plan, Fields.of(data.description), 1, True, updates)
    k = 16
    seconds = []
    for rows, count in batches.calls([k * CALLS], k):
        begun = time.perf_counter()
        model.train_on_batch(rows, _count(count))
        seconds.append(time.perf_counter() - begun)
    return seconds[0] + min(seconds[1:]) / k * updates


def _count(count: int) -> Any:
    import numpy as np

    return np.array([count], np.int32)


def _say_time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    run(main)
