"""Writing files whole or not at all, and reading what the pipeline wrote."""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import psutil

from forger.core.archives import damaged
from forger.core.errors import UserError
from forger.core.text import printable, quote

if TYPE_CHECKING:
    import pandas as pd

RESTORE = "`dvc checkout --force` restores it"
MOST_TEXT = 2**24  # bytes of a JSON file
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date that a zip archive can hold


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield a path for a file or folder that replaces `path` once it is written.

    A reader never sees half of it. If writing fails, `path` stays as it was and nothing is left
    behind. What a killed process leaves is ignored by git and DVC, and removed by the next write to
    `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".part-*-{path.name}"):
        if not psutil.pid_exists(int(left.name.split("-")[1])):
            remove(left)
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        yield part
        if part.is_dir():
            remove(path)
        part.replace(path)
    except BaseException:
        remove(part)
        raise


def remove(path: Path) -> None:
    """Remove a file or a folder if it exists."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write text in UTF-8."""
    with whole(path) as part:
        part.write_text(text, encoding="utf-8")


def read_json(path: Path, instead: str = RESTORE) -> dict[str, Any]:
    """Read a JSON object from a file that the pipeline wrote.

    Args:
        path: the file.
        instead: what the error advises if the file can't be read.

    Raises:
        UserError: it is missing, too large or damaged, or holds something other than an object.
    """
    try:
        if path.stat().st_size > MOST_TEXT:
            raise ValueError(f"has more than {MOST_TEXT:,} bytes")
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError(f"found {quote(content)}; should be a mapping")
    except (OSError, ValueError, RecursionError) as error:
        raise refused(path, error, instead) from None
    return content


def refused(path: Path, why: Exception, instead: str = RESTORE) -> UserError:
    """Return the error for a file that is missing or is not what the pipeline writes."""
    if isinstance(why, FileNotFoundError):
        return damaged(path, "there is no such file", instead)
    return damaged(path, f"not what the pipeline writes: {printable(str(why), 150)}", instead)


def write_json(path: Path, content: Any) -> None:
    """Write JSON that a person can read, a value a line. NaN and infinity raise ValueError."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays as one .npz, which is on the disk when this returns."""
    members = ((f"{name}.npy", _npy(array)) for name, array in arrays.items())
    with whole(path) as part, part.open("wb") as file:
        write_zip(file, members)
        os.fsync(file.fileno())


def write_zip(file: BinaryIO, members: Iterable[tuple[str, bytes]]) -> None:
    """Write an archive whose bytes depend only on its members, one member in memory at a time.

    `numpy.savez` and `ZipFile.write` would add dates, and bytes that depend on the Python version.
    """
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content)


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def write_history(folder: Path, history: pd.DataFrame) -> None:
    """Write history.csv, and each report to a file of its own in curves/ for `dvc plots`."""
    with whole(folder / "curves") as curves:
        curves.mkdir()
        for name in history.columns.drop(["epoch", "step"]):
            history[["epoch", name]].to_csv(curves / f"{name}.csv", index=False)
    with whole(folder / "history.csv") as part:
        history.to_csv(part, index=False)
