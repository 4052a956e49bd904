"""Git as the jobs use it: of the folder that they work in, whatever a person's own settings are."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from stages.gan.errors import UserError

# Over a person's own: a machine's commit is not signed, runs no hook, hides and converts no file,
# and is written as DVC's own readers of git understand it; what git prints is read by programs.
SETTINGS = {
    "color.ui": "never",
    "commit.gpgSign": "false",
    "core.attributesFile": os.devnull,
    "core.autocrlf": "false",
    "core.excludesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.quotePath": "false",
    "core.safecrlf": "false",
    "feature.manyFiles": "false",
    "fetch.prune": "false",
    "fetch.pruneTags": "false",
    "index.skipHash": "false",
    "index.version": "2",
    "init.defaultRefFormat": "files",
    "protocol.file.allow": "always",
    "status.showUntrackedFiles": "all",
    "submodule.recurse": "false",
    "tag.gpgSign": "false",
}
AS_ARGUMENTS = [word for key, value in SETTINGS.items() for word in ("-c", f"{key}={value}")]
# What git sets for its hooks besides: of the command that they belong to, not of what they start.
OF_A_COMMAND = (
    "GIT_AUTHOR_DATE",
    "GIT_COMMITTER_DATE",
    "GIT_NAMESPACE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
)


@cache
def local_variables() -> tuple[str, ...]:
    """The variables that tie a process to one repository, or to one command of git's, which sets
    them for its hooks. None where no git is installed."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ()
    return (*done.stdout.split(), *OF_A_COMMAND)


def detached(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without them: a child's repository is that of the folder it works in."""
    tied = local_variables()
    return {name: value for name, value in environment.items() if name not in tied}


def git(*arguments: str, folder: Path = Path(), check: bool = True) -> str:
    """What git prints in `folder`, less the last newline. Raises UserError where it fails."""
    done = subprocess.run(
        ["git", *AS_ARGUMENTS, *arguments],
        cwd=folder,
        env=detached(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode != 0:
        why = done.stderr.strip().splitlines() or ["it said nothing"]
        raise UserError(f"git {arguments[0]} failed with exit code {done.returncode}: {why[-1]}")
    return done.stdout.removesuffix("\n")


def top(folder: Path = Path()) -> Path:
    """The root of the repository that a folder lies in. Raises UserError where it lies in none."""
    return Path(git("rev-parse", "--show-toplevel", folder=folder))


def prefix() -> Path:
    """Where this project lies in its repository: its root, or a folder of it."""
    return Path(git("rev-parse", "--show-prefix"))


def clone(folder: Path) -> Path:
    """Clone this project's repository to `folder`; the project in it. Commits there are a
    machine's, whoever makes them."""
    how = ("--quiet", "--no-hardlinks", "--origin=origin", "--template=")
    git("clone", *how, *AS_ARGUMENTS, str(top()), str(folder))
    return folder / prefix()


def fetch(source: Path, *refs: str) -> None:
    """Bring refs of a clone into this checkout's repository, and touch nothing else of it."""
    how = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
    git("fetch", *how, str(top(source)), *refs)
