"""Handwritten digits that come with scikit-learn: 1,797 images of 8 × 8 pixels."""

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from stages.gan.datasets.base import Data, Dataset, split
from stages.gan.params.section import Fraction


class Digits(Dataset):
    """scikit-learn's bundled digits, scaled from [0, 16] to [-1, 1], as tanh gives them."""

    labelled: ClassVar[bool] = True

    kind: Literal["digits"]
    held_out: Fraction = Field(0.2, gt=0, description="share of the images held out as test data")

    @property
    def shape(self) -> tuple[int, ...]:
        return (8, 8, 1)

    @property
    def train_size(self) -> int:
        return 1797 - round(self.held_out * 1797)

    @property
    def test_size(self) -> int:
        return 1797 - self.train_size

    def make(self, seed: int, folder: Path) -> Data:
        from sklearn.datasets import load_digits

        pixels, labels = load_digits(return_X_y=True)
        images = (pixels / 8 - 1).astype(np.float32).reshape(-1, 8, 8, 1)
        return Data(
            arrays=split(images, labels, self.held_out, seed),
            view="images",
            units="pixel intensity, 0 to 16",
            scale=8.0,
            offset=8.0,
            classes=[str(digit) for digit in range(10)],
        )
