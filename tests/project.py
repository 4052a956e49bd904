"""Where the project lies, and what reaches the processes that tests start in it."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]


def copy_parameters(folder: Path) -> None:
    """The project's own params.yaml and recipes."""
    shutil.copy(ROOT / "params.yaml", folder)
    shutil.copytree(ROOT / "recipes", folder / "recipes")


# What `make coverage` tells the processes that tests start in an environment of their own.
COVERAGE = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
