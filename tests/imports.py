"""Which files of the project a module needs: its imports, lazy ones included, followed."""

import ast
import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What `make coverage` tells the processes that tests start in an environment of their own.
COVERAGE = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}


def needed(start: Path) -> set[Path]:
    """`start` and every file of the project that it imports, directly or not."""
    seen: set[Path] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += imported(path)
    return seen


def imported(path: Path) -> set[Path]:
    """The project's files that one file imports, and the packages' own __init__ files."""
    tree = ast.parse((ROOT / path).read_text())
    names: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {file for name in names for file in files(name)}


def walk(node: ast.AST) -> list[ast.AST]:
    """All nodes but what is imported for type checkers only."""
    if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
        return []
    return [node, *(inner for child in ast.iter_child_nodes(node) for inner in walk(child))]


def files(name: str) -> set[Path]:
    """What importing `stages.gan.x` reads: the module and its packages."""
    parts = name.split(".")
    if parts[0] not in ("stages", "jobs"):
        return set()
    found = {Path(*parts[: i + 1], "__init__.py") for i in range(len(parts))}
    found.add(Path(*parts).with_suffix(".py"))
    return {path for path in found if (ROOT / path).exists()}
