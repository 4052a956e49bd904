"""The folder that the dataset stage writes: arrays as plain .npy files, and data.json."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import ConfigDict, Field

from forger.config.section import Section, parse
from forger.core.files import read_json, refused, whole, write_json

ABOUT = "data.json"
ROWS = 2**22  # numbers checked at a time
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Description(Section):
    """Contents of data.json: what it takes to understand samples without the data."""

    model_config = ConfigDict(extra="ignore")

    view: Literal["points", "curves", "images"]
    shape: Annotated[tuple[Annotated[int, Field(ge=1, le=2**20)], ...], Field(min_length=1)]
    units: str
    scale: Finite
    offset: Finite
    resolution: Annotated[Finite, Field(ge=0)] = 0.0
    range: tuple[()] | tuple[Finite, Finite] = ()
    axis: tuple[Finite, ...]
    classes: tuple[str, ...]
    stack: Annotated[int, Field(ge=1)] = 1


DESCRIPTION = tuple(Description.model_fields)


def save(folder: Path, arrays: dict[str, np.ndarray], about: dict[str, Any]) -> None:
    """Write each array to a file of its own, and `about` to data.json."""
    with whole(folder) as part:
        part.mkdir()
        for name, array in arrays.items():
            np.save(part / f"{name}.npy", array, allow_pickle=False)
        write_json(part / ABOUT, about)


def read_about(folder: Path) -> dict[str, Any]:
    """Return the contents of data.json. Raises UserError if it is missing or invalid."""
    about = read_json(folder / ABOUT)
    parse(Description, about, file=str(folder / ABOUT))
    return about


def load_part(folder: Path, part: str) -> dict[str, np.ndarray]:
    """Load one of the `PARTS`, memory-mapped: `real` and, for labelled data, `labels`.

    Raises UserError if the files are not what the dataset stage writes.
    """
    about = read_about(folder)
    files = {"real": folder / f"{part}.npy"}
    if about["classes"]:
        files["labels"] = folder / f"{part}_labels.npy"
    arrays = {}
    for name, path in files.items():
        try:
            arrays[name] = np.load(path, mmap_mode="r", allow_pickle=False)
            if why := _misfit(name, arrays[name], about, len(arrays["real"])):
                raise ValueError(why)
        except Exception as error:  # a damaged header raises errors of Python's parser
            raise refused(path, error) from None
    return arrays


def _misfit(name: str, array: np.ndarray, about: dict[str, Any], rows: int) -> str:
    """Tell why an array does not fit these data; empty if it does."""
    dtype, shape = {
        "real": (np.float32, tuple(about["shape"])),
        "labels": (np.int64, ()),
    }[name]
    if array.dtype != dtype or array.shape != (rows, *shape):
        wanted = f"{np.dtype(dtype)} {[rows, *shape]}"
        return f"found {array.dtype} {list(array.shape)}, expected {wanted}"
    if name == "real" and not all(np.isfinite(block).all() for block in _blocks(array)):
        return "found numbers that are not finite"
    if name == "labels" and rows and not 0 <= array.min() <= array.max() < len(about["classes"]):
        return f"found labels beyond 0 to {len(about['classes']) - 1}"
    return ""


def _blocks(array: np.ndarray) -> Iterator[np.ndarray]:
    """Iterate over blocks of rows, about `ROWS` numbers at a time."""
    step = max(1, ROWS // max(1, math.prod(array.shape[1:])))
    return (array[i : i + step] for i in range(0, len(array), step))


def unstacked(
    part: dict[str, np.ndarray], stack: int, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the single images in stacks, `[stack · n, h, w, c]`, and their labels.

    An image's label, one of `classes`, is a digit of its stack's label; the first channel has the
    most significant one.
    """
    labels = part["labels"]
    digits = [labels // classes**place % classes for place in reversed(range(stack))]
    return np.concatenate(np.split(part["real"], stack, axis=-1)), np.concatenate(digits)


def in_data_units(array: np.ndarray, about: Mapping[str, Any]) -> np.ndarray:
    """Convert an array from the networks' units to the data's own, rounded to their grid."""
    values = about["offset"] + about["scale"] * array
    step = about.get("resolution")
    return step * np.round(values / step) if step else values


def on_the_grid(samples: np.ndarray, about: Mapping[str, Any]) -> np.ndarray:
    """Move each number of the samples, in the networks' units, to the nearest the data can have.

    No generator's output is exactly a whole grey value, say, and that alone would tell the best
    samples from real data. Continuous data have no grid, and their samples stay as they are.
    """
    if not about.get("resolution"):
        return samples
    values = in_data_units(samples, about)
    if about["range"]:
        values = np.clip(values, *about["range"])
    # Scale as the datasets do, so that equal examples are equal to the bit.
    scale, offset = np.float32(about["scale"]), np.float32(about["offset"] / about["scale"])
    return values.astype(np.float32) / scale - offset
