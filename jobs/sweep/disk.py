"""The disk space that a sweep will take."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from jobs.shared.revisions import AbsentError, Revision
from jobs.sweep.space import Sweep

UNITS = ("bytes", "KB", "MB", "GB", "TB")


def forecast(sweep: Sweep, revision: Revision, cache: Path) -> str:
    """Return a line on the space that the sweep takes, by what the recipe took in `revision`.

    It is an upper bound, as most trials end early and DVC stores equal files once.
    """
    runs = f"At most {sweep.most_experiments} experiments"
    try:
        sizes = outputs(revision.read("dvc.lock").decode(), sweep.recipe)
    except AbsentError:
        sizes = {}
    free = shutil.disk_usage(cache if cache.exists() else Path()).free
    if "train" not in sizes:
        return (
            f"{runs}; what they take is unknown before a dvc.lock with {sweep.recipe} is "
            f"committed. {readable(free)} are free."
        )
    own = sum(size for stage, size in sizes.items() if stage != "dataset")
    drawn = any(key.startswith("dataset.") for key in sweep.parameters)
    datasets = sweep.most_experiments if drawn else len(sweep.seeds)
    total = own * sweep.most_experiments + sizes.get("dataset", 0) * datasets
    told = f"{runs} of {readable(own)}, with their data {readable(total)} in DVC's cache"
    if total > free:
        return f"Warning: {told}, but only {readable(free)} are free."
    return f"{told}; {readable(free)} are free."


def outputs(lock: str, recipe: str) -> dict[str, int]:
    """Return the bytes that a dvc.lock records for each stage of a recipe and for the summary."""
    stages: dict[str, Any] = (YAML(typ="safe", pure=True).load(lock) or {}).get("stages", {})
    return {
        name.removesuffix(f"@{recipe}"): sum(out.get("size", 0) for out in stage.get("outs", []))
        for name, stage in stages.items()
        if name.endswith(f"@{recipe}") or name == "summary"
    }


def readable(size: float) -> str:
    """Format bytes with a unit and two or three digits."""
    for unit in UNITS[:-1]:
        if size < 1000:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.0f} {UNITS[-1]}"
