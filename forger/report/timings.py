"""How long training took, and at which commit: reports/timings.json.

It is the one file that no result depends on. It is in git, and a top-level metrics file of
dvc.yaml, so that saved experiments carry it.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock

from forger.core import stopping
from forger.core.code import PACKAGES
from forger.core.files import write_json

FILE = Path("reports/timings.json")
REPORTS = Path("reports/recipes")
LOCK = Path(".dvc/tmp/timings.lock")

# Whatever is not a number is a list in an entry, since DVC's tables leave lists out.
THIS = ["in this run"]
BEFORE = ["in an earlier run"]

# What results come from. It excludes dvc.lock and reports, which the pipeline itself changes.
INPUTS = ("data/raw", "dvc.yaml", "params.yaml", "recipes", "requirements.txt", *PACKAGES)
CHANGED = "with changes"

Entries = dict[str, dict[str, Any]]


def record(recipe: str, history: Path, seconds: float, updates: int, device: str) -> None:
    """Record how long training took, at which commit, and which history.csv it belongs to.

    Args:
        recipe: its name.
        history: its history.csv.
        seconds: how long training took.
        updates: how many updates that was.
        device: what it ran on, `cpu` or `gpu`.
    """
    entry = {
        "measured": THIS,
        "seconds": round(seconds, 3),
        "updates_per_second": round(updates / seconds, 1),
        "machine": [device, platform.system(), platform.machine(), f"{os.cpu_count()} cores"],
        "commit": _commit(),
        "identity": [_digest(history), _run()],
    }
    _change(lambda entries: {**entries, recipe: entry})


def refresh(recipes: Sequence[str]) -> None:
    """Mark each entry as measured by this run of DVC, or by an earlier one whose result was reused.

    Entries that belong to no result of these recipes are dropped. A result that is not here (DVC
    may leave unchanged ones in its remote) is taken to be unchanged.
    """
    run = _run()

    def present(recipe: str, entry: dict[str, Any]) -> bool:
        history = REPORTS / recipe / "history.csv"
        return not history.exists() or entry["identity"][0] == _digest(history)

    def refresh_machines(entries: Entries) -> Entries:
        return {
            recipe: {**entry, "measured": THIS if entry["identity"][1] == run else BEFORE}
            for recipe, entry in entries.items()
            if recipe in recipes and present(recipe, entry)
        }

    _change(refresh_machines)


def _change(change: Callable[[Entries], Entries]) -> None:
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(LOCK):  # recipes may train in parallel, each with its own entry
        write_json(FILE, dict(sorted(change(_entries()).items())))


def _entries() -> Entries:
    """Read the file, dropping what is damaged: no result depends on it, so none may fail on it."""
    try:
        found = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    except (ValueError, RecursionError) as error:
        print(f"{FILE}: not readable ({error}); begun anew", file=sys.stderr)
        found = {}
    entries = found.items() if isinstance(found, dict) else ()
    return {recipe: entry for recipe, entry in entries if _is_sound(entry)}


def _is_sound(entry: Any) -> bool:
    match entry:
        case {"identity": [_, _]}:  # the history's digest, and the run
            return True
    return False


def _digest(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _commit() -> list[str]:
    """Return the checked-out commit, and CHANGED if `INPUTS` differ from it; empty without git."""
    try:
        commit = _git("rev-parse", "HEAD")
        changed = _git("status", "--porcelain", "--", *INPUTS)
    except (OSError, subprocess.CalledProcessError):
        return []
    return [commit, CHANGED] if changed else [commit]


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _run() -> str:
    """Identify this run by DVC's process, or by this one's parent where there is no DVC."""
    process = stopping.dvc() or psutil.Process(os.getppid())
    return f"{process.pid}-{process.create_time():.0f}"
