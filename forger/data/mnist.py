"""MNIST: 28 × 28 handwritten digits, downloaded through Keras or read from local files."""

import re
import socket
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from forger.config.section import FEWEST, Fraction
from forger.core.archives import damaged, read_idx, read_npz
from forger.core.errors import UserError
from forger.core.seeds import stream
from forger.core.text import printable
from forger.data.base import Data, Dataset, split
from forger.data.checks import find_place
from forger.data.codecs.affine import Affine
from forger.data.description import DataField, Description

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"  # Keras's own
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
ROWS = {"train": 60_000, "test": 10_000}  # of what is downloaded
Pair = tuple[np.ndarray, np.ndarray]  # images uint8 [n, 28, 28], labels uint8 [n]

SIDES = ("train", "test")
DIGITS = tuple(str(digit) for digit in range(10))
PIXELS = Affine(scale=127.5, offset=127.5, resolution=1.0, range=(0.0, 255.0))
WANTED = "expected integer labels from 0 to 9, one an image"
UNREADABLE = (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error)
AGAIN = "fetch it again"
INSTEAD = (
    "connect to the network and run again, or set dataset.path to a folder of MNIST's IDX files "
    "or to an .npz in Keras's layout"
)


class MNIST(Dataset):
    """MNIST scaled from [0, 255] to [-1, 1], the range of tanh."""

    labelled: ClassVar[bool] = True

    kind: Literal["mnist"]
    path: Annotated[str, Field(min_length=1, max_length=4096)] | None = Field(
        None,
        description="a folder of IDX files (.gz or not) or an .npz in Keras's layout; "
        "null: download 11 MB through Keras",
    )
    held_out: Fraction = Field(
        1 / 6,
        gt=0,
        description="share that results are measured on, where a folder has one pair of files only",
    )
    validation: Fraction = Field(
        1 / 6, gt=0, description="share of the other images, which searches look at"
    )

    @property
    def shape(self) -> tuple[int, ...]:
        return (28, 28, 1)

    @property
    def train_size(self) -> int | None:
        return None if self.path else ROWS["train"] - round(ROWS["train"] * self.validation)

    @property
    def validation_size(self) -> int | None:
        return None if self.path else round(ROWS["train"] * self.validation)

    @property
    def test_size(self) -> int | None:
        return None if self.path else ROWS["test"]

    def locate(self, folder: Path) -> Path:
        """Return where `path` leads from `folder`. Raises UserError if there is nothing to read."""
        return locate_files(folder, self.path or "")

    def make(self, folder: Path) -> Data:
        parts = _download() if self.path is None else _local(folder, self.path)
        encoded = [
            {"real": PIXELS.encode(images[..., None]), "labels": labels.astype(np.int64)}
            for images, labels in parts
        ]
        if len(encoded) == 1:
            rest = (1 - self.held_out) * self.validation
            shares = {"test": self.held_out, "validation": rest}
            arrays = split(encoded[0], shares, self.seed)
        else:
            arrays = split(encoded[0], {"validation": self.validation}, self.seed)
            # The writers of the first half of MNIST's test images are tidier than the others.
            order = stream(self.seed, "dataset/test").permutation(len(encoded[1]["real"]))
            arrays["test"] = {field: array[order] for field, array in encoded[1].items()}
        rows = {part: len(fields["real"]) for part, fields in arrays.items()}
        if min(rows.values()) < FEWEST:
            raise UserError(
                f"dataset.path: {self.path} has {rows['train']} training, {rows['validation']} "
                f"validation and {rows['test']} test images; figures need at least {FEWEST} of each"
            )
        real = DataField(
            shape=(28, 28, 1), codec=PIXELS, view="images", units="pixel intensity, 0 to 255"
        )
        return Data(arrays, Description(fields={"real": real}, classes=DIGITS))


def _download() -> list[Pair]:
    import keras

    home = Path.home() / ".keras"  # where Keras itself would keep it
    with suppress(OSError):
        home.mkdir(exist_ok=True)  # without it, Keras uses a temporary folder
    try:
        with _timeout(60):
            path = keras.utils.get_file("mnist.npz", URL, file_hash=SHA256, cache_dir=str(home))
    except ValueError as error:
        # Keras leaves a file that failed verification where it would look for it next time.
        (home / "datasets" / "mnist.npz").unlink(missing_ok=True)
        why = f"what was downloaded is damaged ({error})"
        raise damaged(Path("MNIST"), why, INSTEAD) from None
    except Exception as error:
        raise damaged(Path("MNIST"), f"the download failed ({error})", INSTEAD) from None
    return _npz(Path(path))


@contextmanager
def _timeout(seconds: float) -> Iterator[None]:
    """Set a socket timeout: Keras's loader waits for ever on a server that stops answering."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


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
    raise UserError(f"dataset.path: {printable(str(place))} is neither a folder nor an .npz file")


def _local(folder: Path, path: str) -> list[Pair]:
    place = locate_files(folder, path)
    return _idx_folder(place) if place.is_dir() else _npz(place)


def _npz(path: Path) -> list[Pair]:
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
    if labels.shape == (count, len(DIGITS)):
        return f"labels {list(labels.shape)}, as if one-hot"
    if labels.ndim != 1 or len(labels) != count:
        return f"{count} images, but labels {list(labels.shape)}"
    if labels.dtype.kind not in "iu":
        return f"found labels of type {labels.dtype}"
    if count == 0:
        return "found no image"
    low = labels.min()
    high = labels.max()
    if (low, high) == (1, len(DIGITS)):
        return f"labels count from 1: found {low} to {high}"
    if low < 0 or high >= len(DIGITS):
        return f"found labels from {low} to {high}"
    return ""
