"""The folder that the dataset stage writes: arrays as plain .npy files, and data.json."""

import math
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from forger.config.section import FEWEST, parse
from forger.core.errors import UserError
from forger.core.files import read_json, refused, whole, write_json
from forger.data.base import PARTS, Data
from forger.data.description import Arrays, Description

ABOUT = "data.json"
ROWS = 2**22  # numbers checked at a time
MOST = 1e15


class DataFolder:
    """A recipe's data on disk: `PART/FIELD.npy`, a row an example, and data.json."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, data: Data) -> None:
        """Write each array to a file of its own, and the description.

        Raises:
            UserError: an array is not what the description says.
        """
        for part, arrays in data.arrays.items():
            if arrays.keys() != data.description.arrays.keys():
                raise UserError(
                    f"dataset: {part} has {', '.join(sorted(arrays))}; the description says "
                    f"{', '.join(sorted(data.description.arrays))}"
                )
            for field, array in arrays.items():
                if why := _misfit(field, array, data.description, len(arrays["real"])):
                    raise UserError(f"dataset: {part}/{field}: {why}")
        with whole(self.path) as folder:
            for part, arrays in data.arrays.items():
                (folder / part).mkdir(parents=True)
                for field, array in arrays.items():
                    np.save(folder / part / f"{field}.npy", array, allow_pickle=False)
            write_json(folder / ABOUT, data.description.model_dump(mode="json"))

    @cached_property
    def description(self) -> Description:
        """The contents of data.json. Raises UserError if it is missing or invalid."""
        path = self.path / ABOUT
        found: Description = parse(Description, read_json(path), file=str(path))
        return found

    def read(self) -> Data:
        """Load everything, memory-mapped. Raises UserError."""
        return Data({name: self.part(name) for name in PARTS}, self.description)

    def part(self, name: str) -> Arrays:
        """Load one of the `PARTS`, memory-mapped: each field and, for labelled data, `labels`.

        Raises:
            UserError: a file is not what the dataset stage writes.
        """
        arrays: Arrays = {}
        for field in self.description.arrays:
            path = self.path / name / f"{field}.npy"
            try:
                arrays[field] = np.load(path, mmap_mode="r", allow_pickle=False)
                if why := _misfit(field, arrays[field], self.description, len(arrays["real"])):
                    raise ValueError(why)
                if len(arrays[field]) < FEWEST:
                    raise ValueError(f"found {len(arrays[field])} rows; at least {FEWEST}")
            except Exception as error:  # a damaged header raises errors of Python's parser
                raise refused(path, error) from None
        return arrays


def _misfit(field: str, array: np.ndarray, description: Description, rows: int) -> str:
    """Tell why an array is not what the description says; empty if it is."""
    dtype, shape = description.arrays[field]
    if array.dtype != dtype or array.shape != (rows, *shape):
        wanted = f"{np.dtype(dtype)} {[rows, *shape]}"
        return f"found {array.dtype} {list(array.shape)}, expected {wanted}"
    if field != "labels":
        # Squares of numbers beyond the limit are not finite in float32; NaN is not below it.
        sound = all((np.abs(block) < MOST).all() for block in _blocks(array))
        return "" if sound else f"found numbers that are not finite, or beyond ±{MOST:g}"
    classes = len(description.classes)
    fits = not rows or 0 <= array.min() <= array.max() < classes
    return "" if fits else f"found labels beyond 0 to {classes - 1}"


def _blocks(array: np.ndarray) -> Iterator[np.ndarray]:
    """Iterate over blocks of rows, about `ROWS` numbers at a time."""
    step = max(1, ROWS // max(1, math.prod(array.shape[1:])))
    return (array[i : i + step] for i in range(0, len(array), step))
