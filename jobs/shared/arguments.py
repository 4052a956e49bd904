"""What the jobs' command lines share: complaints in one line, and types of values."""

from __future__ import annotations

import argparse
import math
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from forger.core.errors import UserError
from forger.core.text import printable

LONGEST_NAME = 255  # bytes of a file's name


class Parser(argparse.ArgumentParser):
    """A parser that complains in one line, as everything else does."""

    def __init__(self, command: str, purpose: str | None) -> None:
        super().__init__(prog=f"forger {command}".strip(), description=purpose)

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{printable(message)}; see {self.prog} --help")


def nothing(command: str, purpose: str | None) -> None:
    """Check that a command that takes no arguments was given none. Raises UserError."""
    Parser(command, purpose).parse_args()


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `least` to `most`."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ArgumentTypeError(
                f"found {printable(text, 60)}; must be a whole number from {least} to {most:,}"
            )
        return number

    return read


def place_and_value(text: str) -> tuple[int, float]:
    """Read PLACE=VALUE: a whole number, and a finite one."""
    place, _, value = text.partition("=")
    try:
        found = int(place), float(value)
    except ValueError:
        found = 0, math.nan
    if not math.isfinite(found[1]):
        raise ArgumentTypeError(f"found {printable(text, 60)}; must be PLACE=VALUE, such as 0=0.5")
    return found


def path(text: str) -> Path:
    """Read a path that a file system can take."""
    made = Path(text)
    if not text.isprintable() or any(len(p.encode()) > LONGEST_NAME for p in made.parts):
        raise ArgumentTypeError(f"found {printable(text, 60)}; no file can be called so")
    return made


def revision(text: str) -> str:
    """Read what git may take for a revision, and not for an option."""
    if not text or text.startswith("-") or not text.isprintable() or " " in text:
        raise ArgumentTypeError(f"found {printable(text, 60)!r}; not a commit or an experiment")
    return text


def override(text: str) -> str:
    """Read a parameter's new value, as `dvc exp run -S` takes it."""
    key, equals, _ = text.partition("=")
    if not equals or not key.removeprefix("+").removeprefix("+").replace(".", "_").isidentifier():
        raise ArgumentTypeError(f"found {printable(text, 60)}; must be KEY=VALUE, such as seed=2")
    return text
