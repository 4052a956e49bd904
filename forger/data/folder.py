"""The folder that the dataset stage writes: arrays as plain .npy, and data.json."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import ConfigDict, Field

from forger.config.section import Section, parse
from forger.core.files import read_json, refused, whole, write_json

ABOUT = "data.json"
ROWS = 2**22  # numbers that are looked at, at once
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Description(Section):
    """Of data.json: what samples need to be understood without the data."""

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
    """Write the arrays, a file each, and data.json."""
    with whole(folder) as part:
        part.mkdir()
        for name, array in arrays.items():
            np.save(part / f"{name}.npy", array, allow_pickle=False)
        write_json(part / ABOUT, about)


def read_about(folder: Path) -> dict[str, Any]:
    """data.json. Raises UserError."""
    about = read_json(folder / ABOUT)
    parse(Description, about, file=str(folder / ABOUT))
    return about


def load_part(folder: Path, part: str) -> dict[str, np.ndarray]:
    """`real` and, where the data have them, `labels` of one of the `PARTS`, memory-mapped.

    Raises UserError where they are not what the dataset stage writes.
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
        except Exception as error:  # a damaged header's are those of Python's parser
            raise refused(path, error) from None
    return arrays


def _misfit(name: str, array: np.ndarray, about: dict[str, Any], rows: int) -> str:
    """Why an array is not of these data; empty where it is."""
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
    """Some rows at a time."""
    step = max(1, ROWS // max(1, math.prod(array.shape[1:])))
    return (array[i : i + step] for i in range(0, len(array), step))


def unstacked(
    part: dict[str, np.ndarray], stack: int, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """The images `[stack · n, h, w, c]` of stacks of `stack` in channels, each with its own of
    `classes` labels, a digit of the stack's."""
    labels = part["labels"]
    digits = [labels // classes**place % classes for place in reversed(range(stack))]
    return np.concatenate(np.split(part["real"], stack, axis=-1)), np.concatenate(digits)


def in_data_units(array: np.ndarray, about: Mapping[str, Any]) -> np.ndarray:
    """From the networks' units, in which the arrays are, to the data's own, on their grid."""
    values = about["offset"] + about["scale"] * array
    step = about.get("resolution")
    return step * np.round(values / step) if step else values


def on_the_grid(samples: np.ndarray, about: Mapping[str, Any]) -> np.ndarray:
    """Samples in the networks' units, each number moved to the nearest that the data may have.

    Whole grey values, say: what no generator's output is, and what would tell the best samples
    from real data otherwise. Continuous data have no grid.
    """
    if not about.get("resolution"):
        return samples
    values = in_data_units(samples, about)
    if about["range"]:
        values = np.clip(values, *about["range"])
    # As datasets scale them, so that equal examples are equal to the bit.
    scale, offset = np.float32(about["scale"]), np.float32(about["offset"] / about["scale"])
    return values.astype(np.float32) / scale - offset
