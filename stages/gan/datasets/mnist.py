"""MNIST: 28 × 28 handwritten digits, downloaded through Keras or read from local files."""

import gzip
import os
import socket
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from stages.gan.datasets.base import Data, Dataset, split
from stages.gan.errors import UserError
from stages.gan.params.section import Fraction

Pair = tuple[np.ndarray, np.ndarray]  # images uint8 [n, 28, 28], labels uint8 [n]

INSTEAD = (
    "connect to the network and run again, or set dataset.path to a folder of MNIST's IDX files "
    "or to an .npz in Keras's layout"
)


class MNIST(Dataset):
    """MNIST scaled from [0, 255] to [-1, 1], as tanh gives them."""

    labelled: ClassVar[bool] = True

    kind: Literal["mnist"]
    path: str | None = Field(
        None,
        description="a folder of IDX files (.gz or not) or an .npz in Keras's layout; "
        "null: download 11 MB through Keras",
    )
    held_out: Fraction = Field(
        1 / 6, gt=0, description="share held out where a folder has one pair of files only"
    )

    @property
    def shape(self) -> tuple[int, ...]:
        return (28, 28, 1)

    @property
    def train_size(self) -> int | None:
        return 60_000 if self.path is None else None

    def make(self, seed: int, folder: Path) -> Data:
        parts = _download() if self.path is None else _local(folder / Path(self.path).expanduser())
        scaled = [(_scale(images), labels.astype(np.int64)) for images, labels in parts]
        if len(scaled) == 1:
            arrays = split(*scaled[0], self.held_out, seed)
        else:
            (train, train_labels), (test, test_labels) = scaled
            arrays = {
                "train": train,
                "test": test,
                "train_labels": train_labels,
                "test_labels": test_labels,
            }
        return Data(
            arrays=arrays,
            view="images",
            units="pixel intensity, 0 to 255",
            scale=127.5,
            offset=127.5,
            classes=[str(digit) for digit in range(10)],
        )


def _scale(images: np.ndarray) -> np.ndarray:
    return images[..., None].astype(np.float32) / 127.5 - 1


def _download() -> list[Pair]:
    from keras.datasets import mnist

    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    try:
        with _timeout(60):
            train, test = mnist.load_data()
    except ValueError as error:
        # Keras leaves what it could not verify where it would look for it next time.
        (home / "datasets" / "mnist.npz").unlink(missing_ok=True)
        raise UserError(f"MNIST: what was downloaded is damaged ({error}); {INSTEAD}") from None
    except Exception as error:
        raise UserError(f"MNIST: the download failed ({error}); {INSTEAD}") from None
    return [_checked("Keras's mnist.npz", *train), _checked("Keras's mnist.npz", *test)]


@contextmanager
def _timeout(seconds: float) -> Iterator[None]:
    """Keras's loader waits for ever on a server that stops answering."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _local(path: Path) -> list[Pair]:
    if path.is_dir():
        return _idx_folder(path)
    if path.suffix == ".npz" and path.is_file():
        return _npz(path)
    raise UserError(f"dataset.path: {path} is neither a folder nor an .npz file")


def _npz(path: Path) -> list[Pair]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return [
                _checked(f"{path} ({part})", file[f"x_{part}"], file[f"y_{part}"])
                for part in ("train", "test")
            ]
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path}: found no readable x_train, y_train, x_test and y_test in it ({error})"
        ) from None


def _idx_folder(path: Path) -> list[Pair]:
    """One or two pairs of files, training first."""
    pairs = []
    for part in ("train", "t10k"):
        images = sorted(path.glob(f"{part}-images*ubyte*"))
        labels = sorted(path.glob(f"{part}-labels*ubyte*"))
        if images and labels:
            pairs.append(_checked(str(images[0]), _idx(images[0], 3), _idx(labels[0], 1)))
        elif images or labels:
            here = (images or labels)[0].name
            raise UserError(f"{path}: found {here} without its images or labels beside it")
    if not pairs:
        raise UserError(
            f"{path}: found no IDX files; expected train-images-idx3-ubyte and "
            "train-labels-idx1-ubyte, or the same with t10k, with or without .gz"
        )
    return pairs


def _idx(path: Path, dimensions: int) -> np.ndarray:
    """Read one IDX file of unsigned bytes: magic 0 0 8 d, d big-endian sizes, the data."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as error:
        raise UserError(f"{path}: damaged or truncated ({error}); fetch it again") from None
    header = 4 + 4 * dimensions
    magic = bytes([0, 0, 8, dimensions])
    if content[:4] != magic or len(content) < header:
        found = content[:4].hex() or "an empty file"
        raise UserError(f"{path}: expected the IDX magic {magic.hex()}, found {found}")
    shape = np.frombuffer(content[4:header], ">u4").astype(int).tolist()
    if len(content) - header != int(np.prod(shape)):
        raise UserError(
            f"{path}: truncated or damaged: its header says {shape}, "
            f"{len(content) - header} bytes follow; fetch it again"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _checked(where: str, images: np.ndarray, labels: np.ndarray) -> Pair:
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28):
        raise UserError(
            f"{where}: expected images uint8 [n, 28, 28], found {images.dtype} {list(images.shape)}"
        )
    if labels.ndim != 1 or len(labels) != len(images):
        raise UserError(f"{where}: {len(images)} images, but labels {list(labels.shape)}")
    if labels.dtype.kind not in "iu" or len(labels) == 0 or labels.min() < 0 or labels.max() > 9:
        raise UserError(f"{where}: expected integer labels from 0 to 9")
    return images, labels
