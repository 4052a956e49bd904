"""What a commit, an experiment or the workspace has, read through DVC's public API."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from ruamel.yaml import YAML

from stages.gan.errors import UserError

REPORTS = PurePosixPath("reports/recipes")


class AbsentError(UserError):
    """A revision does not have a file: never made, failed, or neither in the cache nor pulled."""


@dataclass(frozen=True)
class Revision:
    """One state of the project.

    Attributes:
        rev: a commit, branch, tag or experiment; None: the workspace.
        name: as a person calls it, where that is something else.
    """

    rev: str | None = None
    name: str = ""

    @property
    def title(self) -> str:
        return self.name or self.rev or "workspace"

    @cached_property
    def files(self) -> DVCFileSystem:
        """All of its files, from git, the workspace or DVC's cache and remotes.

        Raises UserError where git and DVC know no such revision.
        """
        files = DVCFileSystem(".", rev=self.rev)
        try:
            with suppress(FileNotFoundError):
                files.info("dvc.yaml")
        except DvcException as error:
            raise UserError(f"{self.title}: no such commit or experiment ({error})") from None
        return files

    def read(self, path: PurePosixPath | str) -> bytes:
        """A file's content. Raises AbsentError."""
        try:
            content: bytes = self.files.read_bytes(str(path))
        except (OSError, DvcException) as error:
            raise AbsentError(f"{self.title}: {path} is not there ({error})") from None
        return content

    def fetch(self, folder: PurePosixPath | str, target: Path) -> None:
        """Copy a folder to `target`, which must not exist yet. Raises AbsentError."""
        try:
            self.files.get(str(folder), str(target), recursive=True)
        except (OSError, DvcException) as error:
            raise AbsentError(f"{self.title}: {folder} is not there ({error})") from None

    def parameters(self) -> dict[str, Any]:
        """The whole of params.yaml, not validated: it may be of another version."""
        values: dict[str, Any] = YAML(typ="safe", pure=True).load(self.read("params.yaml"))
        return values

    def metrics(self, recipe: str) -> dict[str, Any]:
        """The recipe's metrics.json."""
        return self._json(REPORTS / recipe / "metrics.json")

    def timings(self) -> dict[str, Any]:
        """reports/timings.json, by recipe."""
        return self._json("reports/timings.json")

    def seconds(self, recipe: str) -> float | None:
        """How long the recipe trained; None where nobody measured it."""
        try:
            found: float | None = self.timings().get(recipe, {}).get("seconds")
        except AbsentError:
            return None
        return found

    def _json(self, path: PurePosixPath | str) -> dict[str, Any]:
        try:
            content: dict[str, Any] = json.loads(self.read(path))
        except ValueError as error:
            raise AbsentError(f"{self.title}: {path} is not JSON ({error})") from None
        return content
