"""Fingerprints of the code that a stage runs, by its meaning.

A stage depends on a small file, data/code/R/STAGE.json. Its `code` maps each module that the stage
imports for this recipe to a hash of the module's syntax tree; its `kinds` lists what the recipe
chose. Comments, docstrings, line breaks, code that only type checkers see and the version of Python
change no hash.

A recipe chooses kinds (of data, of networks, …) by name from a module's table called `KINDS`. A
kind is imported only where a recipe chooses it, and then its module is in the file. So the table
itself is left out of the hashes, and a new kind makes nothing stale.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from forger.core.errors import UserError
from forger.core.files import read_json
from forger.core.isolation import ROOT

FOLDER = Path("data/code")
PACKAGES = ("forger", "stages")
STAGES = ("dataset", "train", "reference", "evaluate", "report")
LAST = "summary"
TABLE = "KINDS"
# Fields of syntax trees that do not affect what runs, or that only some versions of Python have.
SILENT = {"ctx", "kind", "type_comment", "type_ignores"}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def describe(stage: str, chosen: Collection[str] = ()) -> dict[str, Any]:
    """Return hashes of the modules that a stage imports (also inside functions), and its kinds.

    Args:
        stage: the stage's name.
        chosen: the recipe's kinds, spelt as in the tables; those in tables that the stage does not
            import are left out. The kinds that these import are chosen with them: a dataset's
            codecs, say.
    """
    chosen = {*chosen, *_find_implied(chosen)}
    needed = sorted(closure(starts(stage), chosen))
    listed = {target for path in needed for target in _read_table(path)}
    return {
        "code": {path.as_posix(): digest(path) for path in needed},
        "kinds": sorted(listed.intersection(chosen)),
    }


def _find_implied(chosen: Collection[str]) -> Iterator[str]:
    """Yield the kinds, of any table, whose modules the modules of the chosen kinds import."""
    own = [file for target in chosen for file in _files_of(target)]
    reached = closure(own)
    for path in reached:
        yield from (target for target in _read_table(path) if {*_files_of(target)} <= reached)


def starts(stage: str) -> list[Path]:
    """Return the files of a stage itself, including its notebook `stages/STAGE_….py`."""
    return [*files(f"stages.{stage}"), *_relative((ROOT / "stages").glob(f"{stage}_*.py"))]


def closure(starts: Iterable[Path], chosen: Collection[str] = ()) -> set[Path]:
    """Return these files and every file of the project that they import, directly or not.

    Args:
        starts: paths relative to the project's root.
        chosen: kinds whose modules are followed wherever a table lists them.
    """
    found: set[Path] = set()
    waiting = list(starts)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += find_imports(path)
            for target in set(_read_table(path)).intersection(chosen):
                waiting += _files_of(target)
    return found


@cache
def find_imports(path: Path) -> frozenset[Path]:
    """Return the project's files that one file imports, with their packages' `__init__` files."""
    names: set[str] = set()
    for node in _walk(_tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(file for name in names for file in files(name))


def files(module: str) -> list[Path]:
    """Return the files that importing `forger.core.x` reads: the module and its packages.

    The list is empty for modules that are not the project's.
    """
    parts = module.split(".")
    if parts[0] not in PACKAGES:
        return []
    packages = [Path(*parts[: i + 1], "__init__.py") for i in range(len(parts))]
    return [path for path in (*packages, Path(f"{'/'.join(parts)}.py")) if (ROOT / path).exists()]


def _files_of(target: str) -> list[Path]:
    """Return the files that importing a kind reads."""
    return files(target.rpartition(".")[0])


@cache
def digest(path: Path) -> str:
    """Return a hash of what a file means to Python."""
    written = hashlib.sha256()
    for word in _words(_tree(path)):
        written.update(word.encode("utf-8", "surrogatepass") + b"\0")
    return written.hexdigest()[:32]


def read(stage: str, recipe: str) -> dict[str, str]:
    """Return the modules and hashes that `check` wrote for a stage.

    `recipe` is empty for a stage that runs for no recipe.

    Raises:
        UserError: the file is missing or damaged, or a module was edited since.
    """
    path = FOLDER / recipe / f"{stage}.json"
    try:
        found: dict[str, str] = read_json(path, "run `dvc repro`")["code"]
        edited = [name for name, own in found.items() if digest(Path(name)) != own]
    except (OSError, ValueError, AttributeError, LookupError, TypeError) as error:
        raise UserError(f"{path}: not what the pipeline writes: {error}; run `dvc repro`") from None
    if edited:
        raise UserError(f"{path}: {edited[0]} was edited since `check` ran; run `dvc repro`")
    return found


def list_loaded() -> list[str]:
    """Return the files of the modules in the project's folder that this process has imported.

    Those of an installation of Python in there are not the project's.
    """
    sources = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    own = [
        path
        for path in map(Path, sources)
        if path.is_relative_to(ROOT) and not path.is_relative_to(sys.prefix)
    ]
    return sorted(path.as_posix() for path in _relative(own))


def _relative(paths: Iterable[Path]) -> list[Path]:
    return [path.relative_to(ROOT) for path in paths]


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_bytes(), path)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every node except those that only type checkers see."""
    if not _is_for_types(node):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _walk(child)


def _is_for_types(node: ast.AST) -> bool:
    if not isinstance(node, ast.If) or node.orelse:
        return False
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _read_table(path: Path) -> list[str]:
    """Return the kinds in a file's table, as dotted names (`forger.data.digits.Digits`)."""
    return [target for node in _tree(path).body for target in _targets(node)]


def _targets(node: ast.AST) -> list[str]:
    """Return what a statement of a module lists as kinds; nothing if it is no table of them.

    A table is a dictionary of the project's own dotted names, and has no other name but `TABLE`.
    """
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Dict):
        return []
    if [getattr(target, "id", "") for target in node.targets] != [TABLE]:
        return []
    found = [getattr(value, "value", None) for value in node.value.values]
    own = all(isinstance(each, str) and each.partition(".")[0] in PACKAGES for each in found)
    return [str(each) for each in found] if own else []


def _words(node: Any) -> Iterator[str]:
    """Yield the words of a syntax tree, the same under every version of Python."""
    if not isinstance(node, ast.AST):
        yield f"{type(node).__name__} {node!r}"
        return
    yield type(node).__name__
    for name, value in ast.iter_fields(node):
        parts = _drop_silent(node, value) if isinstance(value, list) else [value]
        if name not in SILENT and value is not None and parts:
            yield f".{name}"
            for part in parts:
                yield from _words(part)
    yield "."


def _drop_silent(node: ast.AST, parts: list[Any]) -> list[Any]:
    """Return a field's parts without those that change nothing."""
    if isinstance(node, ast.JoinedStr):  # Python 3.12.1 adds empty strings to it
        return [part for part in parts if getattr(part, "value", None) != ""]
    if isinstance(node, DOCUMENTED) and parts is node.body and ast.get_docstring(node, False):
        parts = parts[1:]
    if isinstance(node, ast.Module):
        parts = [part for part in parts if not _targets(part)]
    return [part for part in parts if not _is_for_types(part)]
