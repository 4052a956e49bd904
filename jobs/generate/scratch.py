"""What is written is whole or not there, interruptions included."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forger.core.errors import UserError

_held: set[Path] = set()  # what is there now, and must not stay


@contextmanager
def scratch(path: Path) -> Iterator[Path]:
    """`path`, a file or a folder to be made, which does not stay."""
    _held.add(path)
    try:
        yield path
    finally:
        _remove(path)
        _held.discard(path)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A scratch file or folder beside `path` that takes its place in the end; else nothing stays.

    Raises UserError where the disk is full or the folder may not be written.
    """
    with scratch(path.with_name(f".{path.name}.{os.getpid()}")) as beside:
        try:
            yield beside
            beside.replace(path)
        except OSError as error:
            raise UserError(f"{path}: not written: {error.strerror or error}") from None


def interruptible() -> None:
    """From now on, SIGINT and SIGTERM end the program quietly and leave no scratch."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)


def _leave(number: int, _: object) -> None:
    # At once: an exception is lost where it is raised within a callback of the garbage collector,
    # such as JAX's.
    for path in _held:
        _remove(path)
    if os.isatty(2):
        os.write(2, b"\n")
    os._exit(128 + number)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
