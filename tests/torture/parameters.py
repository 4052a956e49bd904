"""Damaged parameters and sweeps, from the project's own."""

from __future__ import annotations

import copy
import datetime
import math
import string
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from forger.compute import resolve
from forger.config.file import load, plain
from forger.config.section import FILE, parse
from forger.core.seeds import stream
from forger.parameters import Parameters, read_values, validate
from jobs.sweep.parameters import resolve as hold
from jobs.sweep.space import Sweep
from tests.project import ROOT
from tests.torture.inputs import Case, raising

VALUES: dict[str, Any] = read_values(ROOT)
SWEEPS = {path.name: load(path) for path in sorted(ROOT.glob("sweeps/*.yaml"))}
SMALL = 50_000  # numbers of data that are drawn to see whether they can be

HOSTILE = ("x; rm -rf ~", "../up", "/etc/passwd", "$(id)", "`id`", "-rf", "a b", "a\nb", "A", "",
           "..", "é", "x" * 100, "a.b", "raw", "${seed}", "\x1b[2J", "con\x00", "%s",
           "{0}")  # fmt: skip
ANYTHING: tuple[Any, ...] = (
    None, True, False, math.nan, math.inf, -math.inf, "", "x", "5", "0.5", "nan", "auto",
    "x" * 10**5,
    "a\nb", "\x1b[2J", "\u2028", "\u202e", "\ud800", [], [[]], {}, [None], [1, "a"], {"a": 1},
    {"": 0},
    [1] * 1000, 0, 1, -1, 2, 3, 7, 20, 10**3, 10**5, 2**31, 2**53, 2**63, 10**9, 10**12, 10**30,
    10**400,
    0.0, -0.0, 0.5, 1.0, 1e-3, 1e-12, 5e-324, 1e-300, 1e9, 1e300, 1.7976931348623157e308, -1e300,
    0.9999999999999999, [0.0, 1.0], [1.0, 0.0], [1e300, 2e300], [5, 3], [65536] * 3, {1: 2},
    {None: 1},
    datetime.date(2020, 1, 1), b"bytes", {1, 2}, (1, 2), 1 << 20_000, *HOSTILE,
)  # fmt: skip

Path_ = tuple[Any, ...]


def places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Where anything stands, leaves and what holds them."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def at(values: Any, path: Path_) -> Any:
    for part in path:
        values = values[part]
    return values


def project(name: str) -> dict[str, Any]:
    """The parameters with one recipe, which is run."""
    return copy.deepcopy(
        {
            "seed": VALUES["seed"],
            "compute": VALUES["compute"],
            "run": [name],
            "recipes": {name: VALUES["recipes"][name]},
        }
    )


def misspelt(rng: Random, name: str) -> str:
    """With two letters swapped, one doubled, or one left out; never the same."""
    for _ in range(20):
        i = rng.randrange(1, len(name))
        made = rng.choice(
            [name[: i - 1] + name[i] + name[i - 1] + name[i + 1 :], name[:i] + name[i - 1 :],
             name[:i] + name[i + 1 :]]
        )  # fmt: skip
        if made != name:
            return made
    return f"{name}x"


# Each changes `values` at `path` and returns what must be told (empty: nothing in particular), or
# None where it does not apply.
def anything(rng: Random, values: Any, path: Path_) -> str | None:
    if path == ("recipes",):  # the folder
        return None
    at(values, path[:-1])[path[-1]] = copy.deepcopy(rng.choice(ANYTHING))
    return ""


def scaled(rng: Random, values: Any, path: Path_) -> str | None:
    value = at(values, path)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    factor = 10 ** rng.randrange(13)
    other = [value * factor, value / factor, -value, value + 0.5, str(value), value * 2, value + 1]
    at(values, path[:-1])[path[-1]] = rng.choice(other)
    return ""


def deleted(rng: Random, values: Any, path: Path_) -> str | None:
    if path == ("recipes",):
        return None
    del at(values, path[:-1])[path[-1]]
    return ""


def unknown(rng: Random, values: Any, path: Path_) -> str | None:
    place = at(values, path)
    if not isinstance(place, dict) or path == ("recipes",):
        return None
    free = {("networks",), ("train", "optimizers"), ("gate",), ("source", "published")}
    name = "".join(rng.choices(string.ascii_lowercase, k=8))
    place[name] = rng.choice((None, 5, "x", [], {}))
    return "" if path[2:4] in free else "unknown key"


def misspelt_key(rng: Random, values: Any, path: Path_) -> str | None:
    place, key = at(values, path[:-1]), path[-1]
    if not isinstance(key, str) or len(key) < 3 or (path[0] == "recipes" and len(path) <= 2):
        return None
    if (made := misspelt(rng, key)) in place:
        return None
    place[made] = place.pop(key)
    named = {"optimizers": "needs", "gate": "did you mean", "published": "did you mean"}
    return named.get(str(path[-2]) if len(path) > 1 else "", "did you mean")


FREE = {("source",), ("dataset", "path"), ("dataset", "classes")}  # any text may stand there


def misspelt_word(rng: Random, values: Any, path: Path_) -> str | None:
    word = at(values, path)
    if not isinstance(word, str) or {path[2:3], path[2:4]} & FREE or len(word) < 3:
        return None
    at(values, path[:-1])[path[-1]] = misspelt(rng, word)
    return f"did you mean {word}?"


def swapped(rng: Random, values: Any, path: Path_) -> str | None:
    """With the same of another recipe: contradictions between sections."""
    other = VALUES["recipes"][rng.choice(list(VALUES["recipes"]))]
    try:
        taken = at(other, path[2:])
    except (KeyError, IndexError, TypeError):
        return None
    if path[:1] != ("recipes",) or len(path) < 3:
        return None
    at(values, path[:-1])[path[-1]] = copy.deepcopy(taken)
    return ""


def hostile_name(rng: Random, values: Any, path: Path_) -> str | None:
    (name, recipe), new = next(iter(values["recipes"].items())), rng.choice(HOSTILE)
    told = ": "
    match rng.randrange(3):
        case 0:
            values["recipes"], values["run"] = {new: recipe}, [new]
        case 1:
            values["run"] = [*values["run"], new]
        case _:
            values["run"], told = [misspelt(rng, name)], f"did you mean {name}?"
    return told


CHANGES: tuple[Callable[[Random, Any, Path_], str | None], ...] = (
    anything, anything, anything, scaled, deleted, unknown, misspelt_key, misspelt_word, swapped,
    hostile_name,
)  # fmt: skip


def changed(rng: Random, folder: Path) -> Iterator[Case]:
    """Values of params.yaml and of a recipe's file."""
    while True:
        values = project(rng.choice(list(VALUES["recipes"])))
        change, path = rng.choice(CHANGES), rng.choice(list(places(values)))
        told = change(rng, values, path)
        if told is None:
            continue
        if more := rng.random() < 0.2:
            anything(rng, values, rng.choice(list(places(values))))
        what = f"{change.__name__} at {'.'.join(map(str, path))}"
        if not more:
            what += f" = {_shown(values, path)}"
        yield Case(
            "parameters", what, lambda v=values: usable(validate(plain(v, FILE))),
            "" if more else told, key=True,
        )  # fmt: skip


def _shown(values: Any, path: Path_) -> str:
    try:
        return repr(at(values, path))[:80]
    except (KeyError, IndexError, TypeError, ValueError):  # it is gone, or too long to be shown
        return "…"


def usable(parameters: Parameters) -> None:
    """Whether what was accepted can be used."""
    with raising("accepted, but can't be used"), warnings.catch_warnings():
        warnings.simplefilter("error")
        resolve(parameters.compute)
        for name in parameters.run:
            recipe = parameters.recipes[name]
            dataset, latent = recipe.dataset, getattr(recipe.method, "latent", None)
            if latent is not None and latent.size < SMALL:
                assert np.isfinite(latent.sample(3, stream(1, "x"))).all()
            rows = (dataset.train_size or 0) + (dataset.test_size or 0)
            drawn = dataset.law and not hasattr(dataset, "path")  # from no file of a person
            if drawn and rows * math.prod(dataset.shape) < SMALL:
                for part in dataset.make(Path()).arrays.values():
                    assert np.isfinite(part["real"]).all()
                    assert len(part["real"]) > 0
                    assert np.abs(part["real"]).max() <= 1e13


def sweeps(rng: Random, folder: Path) -> Iterator[Case]:
    """A sweep's file."""
    while True:
        name = rng.choice(list(SWEEPS))
        values = copy.deepcopy(SWEEPS[name])
        path = rng.choice(list(places(values)))
        change = rng.choice((anything, scaled, deleted, misspelt_key))
        if change(rng, values, path) is None:
            continue

        def read(values: Any = values, name: str = name) -> None:
            sweep = parse(Sweep, plain(values, name), file=name)
            with raising("accepted, but can't be used"):
                hold(sweep, name, VALUES)

        what = f"{change.__name__} at {'.'.join(map(str, path))} = {_shown(values, path)}"
        yield Case("sweeps", what, read, key=True)
