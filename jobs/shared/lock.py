"""What a dvc.lock says, if it can be read: a kill may leave half, as DVC writes it in place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from voluptuous import Invalid

from forger.core.errors import UserError
from forger.core.stage import LOCK

Hashes = dict[str, str]  # of outputs, by their paths
HALF = f"{LOCK}: half-written, as when a run is killed"


def intact(lock: Path | str) -> dict[str, Any] | None:
    """Return what a lock file holds, or None if DVC refuses it."""
    try:
        return dict(COMPILED_LOCKFILE_SCHEMA(YAML(typ="safe", pure=True).load(lock)))
    except (YAMLError, Invalid, UnicodeDecodeError):
        return None


def read_stages() -> dict[str, Any]:
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


def hashes(lock: str) -> Hashes:
    """Return the hash of every output that a dvc.lock names."""
    return outputs(intact(lock) or {})


def outputs(content: dict[str, Any]) -> Hashes:
    """Return the same from what a dvc.lock holds."""
    return {
        out["path"]: out.get("md5", "")
        for stage in content.get("stages", {}).values()
        for out in stage.get("outs", [])
    }


def comparison(now: Hashes, reference: Hashes, name: str = "the committed dvc.lock") -> str:
    """Say of each artefact if it is reproduced, different or without a reference; add the counts.

    `name` says what the reference is.
    """
    lines = []
    counts = {"same": 0, "different": 0, "new": 0}
    for path, digest in sorted(now.items()):
        if path not in reference:
            verdict = "new"
        else:
            verdict = "same" if reference[path] == digest else "different"
        counts[verdict] += 1
        lines.append(f"  {verdict:<10} {path}")
    total = (
        f"Against {name}: {counts['same']} artefacts reproduced to the byte, "
        f"{counts['different']} different, {counts['new']} without a reference."
    )
    hint = "  (Another processor, Python or library version may differ in the last bits.)"
    return "\n".join([*lines, total, *([hint] if counts["different"] else [])])
