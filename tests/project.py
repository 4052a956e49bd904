"""Where the project lies, and what reaches the processes that tests start in it."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What `make coverage` tells the processes that tests start in an environment of their own.
COVERAGE = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
