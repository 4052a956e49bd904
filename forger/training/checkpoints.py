"""Checkpoints in the user's cache folder, from which a stopped training resumes.

Each training has one file, named after everything that its result depends on: DVC's queued and
temporary runs find it too, and a training with other parameters, data, code or versions never does.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any, Self

import numpy as np
import platformdirs
from filelock import FileLock, Timeout

from forger.config.declared import Declared
from forger.core.files import write_arrays
from forger.core.stage import read_lock

KEPT = 14 * 24 * 3600  # seconds after which nobody is expected to resume a training
ABOUT = "about"
DAMAGE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)

Tell = Callable[[str], None]


@dataclass(frozen=True)
class State:
    """Everything that a training needs to go on as if it had never stopped.

    Attributes:
        about: what fits in JSON.
        arrays: the rest, by name.
    """

    about: dict[str, Any]
    arrays: Mapping[str, np.ndarray]


def folder() -> Path:
    """Return the folder of all checkpoints."""
    return platformdirs.user_cache_path("forger") / "trainings"


def key_of(declared: Declared, *without: str) -> str:
    """Return a digest of everything that a stage's result depends on.

    That is the current content of what dvc.yaml declares for it, and the kind of machine.

    Args:
        without: dotted keys of parameters that have no effect on the result.
    """
    values = copy.deepcopy(declared.values)
    for each in without:
        *parents, last = each.split(".")
        reduce(getitem, parents, values).pop(last, None)
    digest = hashlib.sha256(json.dumps([values, os.uname().machine], sort_keys=True).encode())
    for path in declared.files():
        with path.open("rb") as file:
            digest.update(f"{path}\n{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


class Checkpoint:
    """The saved state of one training.

    As a context manager, it makes this process the only owner. A second process with the same
    training waits, and then takes the result.

    Args:
        key: identifies the training; see `key_of`.
        tell: called with a line for the person who waits.
    """

    def __init__(self, key: str, tell: Tell) -> None:
        self.key = key
        self.path = folder() / f"{key}.npz"
        self._tell = tell
        self._lock = FileLock(self.path.with_suffix(".lock"))
        self._told = False

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._wait()
        except OSError as error:  # a read-only home is no reason not to train
            self._can_not(error)
        return self

    def __exit__(self, *error: object) -> None:
        self._lock.release()

    def _wait(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            self._tell("the same training is running already; waiting for it")
            self._lock.acquire(poll_interval=0.5)

    def load(self) -> State | None:
        """Return the last saved state, or None. A damaged one is set aside."""
        if not self.path.exists():
            return None
        try:
            with np.load(self.path, allow_pickle=False) as file:
                arrays = dict(file)
            about = json.loads(str(arrays.pop(ABOUT)))
            if about.pop("key") != self.key:
                raise ValueError("it belongs to another training")
        except DAMAGE as error:
            self.set_aside(str(error))
            return None
        return State(about, arrays)

    def save(self, state: State) -> None:
        """Save a state in place of the previous one. If that fails, training goes on."""
        about = np.array(json.dumps({**state.about, "key": self.key}))
        try:
            write_arrays(self.path, {ABOUT: about, **state.arrays})
        except OSError as error:
            self._can_not(error)

    def set_aside(self, why: str) -> None:
        """Put an unusable state out of the way, but keep it for inspection."""
        aside = self.path.with_suffix(".damaged")
        self.path.replace(aside)
        self._tell(f"the training's saved state can't be used ({why}); it is now {aside}")

    def _can_not(self, error: OSError) -> None:
        if not self._told:
            self._tell(f"can't save on the way, so a stop loses the training: {error}")
            self._told = True


def forget(now: float | None = None) -> None:
    """Remove states that nobody came back for, and those whose result dvc.lock records here.

    Args:
        now: seconds since 1970; None: the current time.
    """
    results = read_lock()
    for path in folder().glob("*"):
        with suppress(*DAMAGE):  # `Checkpoint.load` reports a damaged one if it is needed
            old = (now or time.time()) - path.stat().st_mtime > KEPT
            if old or (path.suffix == ".npz" and _result(path) in results):
                path.unlink()


def _result(path: Path) -> str:
    """Return the line by which dvc.lock records the training's history.csv."""
    with np.load(path, allow_pickle=False) as file:
        about = json.loads(str(file[ABOUT]))
    return f"md5: {about['history']}\n" if about["history"] else "not finished"
