"""The content of a commit, an experiment or the workspace, read through DVC's public API."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from pydantic import ConfigDict, Field, FiniteFloat

from forger.config.file import parse_yaml
from forger.config.section import FILE, NAME, RECIPES, Section, parse
from forger.core.errors import UserError
from forger.metrics.figures import APART
from forger.parameters import join
from jobs.shared.git import prefix
from jobs.shared.lock import read_stages
from jobs.shared.stored import Stored

REPORTS = PurePosixPath("reports/recipes")


Numbers = Annotated[dict[str, FiniteFloat], Field(default_factory=dict)]
Intervals = Annotated[dict[str, tuple[FiniteFloat, FiniteFloat]], Field(default_factory=dict)]
Facts = Annotated[dict[str, FiniteFloat | str], Field(default_factory=dict)]


Apart = dict[str, FiniteFloat]  # the figures without a floor, beside the others


class Kept(Section):
    """The part of a stage's file that is read; a file of an older version may lack some of it."""

    model_config = ConfigDict(extra="ignore")


class Found(Kept):
    """One finding in figures.json."""

    problem: str


class Proportions(Kept):
    """How the classes of training and held-out data compare, see `forger.metrics.classes`."""

    p_value: FiniteFloat
    train: FiniteFloat
    held_out: FiniteFloat
    name: str = Field(alias="class")


class Figures(Kept):
    """The figures in figures.json, see `forger.evaluation.evaluate.evaluate`."""

    quality: Numbers
    floor: Numbers
    interval: Intervals
    floor_interval: Intervals
    proportions: Proportions | None = None
    classifier: Facts
    grade: Facts
    diagnosis: tuple[Found, ...] = ()


class Timing(Kept):
    """One recipe's entry in timings.json."""

    seconds: FiniteFloat
    machine: tuple[str, ...] = ()
    commit: tuple[str, ...] = ()


@cache
def _read_once(content: bytes, file: str) -> Any:
    return parse_yaml(content, file)


def _parse(content: bytes, file: str) -> Any:
    """Return `parsed`, which takes long, of a file that many revisions have in common."""
    return deepcopy(_read_once(content, file))


class AbsentError(UserError):
    """A revision lacks a file: never made, failed, or neither in the cache nor pulled."""


@dataclass(frozen=True)
class Revision:
    """One state of the project.

    Attributes:
        rev: a commit, branch, tag or experiment; None: the workspace.
        name: what a person calls it, if that differs.
    """

    rev: str | None = None
    name: str = ""

    @property
    def title(self) -> str:
        return self.name or self.rev or "workspace"

    @cached_property
    def files(self) -> DVCFileSystem:
        """All of its files, from git, the workspace or DVC's cache and remotes.

        Raises UserError if git and DVC know no such revision.
        """
        files = DVCFileSystem(".", rev=self.rev, subrepos=True)
        try:
            with suppress(FileNotFoundError):
                files.info(self._path("dvc.yaml"))
        except DvcException as error:
            if self.rev is None:
                read_stages()  # which says so if dvc.lock is the reason
            raise UserError(f"{self.title}: no such commit or experiment ({error})") from None
        except AttributeError:  # DVC's own, for the hash of a tree or a file
            raise UserError(f"{self.title}: this names no commit or experiment") from None
        return files

    @cached_property
    def _stored(self) -> Stored | None:
        """What can be read without DVC; None of the workspace, and of what git does not know."""
        try:
            return None if self.rev is None else Stored(self.rev, self._root)
        except LookupError:
            return None

    @cached_property
    def _root(self) -> Path:
        """The project's folder in `files`; those of a revision begin at its repository's root."""
        return Path() if self.rev is None else prefix()

    def _path(self, path: PurePosixPath | str) -> str:
        return (self._root / path).as_posix()

    def read(self, path: PurePosixPath | str) -> bytes:
        """Return a file's content. Raises AbsentError."""
        if self._stored and (found := self._stored.read(path)) is not None:
            return found
        try:
            content: bytes = self.files.read_bytes(self._path(path))
        except (OSError, DvcException) as error:
            raise AbsentError(f"{self.title}: {path} is not there ({error})") from None
        return content

    def fetch(self, folder: PurePosixPath | str, target: Path) -> None:
        """Copy a folder to `target`, which must not exist yet. Raises AbsentError."""
        try:
            root = self._path(folder)
            # One by one: when asked for all of them, DVC takes names for patterns.
            if not (names := self.files.find(root)):
                raise FileNotFoundError(root)
            for name in names:
                path = target / PurePosixPath(name).relative_to(root)
                path.parent.mkdir(parents=True, exist_ok=True)
                self.files.get_file(name, str(path))
        except (OSError, DvcException) as error:
            raise AbsentError(f"{self.title}: {folder} is not there ({error})") from None

    def parameters(self) -> dict[str, Any]:
        """Return what params.yaml and the recipes' files say, as `read_values` does.

        It is not validated, as it may be of another version. Raises AbsentError if a file can't be
        read, or params.yaml is not a mapping.
        """
        try:
            recipes = {
                path.stem: _parse(self.read(path), str(path))
                for path in map(PurePosixPath, self._list(RECIPES))
                if path.suffix == ".yaml"
            }
            values = join(_parse(self.read(FILE), FILE), recipes)
        except UserError as error:
            raise AbsentError(f"{self.title}: {error.problems[0]}") from None
        if not isinstance(values, dict):
            raise AbsentError(f"{self.title}: {FILE} is no mapping")
        return values

    def _list(self, folder: str) -> list[str]:
        """List the files of a folder, in order; none if it is absent."""
        if self._stored and (own := self._stored.names(folder)) is not None:
            return [f"{folder}/{name}" for name in own]
        root = self._path(folder)
        try:
            names = sorted(self.files.find(root, maxdepth=1))
        except (OSError, DvcException):
            return []
        return [f"{folder}/{PurePosixPath(name).name}" for name in names]

    def records(self, recipe: str) -> bool:
        """Tell whether its dvc.lock has figures of the recipe, whether they are at hand or not."""
        try:
            lock = self.read("dvc.lock").decode(errors="replace")
        except AbsentError:
            return False
        return f"\n  evaluate@{recipe}:\n" in lock

    def names(self, key: str) -> list[str]:
        """Return the recipes that `recipes` or `run` names, if their names are valid for files."""
        found = self.parameters().get(key)
        listed = found if isinstance(found, (dict, list)) else ()
        return [name for name in listed if isinstance(name, str) and re.fullmatch(NAME, name)]

    def figures(self, recipe: str) -> dict[str, Any]:
        """Return the recipe's figures.json."""
        path = REPORTS / recipe / "figures.json"
        found = self._json(path, Figures)
        self._check({name: found[name] for name in APART if name in found}, Apart, path)
        return found

    def timings(self) -> dict[str, Any]:
        """Return reports/timings.json, by recipe."""
        return self._json("reports/timings.json", dict[str, Timing])

    def seconds(self, recipe: str) -> float | None:
        """Return how long the recipe trained; None if nobody measured it."""
        try:
            found: float | None = self.timings().get(recipe, {}).get("seconds")
        except AbsentError:
            return None
        return found

    def _json(self, path: PurePosixPath | str, schema: Any) -> dict[str, Any]:
        read = self.read(path)
        try:
            content: dict[str, Any] = json.loads(read)
        except (ValueError, RecursionError) as error:
            raise AbsentError(f"{self.title}: {path} is not JSON ({error})") from None
        self._check(content, schema, path)
        return content

    def _check(self, content: Any, schema: Any, path: PurePosixPath | str) -> None:
        try:
            parse(schema, content, file=f"{self.title}: {path}")
        except RecursionError as error:
            raise AbsentError(f"{self.title}: {path} is not JSON ({error})") from None
        except UserError as error:
            raise AbsentError(*error.problems) from None
