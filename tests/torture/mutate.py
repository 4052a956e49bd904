"""Whether a test notices each small fault that is put into the code: `make mutate`.

Prints a table and every fault, a mutant, that no test noticed; exits 1 where mutants.toml does not
say why.
"""

from __future__ import annotations

import argparse
import difflib
import importlib.util
import multiprocessing
import os
import random
import re
import signal
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

from tests.pipeline.clone import Clone
from tests.project import ROOT

CONFIG = Path(__file__).with_name("mutants.toml")
# One replacement of an operator is as good as all, but for an order, whose bounds are often wrong.
# `|` stands between types.
REPLACED = {
    "Binary": (
        "Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Div", "Mod_Mul", "Pow_Mul",
    ),
    "Comparison": (
        "Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is",
        "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt",
    ),
    "Unary": ("Delete_Not", "USub_UAdd"),
}  # fmt: skip
OPERATORS = (
    *(f"Replace{kind}Operator_{pair}" for kind, pairs in REPLACED.items() for pair in pairs),
    "NumberReplacer", "AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue",
    "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceBreakWithContinue", "ReplaceContinueWithBreak",
    "ExceptionReplacer", "RemoveDecorator", "ZeroIterationForLoop",
)  # fmt: skip
OWN = ("forger", "stages", "jobs", "tests")
POINTLESS = re.compile(r"TYPE_CHECKING|description=")  # lines of no effect
# What the tests import, before they are forked: it takes longer than they do. None of it has
# started a thread by then, which TensorFlow has.
IMPORTED = (
    "dvc.api", "hypothesis", "jax", "keras", "playwright.sync_api", "pydantic", "scipy.stats",
    "sklearn.ensemble", "sklearn.metrics", "sklearn.model_selection",
)  # fmt: skip
ENVIRONMENT = {"KERAS_BACKEND": "jax", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
SLACK = 6  # times as long as the tests of the sound code may those of a mutant take


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        line: its number.
        was, now: the line, stripped.
        code: the whole module.
    """

    line: int
    was: str
    now: str
    code: str


def mutants(code: str) -> list[Mutant]:
    """All of a module's, each once, in the order of their lines."""
    found = {}
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        places = (p for node in ast_nodes(get_ast(code)) for p in operator.mutation_positions(node))
        for occurrence, _ in enumerate(places):
            changed = mutate_code(code, operator, occurrence)
            mutant = _mutant(code, changed)
            if mutant and not POINTLESS.search(mutant.was):
                found[changed] = mutant
    return sorted(found.values(), key=lambda mutant: mutant.line)


def _mutant(code: str, changed: str) -> Mutant | None:
    before, after = code.splitlines(), changed.splitlines()
    for tag, i, j, m, n in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        if tag != "equal":
            was, now = " ".join(before[i:j]), " ".join(after[m:n])
            return Mutant(i + 1, " ".join(was.split()), " ".join(now.split()), changed)
    return None


def main() -> None:
    arguments = _arguments()
    config = tomllib.loads(CONFIG.read_text())
    reasons = {(e["file"], e["was"], now) for e in config["equivalent"] for now in e["now"]}
    tests = {
        str(path.relative_to(ROOT)): own
        for pattern, own in config["tests"].items()
        for path in sorted(ROOT.glob(pattern))
    }
    sources = [source for source in tests if any(part in source for part in arguments.sources)]
    os.environ |= ENVIRONMENT
    for name in IMPORTED:
        importlib.import_module(name)
    rows, unexplained = [], 0
    with TemporaryDirectory() as scratch:
        tree = Clone(Path(scratch, "forger")).folder
        for source in sources:
            tried, late, alive, open_ = 0, 0, 0, 0
            for mutant, end in try_all(tree, source, tests[source], arguments):
                tried, late = tried + 1, late + (end is None)
                if end != 0:
                    continue
                explained = (source, mutant.was, mutant.now) in reasons
                alive, open_ = alive + 1, open_ + (not explained)
                known = " (explained)" if explained else ""
                told = f"{source}:{mutant.line}: {mutant.was}\n    → {mutant.now}{known}"
                print(told, flush=True)
            unexplained += open_
            rows.append((source, tried, tried - alive, late, alive, open_))
            print(f"{source}: {tried - alive} of {tried} killed", flush=True)
    columns = ["file", "mutants", "killed", "by the clock", "survived", "unexplained"]
    table = pd.DataFrame(rows, columns=columns)
    table.loc[len(table)] = ["all", *table.iloc[:, 1:].sum()]
    print(table.to_string(index=False))
    sys.exit(1 if unexplained else 0)


def try_all(
    tree: Path, source: str, tests: list[str], arguments: argparse.Namespace
) -> Iterator[tuple[Mutant, int | None]]:
    """The mutants of a source, each with its tests' exit status; see `tested`."""
    path = tree / source
    code = path.read_text()
    chosen = mutants(code)
    if arguments.sample and arguments.sample < len(chosen):
        chosen = random.Random(arguments.seed).sample(chosen, arguments.sample)
    start = time.monotonic()
    if tested(tree, tests, None) != 0:
        sys.exit(f"{source}: its tests fail as it is: {' '.join(tests)}")
    limit = SLACK * (time.monotonic() - start)
    Path(importlib.util.cache_from_source(path)).unlink(missing_ok=True)
    for mutant in sorted(chosen, key=lambda each: each.line):
        path.write_text(mutant.code)
        yield mutant, tested(tree, tests, limit)
    path.write_text(code)


def tested(tree: Path, tests: list[str], limit: float | None) -> int | None:
    """The tests' exit status in a process of their own; None: it took too long.

    Without a limit they leave the compiled code of all that they import.
    """
    process = multiprocessing.get_context("fork").Process(target=_test, args=(tree, tests, limit))
    process.start()
    process.join(limit)
    if process.exitcode is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.join()
        return None
    return process.exitcode


def _test(tree: Path, tests: list[str], limit: float | None) -> None:
    sys.dont_write_bytecode = limit is not None
    os.setsid()
    os.chdir(tree)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    for name in [name for name in sys.modules if name.partition(".")[0] in OWN]:
        del sys.modules[name]
    sys.path[0] = str(tree)
    os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture.mutate", description=__doc__)
    parser.add_argument("sources", nargs="*", default=[""], help="parts of their names; all")
    parser.add_argument("--sample", type=int, help="at most so many mutants a source, at random")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
