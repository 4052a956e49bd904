"""The commands over the pipeline, listed: `forger`."""

import ast
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from forger.core.errors import UserError, run
from forger.core.text import quote, suggest
from jobs.shared.arguments import nothing

HERE = Path("jobs")  # in the project that a command is called in
PURPOSE = re.compile(r"(.*): `forger (\w+)(.*)`\.")  # a command's first line


def main() -> None:
    """Print one line per command: how to call it, and what it does."""
    nothing("", __doc__)
    listed = {f"forger {name}{rest}": purpose for name, rest, purpose in commands()}
    width = max(map(len, listed))
    for call, purpose in listed.items():
        print(f"{call:<{width}}  {purpose}")


def commands() -> Iterator[tuple[str, str, str]]:
    """Yield each command's name, arguments and purpose.

    They are read from the modules' docstrings; no module is imported.
    """
    for path in sorted((*HERE.glob("*.py"), *HERE.glob("*/__main__.py"))):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if told := PURPOSE.match(text):
            yield told[2], told[3], told[1]


def forger() -> NoReturn:
    """Run `forger NAME …` as `python -m jobs.NAME …` in the same folder.

    So each checkout of the project runs its own code.
    """
    run(_start)


def _start() -> None:
    if not HERE.is_dir():
        raise UserError("forger: no project here; it is run in the folder of its dvc.yaml")
    known = [name for name, _, _ in commands()]
    arguments = sys.argv[1:]
    module = "jobs"
    if arguments and not arguments[0].startswith("-"):
        name, *arguments = arguments
        if name not in known:
            raise UserError(f"forger: found {quote(name)}; {suggest(name, known)}")
        module = f"jobs.{name}"
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 - no shell


if __name__ == "__main__":
    run(main)
