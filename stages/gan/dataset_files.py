"""The folder that the dataset stage writes: arrays as plain .npy, and data.json."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from stages.gan.files import whole, write_json

ABOUT = "data.json"
# Of data.json: what samples need to be understood without the data.
DESCRIPTION = ("view", "shape", "units", "scale", "offset", "axis", "classes", "stack")


def save(folder: Path, arrays: dict[str, np.ndarray], about: dict[str, Any]) -> None:
    """Write the arrays, a file each, and data.json."""
    with whole(folder) as part:
        part.mkdir()
        for name, array in arrays.items():
            np.save(part / f"{name}.npy", array, allow_pickle=False)
        write_json(part / ABOUT, about)


def read_about(folder: Path) -> dict[str, Any]:
    """data.json."""
    about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    return about


def load_part(folder: Path, part: str) -> dict[str, np.ndarray]:
    """`real` and, where the data have them, `labels` of `train` or `test`, memory-mapped."""
    files = {"real": folder / f"{part}.npy", "labels": folder / f"{part}_labels.npy"}
    return {
        name: np.load(path, mmap_mode="r", allow_pickle=False)
        for name, path in files.items()
        if path.exists()
    }


def unstacked(
    part: dict[str, np.ndarray], stack: int, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """The images `[stack · n, h, w, c]` of stacks of `stack` in channels, each with its own of
    `classes` labels, a digit of the stack's."""
    labels = part["labels"]
    digits = [labels // classes**place % classes for place in reversed(range(stack))]
    return np.concatenate(np.split(part["real"], stack, axis=-1)), np.concatenate(digits)


def in_data_units(array: np.ndarray, about: dict[str, Any]) -> np.ndarray:
    """From the networks' units, in which the arrays are, to the data's own."""
    return about["offset"] + about["scale"] * array
