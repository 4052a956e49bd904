"""The interface of a dataset: parameters that know how to make arrays."""

import math
from abc import abstractmethod
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from forger.config.section import Count, Section, Seed
from forger.core.errors import UserError
from forger.core.seeds import stream

# Networks learn from the first, choices are made on the second, results come from the third.
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Data:
    """The arrays that the dataset stage writes, and their description.

    Attributes:
        arrays: one row per example: each of the `PARTS`, float32 `[n, …]`, in the networks' units,
            and the labels of labelled data, such as `train_labels`, int64 `[n]`.
        view: how a person looks at an example: `points`, `curves` or `images`.
        units: what the numbers mean.
        scale, offset: data units = offset + scale × networks' units.
        resolution: step of the grid that all numbers lie on, in data units (1 for whole grey
            values); 0 for continuous data.
        range: the lowest and highest value allowed, in data units; empty if there are no limits.
        axis: for curves, the points at which they are sampled.
        classes: names of the labels.
        stack: number of images in an example's channels, each with a label of its own.
        law: the closed form that the data are drawn from, if any: its `name` and parameters.
    """

    arrays: dict[str, np.ndarray]
    view: str
    units: str
    scale: float = 1.0
    offset: float = 0.0
    resolution: float = 0.0
    range: list[float] = field(default_factory=list)
    axis: list[float] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    stack: int = 1
    law: dict[str, Any] = field(default_factory=dict)

    def check_classes(self) -> None:
        """Raise UserError if a class has no training example."""
        if not self.classes:
            return
        counts = np.bincount(self.arrays["train_labels"], minlength=len(self.classes))
        if absent := [name for name, n in zip(self.classes, counts, strict=True) if not n]:
            raise UserError(
                f"dataset: {len(absent)} of {len(counts)} classes ({absent[0]}"
                f"{', …' if len(absent) > 1 else ''}) have no example among the {counts.sum()} "
                "for training; each needs one"
            )


class Dataset(Section):
    """Parameters of one kind of data.

    Class attributes:
        labelled: whether examples have labels.
        has_law: whether the data are drawn from a closed form.
    """

    labelled: ClassVar[bool] = False
    has_law: ClassVar[bool] = False
    if TYPE_CHECKING:
        kind: str

    seed: Seed = Field(
        1,
        description="what is random in the data derives from it, and not from the seed of the "
        "training: experiments are measured on the same examples",
    )

    @abstractmethod
    def make(self, folder: Path) -> Data:
        """Draw or read the data; relative paths start from the project's `folder`.

        Raises:
            UserError: data from outside the project are unavailable or damaged.
        """

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of one example."""

    @property
    @abstractmethod
    def train_size(self) -> int | None:
        """Number of training examples; None if only the data can tell."""

    @property
    def validation_size(self) -> int | None:
        """Number of examples to choose by; None if only the data can tell."""
        return None

    @property
    def test_size(self) -> int | None:
        """Number of examples to judge by; None if only the data can tell."""
        return None

    @property
    def numbers_measured(self) -> int:
        """Numbers that the metrics hold in memory at once for each sample."""
        return math.prod(self.shape)


class Drawn(Dataset):
    """Data drawn from a law: as many examples as asked for, each part independently."""

    train: Count = Field(description="training examples")
    validation: Count = Field(
        10_000, description="examples that searches look at, drawn by themselves"
    )
    test: Count = Field(10_000, description="examples that results are measured on, likewise")

    has_law: ClassVar[bool] = True

    @property
    def train_size(self) -> int:
        return self.train

    @property
    def validation_size(self) -> int:
        return self.validation

    @property
    def test_size(self) -> int:
        return self.test

    @abstractmethod
    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw `n` examples, float64 `[n, …]`."""

    def parts(self) -> dict[str, np.ndarray]:
        """Draw every part, each from a random stream of its own."""
        return {
            part: self.draw(getattr(self, part), stream(self.seed, f"dataset/{part}")).astype(
                np.float32
            )
            for part in PARTS
        }


def split(
    images: np.ndarray, labels: np.ndarray, shares: dict[str, float], seed: int
) -> dict[str, np.ndarray]:
    """Shuffle the rows and split them, keeping all copies of an example in one part.

    Args:
        images, labels: `[n, …]` and `[n]`.
        shares: fractions of all rows for `test` and `validation`; the rest is for training.
        seed: seed of the shuffle.

    Returns:
        Images and labels of each part, as in `Data.arrays`; no row is in two parts.
    """
    order = stream(seed, "dataset/split").permutation(len(images))
    ends = np.cumsum([round(share * len(images)) for share in shares.values()])
    part_of = np.empty(len(images), np.int64)
    for part, rows in enumerate(np.split(order, ends)):
        part_of[rows] = part
    part_of = part_of[_first_copies(images)]
    arrays: dict[str, np.ndarray] = {}
    for part, name in enumerate([*shares, "train"]):
        rows = order[part_of[order] == part]
        arrays |= {name: images[rows], f"{name}_labels": labels[rows]}
    return arrays


def _first_copies(examples: np.ndarray) -> np.ndarray:
    """Return, for each row, the index of the first row equal to it, int `[n]`."""
    first: dict[bytes, int] = {}
    digests = (blake2b(row.tobytes(), digest_size=16).digest() for row in examples)
    return np.array([first.setdefault(digest, i) for i, digest in enumerate(digests)])
