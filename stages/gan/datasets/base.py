"""What a dataset is: parameters that know how to make arrays."""

import math
from abc import abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from stages.gan.errors import UserError
from stages.gan.params.section import Count, Section
from stages.gan.seeds import stream


@dataclass(frozen=True)
class Data:
    """What the dataset stage writes.

    Attributes:
        arrays: one row an example: `train` and `test`, float32 `[n, …]`, in the networks' units;
            where the data have them, `train_labels` and `test_labels`, int64 `[n]`.
        view: how a person looks at an example: `points`, `curves` or `images`.
        units: what the numbers mean.
        scale, offset: data units = offset + scale × the networks' units.
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

    @abstractmethod
    def make(self, seed: int, folder: Path) -> Data:
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
    def test_size(self) -> int | None:
        """Held-out examples, likewise."""
        return None

    @property
    def numbers_measured(self) -> int:
        """Numbers of one sample that the figures hold at once."""
        return math.prod(self.shape)


class Drawn(Dataset):
    """Data drawn from a law: as many as asked for, training and test apart."""

    train: Count = Field(description="training examples")
    test: Count = Field(10_000, description="held-out examples, drawn apart")

    has_law: ClassVar[bool] = True

    @property
    def train_size(self) -> int:
        return self.train

    @property
    def test_size(self) -> int:
        return self.test

    @abstractmethod
    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """`n` examples, float64 `[n, …]`."""

    def parts(self, seed: int) -> dict[str, np.ndarray]:
        """`train` and `test`, each from a random stream of its own."""
        sizes = {"train": self.train, "test": self.test}
        return {
            part: self.draw(n, stream(seed, f"dataset/{part}")).astype(np.float32)
            for part, n in sizes.items()
        }


def split(
    images: np.ndarray, labels: np.ndarray, held_out: float, seed: int
) -> dict[str, np.ndarray]:
    """Shuffle and split: a fraction `held_out` becomes the test part. Rows are never shared."""
    order = stream(seed, "dataset/split").permutation(len(images))
    test, train = np.split(order, [round(held_out * len(images))])
    return {
        "train": images[train],
        "test": images[test],
        "train_labels": labels[train],
        "test_labels": labels[test],
    }
