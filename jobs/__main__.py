"""List the commands over the pipeline: `python -m jobs`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from forger.core.errors import run
from jobs.shared.arguments import nothing

HERE = Path(__file__).parent
PURPOSE = re.compile(r"(.*): `(python -m jobs\.\w+.*)`\.")  # a command's first line


def main() -> None:
    """Print a line a command: how it is called, and what it does."""
    nothing("jobs", __doc__)
    found = list(commands())
    width = max(len(call) for call, _ in found)
    for call, purpose in found:
        print(f"{call:<{width}}  {purpose}")


def commands() -> Iterator[tuple[str, str]]:
    """How each command is called, and what it does, by its module's docstring: none is imported."""
    for path in sorted((*HERE.glob("*.py"), *HERE.glob("*/__main__.py"))):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if told := PURPOSE.match(text):
            yield told[2], told[1]


if __name__ == "__main__":
    run(main)
