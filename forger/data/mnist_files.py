"""Local files in MNIST's format: folders of IDX files, and .npz files in Keras's layout."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from forger.core.archives import damaged, read_idx, read_npz
from forger.core.errors import UserError
from forger.core.text import printable
from forger.data.checks import find_place

Pair = tuple[np.ndarray, np.ndarray]  # images uint8 [n, 28, 28], labels uint8 [n]

SIDES = ("train", "test")
LABELS = 10
# Where Debian's packages put their files.
PACKAGES = {Path("/usr/share/datasets/fashion-mnist"): "dataset-fashion-mnist"}
WANTED = "expected integer labels from 0 to 9, one an image"
UNREADABLE = (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error)
AGAIN = "fetch it again"


def locate_files(folder: Path, path: str) -> Path:
    """Return the folder of IDX files or the .npz that `dataset.path` names, starting from `folder`.

    Raises UserError if it is neither.
    """
    place = find_place(folder, path)
    if place.is_dir():
        if not any(_idx_files(place)):
            raise UserError(
                f"{place}: found no IDX files; expected train-images-idx3-ubyte and "
                "train-labels-idx1-ubyte, or the same with t10k, with or without .gz"
            )
        return place
    if place.suffix == ".npz" and place.is_file():
        return place
    if place in PACKAGES and not place.exists():
        raise UserError(
            f"dataset.path: {place} is not there; Debian's package {PACKAGES[place]} has it "
            f"(apt-get install {PACKAGES[place]}), or name a folder with its IDX files"
        )
    raise UserError(f"dataset.path: {printable(str(place))} is neither a folder nor an .npz file")


def read_files(folder: Path, path: str) -> list[Pair]:
    """Return one or two pairs of arrays, training first, of what `dataset.path` names.

    Raises UserError if they are missing, damaged or something else.
    """
    place = locate_files(folder, path)
    return _idx_folder(place) if place.is_dir() else read_keras(place)


def read_keras(path: Path) -> list[Pair]:
    """Return the training and the test arrays of an .npz in Keras's layout. Raises UserError."""
    try:
        arrays = read_npz(path, [f"{short}_{part}" for part in SIDES for short in "xy"])
    except UNREADABLE as error:
        if text := re.search(r"(y_\w+): found (object|[<>|]?[US]\d+) ", str(error)):
            raise damaged(path, f"{text[1]} holds text ({text[2]})", WANTED) from None
        why = f"found no readable x_train, y_train, x_test and y_test in it ({error})"
        raise damaged(path, why, AGAIN) from None
    return [_check(f"{path} ({part})", arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in SIDES]


def _idx_folder(path: Path) -> list[Pair]:
    """Read one or two pairs of files, training first."""
    pairs = []
    for images, labels in _idx_files(path):
        if not (images and labels):
            here = (images or labels or path).name
            raise UserError(f"{path}: found {here} without its images or labels beside it")
        pairs.append(_check(str(images), _idx(images, 3), _idx(labels, 1)))
    return pairs


def _idx_files(path: Path) -> Iterator[tuple[Path | None, Path | None]]:
    """Yield the images' and labels' files of each part found, training first; None if missing.

    A file may lie in a folder of the same name, as some archives unpack it.
    """
    for part in ("train", "t10k"):
        images, labels = (_first(path, f"{part}-{what}*ubyte*") for what in ("images", "labels"))
        if images or labels:
            yield images, labels


def _first(path: Path, pattern: str) -> Path | None:
    """Return the first file whose name matches, or None."""
    found = [*sorted(path.glob(pattern)), *sorted(path.glob(f"{pattern}/{pattern}"))]
    return next((each for each in found if each.is_file()), None)


def _idx(path: Path, dimensions: int) -> np.ndarray:
    try:
        return read_idx(path, dimensions)
    except UNREADABLE as error:
        why = error if isinstance(error, ValueError) else f"damaged or truncated ({error})"
        raise damaged(path, why, AGAIN) from None


def _check(where: str, images: np.ndarray, labels: np.ndarray) -> Pair:
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28):
        raise UserError(
            f"{where}: expected images uint8 [n, 28, 28], found {images.dtype} {list(images.shape)}"
        )
    if len(images) and images.min() == images.max():
        raise UserError(
            f"{where}: all {len(images):,} images are blank: every pixel is {images.min()}; "
            "expected light strokes on dark ground, 0 to 255"
        )
    if problem := _problem(labels, len(images)):
        raise UserError(f"{where}: {problem}; {WANTED}")
    return images, labels


def _problem(labels: np.ndarray, count: int) -> str:
    """Tell what is wrong with the labels of `count` images; empty if nothing is."""
    if labels.shape == (count, LABELS):
        return f"labels {list(labels.shape)}, as if one-hot"
    if labels.ndim != 1 or len(labels) != count:
        return f"{count} images, but labels {list(labels.shape)}"
    if labels.dtype.kind not in "iu":
        return f"found labels of type {labels.dtype}"
    if count == 0:
        return "found no image"
    low = labels.min()
    high = labels.max()
    if (low, high) == (1, LABELS):
        return f"labels count from 1: found {low} to {high}"
    if low < 0 or high >= LABELS:
        return f"found labels from {low} to {high}"
    return ""
