"""Reading curves from a person's file: an array, or a table of curves or of their points."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from forger.core.archives import damaged, open_checked
from forger.core.errors import UserError
from forger.core.text import printable, suggest
from forger.data.checks import hold_still
from forger.data.curves_found import AGAIN, Columns, Read, check
from forger.data.curves_table import read_long, read_wide
from forger.data.description import Layout

ARRAYS = (".npy", ".npz")
TABLES = (".csv", ".tsv", ".txt")
MOST_BYTES = 2**32  # of an archive, unpacked
LONGER = "has rows longer than the first"
# What NumPy and pandas say, and what it means to a person.
SIGNS = {
    "Python objects": "holds Python objects, which may run programs; save plain numbers",
    "Object arrays": "holds Python objects, which may run programs; save plain numbers",
    "pickle": "is no array of NumPy",
    "mmap length": "is truncated",
    "No data left": "is empty",
    "not a zip file": "is truncated, or no archive of NumPy",
    "codec can't decode": "is no text in that encoding all through; say dataset.encoding",
    "Error tokenizing": LONGER,
    "Length of header": LONGER,
}


def read(path: Path, columns: Columns) -> Read:
    """Read the curves of a file. Raises UserError with what is wrong with it, in a line."""
    try:
        with hold_still(path):
            if path.suffix.lower() in ARRAYS:
                found = _read_arrays(path, columns)
            elif columns.long:
                found = read_long(path, columns)
            else:
                found = read_wide(path, columns)
    except UserError:
        raise
    except Exception as error:  # a damaged file raises errors of all kinds in NumPy and pandas
        why = next((why for sign, why in SIGNS.items() if sign in str(error)), error)
        instead = AGAIN if path.suffix.lower() in ARRAYS else "expected a table of numbers"
        raise damaged(path, why, instead) from None
    check(path, found)
    _check_groups(found, columns.groups)
    return found


def _check_groups(found: Read, name: str) -> None:
    """Raise UserError if some curves have no group: they need not belong together."""
    import pandas as pd

    if found.groups is not None and pd.isna(found.groups).any():
        raise UserError(f"dataset.group: {name}: some curves have none")


def _read_arrays(path: Path, columns: Columns) -> Read:
    labels = None
    groups = None
    if path.suffix.lower() == ".npy":
        curves = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(curves, np.ndarray):
            raise ValueError("it is an archive, and not an array")
    else:
        arrays = _read_npz(path, columns)
        curves, labels, groups = (arrays.get(key) for key in ("curves", "labels", "groups"))
    if curves.dtype.kind not in "biuf" or curves.ndim not in (2, 3):
        raise ValueError(f"found {curves.dtype} {list(curves.shape)}")
    for name, array in ((columns.labels, labels), (columns.groups, groups)):
        if array is not None and (
            array.shape != curves.shape[:1] or array.dtype.kind not in "biuU"
        ):
            raise UserError(
                f"{path}: {name}: found {array.dtype} {list(array.shape)}; expected whole numbers "
                f"or text, [{len(curves)}]"
            )
    flat = curves.ndim == 2
    values = np.array(curves, np.float64)
    values = values[..., None] if flat else values
    names = (
        ("value",)
        if values.shape[-1] == 1
        else tuple(f"channel {i}" for i in range(values.shape[-1]))
    )
    return Read(
        values, names, Layout(array=True, flat=flat, labels=columns.labels), None, labels, groups
    )


def read_headers(path: Path) -> list[tuple[tuple[int, ...], np.dtype]]:
    """Return the shapes and types of an .npz's arrays, of which nothing else is read.

    Raises ValueError, or what a damaged archive raises in Python.
    """
    found = []
    with open_checked(path, (), MOST_BYTES) as archive:
        for name in archive.namelist():
            with archive.open(name) as member:
                first = np.lib.format.read_magic(member) == (1, 0)
                own = np.lib.format
                read_header = own.read_array_header_1_0 if first else own.read_array_header_2_0
                shape, _, dtype = read_header(member)
            found.append((shape, dtype))
    return found


def _read_npz(path: Path, columns: Columns) -> dict[str, np.ndarray]:
    """Return `curves` and, if they are asked for, `labels` and `groups`."""
    asked = {"labels": columns.labels, "groups": columns.groups}
    found = {}
    with open_checked(path, (), MOST_BYTES) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist()]
        rest = [name for name in names if name not in asked.values()]
        if not columns.curves and len(rest) != 1:
            listed = printable(", ".join(rest)) or "none"
            raise UserError(
                f"{path}: dataset.array: name the array of curves (--array): found {listed}"
            )
        asked["curves"] = columns.curves or rest[0]
        for key, name in asked.items():
            if not name:
                continue
            if name not in names:
                raise UserError(f"{path}: found no array {name}; {suggest(name, names)}")
            with archive.open(f"{name}.npy") as member:
                found[key] = np.lib.format.read_array(member, allow_pickle=False)
    return found
