"""MNIST: 28 × 28 handwritten digits, downloaded through Keras or read from local files.

Other data in its format, such as Fashion-MNIST, are read as well.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from forger.config.section import FEWEST, Fraction
from forger.core.archives import damaged
from forger.core.errors import UserError
from forger.core.seeds import stream
from forger.core.text import printable
from forger.data.base import Data, Dataset
from forger.data.codecs.affine import Affine
from forger.data.description import DataField, Description
from forger.data.mnist_files import Pair, locate_files, read_files, read_keras
from forger.data.split import split

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"  # Keras's own
SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
ROWS = {"train": 60_000, "test": 10_000}  # of what is downloaded

DIGITS = tuple(str(digit) for digit in range(10))
Class = Annotated[str, Field(min_length=1, max_length=60)]
PIXELS = Affine(scale=127.5, offset=127.5, resolution=1.0, range=(0.0, 255.0))
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
    classes: Annotated[tuple[Class, ...], Field(min_length=10, max_length=10)] = Field(
        DIGITS, description="names of the labels 0 to 9"
    )
    held_out: Fraction = Field(
        1 / 6,
        gt=0,
        description="share that results are measured on, where a folder has one pair of files only",
    )
    validation: Fraction = Field(
        1 / 6, gt=0, description="share of the other images, which searches look at"
    )

    @field_validator("classes")
    @classmethod
    def _distinct(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"must be different names; {printable(twice[0])} stands twice")
        if odd := [name for name in names if not name.isprintable()]:
            raise ValueError(f"must be text without control characters, not {printable(odd[0])}")
        return names

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
        parts = _download() if self.path is None else read_files(folder, self.path)
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
        return Data(arrays, Description(fields={"real": real}, classes=self.classes))


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
    return read_keras(Path(path))


@contextmanager
def _timeout(seconds: float) -> Iterator[None]:
    """Set a socket timeout: Keras's loader waits for ever on a server that stops answering."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
