"""Checks that several kinds of data have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from forger.core.archives import damaged
from forger.core.errors import UserError
from forger.core.text import either, printable


def check_shares(held_out: float, validation: float, examples: str) -> None:
    """Raise ValueError, with the key, if the shares of two parts leave nothing to train with.

    Args:
        held_out, validation: shares of all examples.
        examples: what they are called.
    """
    if held_out + validation >= 1:
        raise ValueError(
            f"held_out: found {held_out:g}, and validation {validation:g}; together they must "
            f"leave some {examples} to train with"
        )


def find_place(folder: Path, path: str) -> Path:
    """Return where `dataset.path` leads from `folder`, whether or not anything is there.

    Raises UserError if no file system can tell.
    """
    try:
        place = folder / Path(path).expanduser()
        place.exists()
    # An unknown user's home, too long a name, no permission, an illegal character.
    except (OSError, RuntimeError, ValueError) as error:
        raise damaged(Path(path), error, "set dataset.path to what can be read") from None
    return place


def find_file(folder: Path, path: str, endings: Sequence[str], what: str) -> Path:
    """Return where `dataset.path` leads from `folder`.

    Raises UserError if that is no file, or has another name than its kind has.

    Args:
        folder: where relative paths start.
        path: the value of `dataset.path`.
        endings: how the name may end, in lower case.
        what: such a file is, for messages.
    """
    place = find_place(folder, path)
    shown = printable(path)
    if not place.name.lower().endswith(tuple(endings)):
        raise UserError(f"dataset.path: found {shown}; {what} is a {either(endings)} file")
    if not place.is_file():
        why = "is no file" if place.exists() else "is not there"
        raise UserError(f"dataset.path: {shown} {why}")
    return place


@contextmanager
def hold_still(path: Path) -> Iterator[None]:
    """Raise UserError if a file changes meanwhile, or can't be read."""
    try:
        before = path.stat()
        yield
        after = path.stat()
    except OSError as error:
        raise UserError(f"{path}: {printable(error.strerror or str(error))}") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UserError(f"{path}: changed while it was read; run again once it is whole")
