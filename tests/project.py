"""Where the project lies, how its parameters are changed, and what reaches tests' processes."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def copy_parameters(folder: Path) -> None:
    """The project's own params.yaml and recipes."""
    shutil.copy(ROOT / "params.yaml", folder)
    shutil.copytree(ROOT / "recipes", folder / "recipes")


def put(values: Any, path: Sequence[Any], value: Any) -> None:
    """Set the value at a path in nested mappings; `...` deletes it."""
    *outer, last = path
    for part in outer:
        values = values[part]
    if value is ...:
        del values[last]
    else:
        values[last] = value


# What `make coverage` tells the processes that tests start in an environment of their own.
COVERAGE = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
