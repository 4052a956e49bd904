"""Files and folders that are written whole or not at all, even if interrupted."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forger.core.errors import UserError

_held: set[Path] = set()  # what must be removed if the program ends now


@contextmanager
def scratch(path: Path) -> Iterator[Path]:
    """Yield `path`, a file or a folder to be made, and remove it at the end."""
    _held.add(path)
    try:
        yield path
    finally:
        _remove(path)
        _held.discard(path)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a scratch file or folder beside `path`, which it replaces unless something fails.

    Raises UserError if the disk is full or the folder may not be written.
    """
    with scratch(path.with_name(f".{path.name}.{os.getpid()}")) as beside:
        try:
            yield beside
            beside.replace(path)
        except OSError as error:
            raise UserError(f"{path}: not written: {error.strerror or error}") from None


def interruptible() -> None:
    """Make SIGINT and SIGTERM end the program quietly from now on, and leave no scratch."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)


def _leave(number: int, _: object) -> None:
    # Exit at once: an exception would be lost if raised within a callback of the garbage collector,
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
