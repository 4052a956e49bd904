"""Files of a commit from git and from DVC's cache, without DVC's index, which takes a second."""

from __future__ import annotations

import json
import re
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

import pygit2
from dvc.repo import Repo

FOLDER = ".dir"  # the end of the hash of an output that is one
EXPERIMENTS = r"refs/exps/[0-9a-f]{2}/[0-9a-f]{38}/"


class Stored:
    """What git and the cache here have of a commit. All else is DVC's to find, or to explain.

    Args:
        rev: a commit, branch, tag or experiment.
        root: the project's folder in its repository.

    Raises:
        LookupError: git knows no such commit, or its repository can't be read.
    """

    def __init__(self, rev: str, root: Path) -> None:
        self.root = root
        self.tree = _tree(rev)

    def read(self, path: PurePosixPath | str) -> bytes | None:
        """Return a file's content; None if neither git nor the cache has it."""
        found = self._in_git(path)
        return (
            found.data if isinstance(found, pygit2.Blob) else self._read_cached(PurePosixPath(path))
        )

    def names(self, folder: str) -> list[str] | None:
        """Return the names of a folder's files in git, in order; None if it is not there."""
        found = self._in_git(folder)
        if not isinstance(found, pygit2.Tree):
            return None
        return sorted(each.name for each in found if isinstance(each, pygit2.Blob) and each.name)

    def _in_git(self, path: PurePosixPath | str) -> pygit2.Object | None:
        try:
            return self.tree[(self.root / path).as_posix()]
        except KeyError:
            return None

    def _read_cached(self, path: PurePosixPath) -> bytes | None:
        """Return an output, or a file in an output that is a folder."""
        if digest := self._outputs.get(path.as_posix()):
            return None if digest.endswith(FOLDER) else _content(digest)
        for folder in path.parents:
            digest = self._outputs.get(folder.as_posix(), "")
            if digest.endswith(FOLDER) and (listing := _content(digest)):
                inside = path.relative_to(folder).as_posix()
                files = {each["relpath"]: each["md5"] for each in json.loads(listing)}
                return _content(files.get(inside, ""))
        return None

    @cached_property
    def _outputs(self) -> dict[str, str]:
        lock = self._in_git("dvc.lock")
        text = lock.data.decode(errors="replace") if isinstance(lock, pygit2.Blob) else ""
        return outputs(text)


def outputs(lock: str) -> dict[str, str]:
    """Return the hash of each output in a dvc.lock; of what DVC writes in another form, none."""
    found: dict[str, str] = {}
    section = path = ""
    for line in lock.splitlines():
        if key := re.fullmatch(r" {4}(\w+):.*", line):
            section = key[1]
            path = ""
        elif section == "outs" and line.startswith("    - path: "):
            path = line.removeprefix("    - path: ")
        elif section == "outs" and path and (md5 := re.fullmatch(r" {6}md5: (\S+)", line)):
            found[path] = md5[1]
    return found


def _tree(rev: str) -> pygit2.Tree:
    try:
        repository = pygit2.Repository(pygit2.discover_repository(".") or ".")
        names = [
            name
            for name in repository.listall_references()
            if re.fullmatch(EXPERIMENTS + re.escape(rev), name)
        ]
        if len(names) > 1:
            raise LookupError(rev)
        found = repository.revparse_single(names[0] if names else rev)
        return found.peel(pygit2.Commit).tree
    except (pygit2.GitError, ValueError) as error:
        raise LookupError(rev) from error


def _content(digest: str) -> bytes | None:
    try:
        return (_cache() / digest[:2] / digest[2:]).read_bytes() if digest else None
    except OSError:
        return None


@cache
def _cache() -> Path:
    with Repo() as project:
        return Path(project.cache.local.path)
