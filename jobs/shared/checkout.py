"""What DVC says and does in a checkout, and clones of it to work in."""

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
from jobs.shared.git import detached, git

# Of commits that are made where git knows nobody: a scheduled machine's.
IDENTITY = {"user.name": "Forger", "user.email": "forger@localhost"}


def executable(*command: str) -> list[str]:
    """What runs a command: `dvc` is this Python's own, activated, moved or not."""
    return [sys.executable, "-m", *command] if command[0] == "dvc" else list(command)


def environment() -> dict[str, str]:
    """That of a child, which may work elsewhere: without a word of another git repository, and with
    `dvc` and `python` those of this Python, activated or not."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**detached(os.environ), "PATH": path}


def call(folder: Path, *command: str, **variables: str) -> None:
    """Run a command whose failure ends the run, with more environment variables. Raises
    UserError."""
    own = {**environment(), **variables}
    code = subprocess.run(executable(*command), cwd=folder, env=own, check=False).returncode
    if code != 0:
        raise UserError(f"{' '.join(command[:3])} failed with exit code {code}; see above")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command and keep what it prints, in whatever locale."""
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
    """What a command prints. Raises UserError where it fails."""
    done = run(folder, *command)
    if done.returncode != 0:
        why = reason(done.stderr)
        raise UserError(f"{' '.join(command[:3])} failed with exit code {done.returncode}: {why}")
    return done.stdout


def reason(output: str) -> str:
    """The line of a failed command's output that says why."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for mark in ("error: ", "ERROR: "):
        if told := [line for line in lines if line.startswith(mark)]:
            return told[-1].removeprefix(mark)
    return lines[-1] if lines else "it said nothing"


def dvc(*arguments: str) -> str:
    """What DVC prints of this checkout, likewise."""
    return read(Path(), "dvc", *arguments).strip()


def tracked(folder: Path) -> list[str]:
    """The .dvc files in git: what `dvc add`, `dvc import` and `dvc import-url` brought in."""
    return git("ls-files", "--", "*.dvc", folder=folder).splitlines()


def remotes(folder: Path) -> bool:
    """Whether DVC has a remote there."""
    return bool(read(folder, "dvc", "remote", "list").strip())


def clone(folder: Path, commit: str) -> Path:
    """Clone this checkout's `commit` to `folder`, with its DVC cache, remotes and git identity.

    Returns the project in it: `folder`, or below it what this project is in its repository.
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
    for name, remote in known.items():  # relative ones, made absolute
        call(made, "dvc", "remote", "modify", "--local", name, "url", remote["url"])
    return made


@contextmanager
def alone(lock: Path, otherwise: str) -> Iterator[None]:
    """Keep a second one out; the lock goes with the process, however it ends.

    Raises UserError, which says `otherwise`, where another process has the lock.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            yield
    except Timeout:
        raise UserError(otherwise) from None
