"""Remove a sweep: its experiments, its study, and what only they used of DVC's cache."""

from __future__ import annotations

import shutil
from pathlib import Path

from dvc.repo import Repo
from filelock import FileLock, Timeout

from jobs.shared.checkout import dvc
from jobs.shared.experiments import references
from jobs.shared.git import git
from jobs.sweep.disk import readable
from jobs.sweep.space import FOLDER, match_names

# Keeps what the workspace, any commit of any branch or tag, or any other experiment uses.
GC = ("gc", "--workspace", "--all-commits", "--all-experiments", "--force")


def clean(sweep: str) -> None:
    """Remove the sweep, and say what was removed. The caller holds its lock."""
    found = references(match_names(sweep))
    if found:
        dvc("exp", "remove", *found)
    print(f"Removed {len(found)} experiments of {sweep}.")
    if (FOLDER / sweep).exists():
        shutil.rmtree(FOLDER / sweep)
    if why := _others(sweep):
        print(f"DVC's cache was left as it is: {why}. Later: dvc {' '.join(GC[:-1])}")
        return
    cache = Path(dvc("cache", "dir"))
    before = _size(cache)
    dvc(*GC)
    git("gc", "--auto", "--quiet")
    print(f"Freed {readable(before - _size(cache))} of DVC's cache.")


def _others(sweep: str) -> str | None:
    """Return why the cache must stay as it is, or None.

    Others may need what no commit names yet, or what no commit of this project names.
    """
    cache = Path(dvc("cache", "dir")).resolve()
    if not cache.is_relative_to(Path(".dvc").resolve()):
        return f"{cache} lies outside of this project, and other projects may use it"
    for lock in FOLDER.glob("*.lock"):
        try:
            if lock.stem != sweep:
                FileLock(lock, timeout=0).acquire().lock.release()
        except Timeout:
            return f"the sweep {lock.stem} is running"
    with Repo() as repo:
        queued = {task["status"] for task in repo.experiments.celery_queue.status()}
        if queued & {"Running", "Queued"} or any(repo.experiments.tempdir_queue.iter_active()):
            return "experiments are queued or running"
    return None


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
