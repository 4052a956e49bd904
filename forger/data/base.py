"""The interface of a dataset: parameters that know how to make arrays."""

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from forger.config.section import Count, Section, Seed
from forger.core.errors import UserError
from forger.core.seeds import stream
from forger.data.description import Arrays, DataField, Description

# Networks learn from the first, choices are made on the second, results come from the third.
PARTS = ("train", "validation", "test")
IMAGE_AXES = 3  # height, width, channels


@dataclass(frozen=True)
class Data:
    """What the dataset stage makes: examples in three parts, and what they are.

    Attributes:
        arrays: by part (each of `PARTS`) and field: `[n, …]` of the codec's dtype, in the networks'
            units, and the `labels` of labelled data, int64 `[n]`. A row is an example.
        description: what the arrays are.
    """

    arrays: dict[str, Arrays]
    description: Description

    def check_classes(self) -> None:
        """Raise UserError if a class has no training example."""
        if not (classes := self.description.classes):
            return
        counts = np.bincount(self.arrays["train"]["labels"], minlength=len(classes))
        if absent := [name for name, n in zip(classes, counts, strict=True) if not n]:
            raise UserError(
                f"dataset: {len(absent)} of {len(counts)} classes ({absent[0]}"
                f"{', …' if len(absent) > 1 else ''}) have no example among the {counts.sum()} "
                "for training; each needs one"
            )


class Dataset(Section):
    """Parameters of one kind of data.

    Class attributes:
        labelled: whether examples have labels.
        law: the name of the closed form that the data are drawn from; empty if they have none.
        spread: whether examples have choices, which are spread out for networks.
        curved: whether examples are curves, of whatever law.
    """

    labelled: ClassVar[bool] = False
    law: ClassVar[str] = ""
    spread: ClassVar[bool] = False
    curved: ClassVar[bool] = False
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
        """Shape of one example, in the field `real`; (1,), its least, if only the data can tell."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of one example in each field; labels are none."""
        return {"real": self.shape}

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
    def offers(self) -> frozenset[str]:
        """What figures may need of the data, by the words of `forger.metrics.figure.NEEDS`."""
        offered = {self.law: bool(self.law), "labels": self.labelled, "modes": self.labelled}
        images = len(self.shape) == IMAGE_AXES
        offered |= {"images": images, "unlabelled": images and not self.labelled}
        return frozenset(name for name, there in offered.items() if there)

    @property
    def numbers_measured(self) -> int:
        """Numbers that the metrics hold in memory at once for each sample."""
        return math.prod(self.shape)

    def encode_each(self, parts: Arrays, real: DataField, **parameters: Any) -> Data:
        """Encode every part.

        Args:
            parts: in the data's units, float64 `[n, …]`.
            real: what an example is.
            parameters: those of the law, if the data have one.
        """
        arrays = {part: {"real": real.codec.encode(values)} for part, values in parts.items()}
        law = {"name": self.law, **parameters} if self.law else {}
        return Data(arrays, Description(fields={"real": real}, classes=(), law=law))


class Sized(Dataset):
    """Data drawn from a law: as many examples as asked for, each part independently."""

    train: Count = Field(description="training examples")
    validation: Count = Field(
        10_000, description="examples that searches look at, drawn by themselves"
    )
    test: Count = Field(10_000, description="examples that results are measured on, likewise")

    @property
    def train_size(self) -> int:
        return self.train

    @property
    def validation_size(self) -> int:
        return self.validation

    @property
    def test_size(self) -> int:
        return self.test

    def draw_each(self, draw: Callable[[int, np.random.Generator], np.ndarray]) -> Arrays:
        """Draw every part, in the data's units, each from a random stream of its own."""
        return {
            part: draw(getattr(self, part), stream(self.seed, f"dataset/{part}")) for part in PARTS
        }


class Drawn(Sized):
    """Data whose parameters alone say how to draw them."""

    @abstractmethod
    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw `n` examples in the data's units, float64 `[n, …]`."""

    def draw_parts(self, real: DataField, **parameters: Any) -> Data:
        """Draw every part and encode it, as `encode_each` does."""
        return self.encode_each(self.draw_each(self.draw), real, **parameters)
