"""Data outside of data/raw: one link per recipe, which DVC follows to hash them.

DVC copies none of these data. A link's target is a dependency of the recipe's dataset stage. The
list of links is a dependency of `check`, so that a checkout without them makes them again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from forger.core.errors import UserError
from forger.core.files import write_json, write_text
from forger.data.kinds import AnyDataset

RAW = Path("data/raw")
FOLDER = Path("data/raw-outside")
NOTHING = "no data outside of data/raw\n"
LIST = FOLDER / ".links" / "links.json"


def link(datasets: Mapping[str, AnyDataset]) -> None:
    """Make the links of these recipes and remove all others."""
    for place in FOLDER.glob("*"):
        if place.name not in datasets and not place.name.startswith("."):
            _remove(place)
    for recipe, dataset in datasets.items():
        mend(recipe, dataset)
    paths = {recipe: _path(each) for recipe, each in datasets.items() if not _is_seen(_path(each))}
    write_json(LIST, paths)


def mend(recipe: str, dataset: AnyDataset) -> None:
    """Bring a recipe's link up to date; if it has no data outside, write a file that says so."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    place = FOLDER / recipe
    target = _target(dataset)
    if target is None:
        _remove(place)
        write_text(place, NOTHING)
    elif not (place.is_symlink() and place.readlink() == target):
        _remove(place)
        place.symlink_to(target)


def absent(dataset: AnyDataset) -> bool:
    """Tell whether the data lie outside of data/raw, but not on this machine."""
    return not _is_seen(_path(dataset)) and _target(dataset) is None


def _target(dataset: AnyDataset) -> Path | None:
    """Return where data outside lie; None if they are inside or missing."""
    path = _path(dataset)
    if path is None or _is_seen(path):
        return None
    try:
        found: Path = dataset.locate(Path.cwd())  # type: ignore[attr-defined]
    except UserError:
        return None
    return found


def _is_seen(path: str | None) -> bool:
    """Tell whether DVC sees the data without a link: there are none, or they are in data/raw.

    Within a folder, DVC does not follow links to other folders.
    """
    if path is None:
        return True
    try:
        place = Path(os.path.normpath(Path.cwd() / Path(path).expanduser()))
        inside = place.is_relative_to(RAW.absolute())
        return inside and (not place.is_dir() or place.resolve().is_relative_to(RAW.resolve()))
    except (OSError, RuntimeError, ValueError):
        return False


def _path(dataset: AnyDataset) -> str | None:
    found: str | None = getattr(dataset, "path", None)
    return found


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
