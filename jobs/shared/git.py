"""Git as the jobs use it: in the folder they work in, whatever a person's own settings are."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from forger.core.errors import UserError

# These override a person's own. A machine's commit is not signed, runs no hook, hides and converts
# no file, and has a form that DVC's own readers of git understand. Programs read what git prints.
SETTINGS = {
    "branch.autoSetupMerge": "false",
    "clone.rejectShallow": "false",
    "color.ui": "never",
    "commit.gpgSign": "false",
    "core.attributesFile": os.devnull,
    "core.autocrlf": "false",
    "core.excludesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.quotePath": "false",
    "core.safecrlf": "false",
    "core.splitIndex": "false",
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
# Git's variables that pass: who a person is, and how to reach their servers. Others tie a process
# to one repository or one command (such as the one whose hook started this), or change what git
# allows, reads and prints.
PASSED = (
    "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL",
    "GIT_ASKPASS", "GIT_TERMINAL_PROMPT", "GIT_SSH", "GIT_SSH_*", "GIT_SSL_*", "GIT_PROXY_*",
    "GIT_HTTP_*", "GIT_LFS_*", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
    "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH",
)  # fmt: skip


def detach(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which a child's repository is that of the folder it works in."""
    return {name: value for name, value in environment.items() if _passes(name, value)}


def _passes(name: str, value: str) -> bool:
    # Git refuses an empty name; if the variable is absent, it takes what is configured.
    return not name.startswith("GIT_") or (
        bool(value) and any(fnmatchcase(name, pattern) for pattern in PASSED)
    )


def git(*arguments: str, folder: Path = Path(), check: bool = True) -> str:
    """Return what git prints in `folder`, less the last newline.

    Raises UserError if it fails, unless `check` is False.
    """
    done = subprocess.run(
        ["git", *AS_ARGUMENTS, *arguments],
        cwd=folder,
        # Looking at a checkout must not rewrite its index.
        env={**detach(os.environ), "GIT_OPTIONAL_LOCKS": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        told = [line for line in lines if line.startswith(("fatal: ", "error: "))]
        why = (told or lines or ["it said nothing"])[-1]
        raise UserError(f"git {arguments[0]} failed with exit code {done.returncode}: {why}")
    return done.stdout.removesuffix("\n")


def top(folder: Path = Path()) -> Path:
    """Return the root of the repository that holds a folder. Raises UserError if none does."""
    return Path(git("rev-parse", "--show-toplevel", folder=folder))


def prefix() -> Path:
    """Return where this project lies in its repository: at its root, or in a folder of it."""
    return Path(git("rev-parse", "--show-prefix"))


def clone(folder: Path) -> Path:
    """Clone this project's repository to `folder`, and return the project in the clone.

    Commits there are a machine's, whoever makes them. The remote has a name that nobody's own
    settings mention.
    """
    how = ("--quiet", "--no-hardlinks", "--origin=forger", "--template=")
    git("clone", *how, *AS_ARGUMENTS, str(top()), str(folder))
    return folder / prefix()


def fetch(source: Path, *refs: str) -> None:
    """Fetch refs of a clone into this checkout's repository, and touch nothing else in it."""
    how = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
    git("fetch", *how, str(top(source)), *refs)
