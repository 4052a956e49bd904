"""What a dataset is: parameters that know how to make arrays."""

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

# Networks learn from the first, whoever chooses looks at the second, results are of the third.
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Data:
    """What the dataset stage writes.

    Attributes:
        arrays: one row an example: the `PARTS`, float32 `[n, …]`, in the networks' units; where the
            data have them, the labels of each, such as `train_labels`, int64 `[n]`.
        view: how a person looks at an example: `points`, `curves` or `images`.
        units: what the numbers mean.
        scale, offset: data units = offset + scale × the networks' units.
        resolution: step of the grid that all numbers lie on, in data units, such as 1 for whole
            grey values; 0 where they are continuous.
        range: least and greatest number in data units, where there are such.
        axis: for curves, the points they are taken at.
        classes: names of the labels.
        stack: how many images an example has in its channels, each with a label of its own.
        law: the closed form that draws the data, where there is one: `name` and its parameters.
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
        """Raise UserError where a class has no training example."""
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
        has_law: whether a closed form draws them.
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
        """Draw or read the data. `folder` is the project's: relative paths start there.

        Raises:
            UserError: where data that lie outside the project can't be had or are damaged.
        """

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Of one example."""

    @property
    @abstractmethod
    def train_size(self) -> int | None:
        """Training examples, where the parameters tell; None where only the data do."""

    @property
    def validation_size(self) -> int | None:
        """Examples to choose by, likewise."""
        return None

    @property
    def test_size(self) -> int | None:
        """Examples to judge by, likewise."""
        return None

    @property
    def numbers_measured(self) -> int:
        """Numbers of one sample that the figures hold at once."""
        return math.prod(self.shape)


class Drawn(Dataset):
    """Data drawn from a law: as many as asked for, each part by itself."""

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
        """`n` examples, float64 `[n, …]`."""

    def parts(self) -> dict[str, np.ndarray]:
        """The parts, each from a random stream of its own."""
        return {
            part: self.draw(getattr(self, part), stream(self.seed, f"dataset/{part}")).astype(
                np.float32
            )
            for part in PARTS
        }


def split(
    images: np.ndarray, labels: np.ndarray, shares: dict[str, float], seed: int
) -> dict[str, np.ndarray]:
    """Shuffle and split. No row is shared, and copies of an example are all in one part.

    Args:
        images, labels: `[n, …]` and `[n]`.
        shares: of `test` and `validation`, fractions of all rows; what is left is for training.
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
    """For each row the number of the first row that equals it, int `[n]`."""
    first: dict[bytes, int] = {}
    digests = (blake2b(row.tobytes(), digest_size=16).digest() for row in examples)
    return np.array([first.setdefault(digest, i) for i, digest in enumerate(digests)])
