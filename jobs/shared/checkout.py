"""Commands in a checkout, DVC's above all, and clones of it to work in."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dvc.repo import Repo
from filelock import FileLock, Timeout

from forger.core.errors import UserError
from jobs.shared import git as repository
from jobs.shared.git import detach, git

# Who commits where git knows nobody, as on a scheduled machine.
IDENTITY = {"user.name": "Forger", "user.email": "forger@localhost"}


def executable(*command: str) -> list[str]:
    """Return a command's words, with `dvc` as this Python's own.

    So its environment need not be activated, and may have been moved.
    """
    return [sys.executable, "-m", *command] if command[0] == "dvc" else list(command)


def environment() -> dict[str, str]:
    """Return the environment for a child process, which may work elsewhere.

    It names no other git repository; `dvc` and `python` are this Python's, activated or not.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**detach(os.environ), "PATH": path}


def call(folder: Path, *command: str, **variables: str) -> None:
    """Run a command with additional environment variables. Raises UserError if it fails."""
    own = {**environment(), **variables}
    code = subprocess.run(executable(*command), cwd=folder, env=own, check=False).returncode
    if code != 0:
        raise UserError(f"{' '.join(command[:3])} failed with exit code {code}; see above")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command and capture what it prints, whatever the locale."""
    return subprocess.run(
        executable(*command),
        cwd=folder,
        env={**environment(), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        errors="backslashreplace",
        check=False,
    )


def read(folder: Path, *command: str) -> str:
    """Return what a command prints. Raises UserError if it fails."""
    done = run(folder, *command)
    if done.returncode != 0:
        why = reason(done.stderr)
        raise UserError(f"{' '.join(command[:3])} failed with exit code {done.returncode}: {why}")
    return done.stdout


def reason(output: str) -> str:
    """Return the line of a failed command's output that says why."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for mark in ("error: ", "ERROR: "):
        if told := [line for line in lines if line.startswith(mark)]:
            return told[-1].removeprefix(mark)
    return lines[-1] if lines else "it said nothing"


def dvc(*arguments: str) -> str:
    """Return what DVC prints in this checkout. Raises UserError if it fails."""
    return read(Path(), "dvc", *arguments).strip()


def list_tracked(folder: Path) -> list[str]:
    """List the .dvc files in git: what `dvc add`, `dvc import` and `dvc import-url` brought in."""
    return git("ls-files", "--", "*.dvc", folder=folder).splitlines()


def remotes(folder: Path) -> bool:
    """Tell whether DVC has a remote there."""
    return bool(read(folder, "dvc", "remote", "list").strip())


def clone(folder: Path, commit: str) -> Path:
    """Clone this checkout's `commit` to `folder`, with its DVC cache, remotes and git identity.

    Return the project in the clone: `folder` itself or, if the project is not at its repository's
    root, a folder in it.
    """
    made = repository.clone(folder)
    git("reset", "--quiet", "--hard", commit, folder=made)
    for key, default in IDENTITY.items():
        git("config", key, git("config", key, check=False) or default, folder=made)
    if (local := Path(".dvc/config.local")).exists():
        shutil.copy(local, made / local)
    cache = Path(read(Path.cwd(), "dvc", "cache", "dir").strip()).resolve()
    call(made, "dvc", "cache", "dir", "--local", str(cache))
    with Repo() as project:
        known = project.config["remote"]
    for name, remote in known.items():  # DVC reads relative ones as absolute
        call(made, "dvc", "remote", "modify", "--local", name, "url", remote["url"])
    return made


@contextmanager
def alone(lock: Path, otherwise: str) -> Iterator[None]:
    """Keep other processes out; the lock goes with this process, however it ends.

    Raises UserError, which says `otherwise`, if another process holds the lock.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            yield
    except Timeout:
        raise UserError(otherwise) from None
