"""What git and DVC say and do in a checkout."""

import subprocess
from pathlib import Path

from stages.gan.errors import UserError


def call(folder: Path, *command: str) -> None:
    """Run a command whose failure ends the run. Raises UserError."""
    code = subprocess.run(command, cwd=folder, check=False).returncode
    if code != 0:
        raise UserError(f"{' '.join(command[:3])} failed with exit code {code}; see above")


def read(folder: Path, *command: str, check: bool = True) -> str:
    """What a command prints."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        raise UserError(f"{' '.join(command[:3])} failed with exit code {done.returncode}: {last}")
    return done.stdout


def tracked(folder: Path) -> list[str]:
    """The .dvc files in git: what `dvc add`, `dvc import` and `dvc import-url` brought in."""
    return read(folder, "git", "ls-files", "*.dvc").splitlines()


def remotes(folder: Path) -> bool:
    """Whether DVC has a remote there."""
    return bool(read(folder, "dvc", "remote", "list").strip())
