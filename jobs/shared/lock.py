"""Whether dvc.lock can be read: DVC writes it in place, so that a kill may leave half of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from voluptuous import Invalid

from forger.core.errors import UserError
from forger.core.stage import LOCK

HALF = f"{LOCK}: half-written, as when a run is killed"


def intact(lock: Path | str) -> dict[str, Any] | None:
    """Return what a lock file holds, or None if DVC refuses it."""
    try:
        return dict(COMPILED_LOCKFILE_SCHEMA(YAML(typ="safe", pure=True).load(lock)))
    except (YAMLError, Invalid, UnicodeDecodeError):
        return None


def recorded() -> dict[str, Any]:
    """Return the workspace's recorded stages by name; none without a dvc.lock.

    Raises:
        UserError: dvc.lock cannot be read.
    """
    if not LOCK.exists():
        return {}
    if (content := intact(LOCK)) is None:
        raise UserError(
            f"{HALF}; `forger repro` sets it aside, and takes finished stages from DVC's run-cache"
        )
    return dict(content.get("stages", {}))
