"""Stacked MNIST: three digits as colour channels, the field's standard test with 1,000 modes."""

from itertools import product
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from forger.config.section import Count
from forger.core.seeds import stream
from forger.data.base import Data
from forger.data.description import Description
from forger.data.mnist import DIGITS, MNIST

STACK = 3


class StackedMNIST(MNIST):
    """Three random MNIST digits, one per channel (Metz et al. 2017).

    The label is the number that they spell.
    """

    kind: Literal["stacked_mnist"]  # type: ignore[assignment]
    train: Count = Field(128_000, description="training examples, drawn from MNIST's training part")
    validated: Count = Field(
        26_000, description="examples that searches look at, drawn from its validation part"
    )
    test: Count = Field(26_000, description="examples of results, drawn from its test part")

    @property
    def shape(self) -> tuple[int, ...]:
        return (28, 28, STACK)

    @property
    def train_size(self) -> int:
        return self.train

    @property
    def validation_size(self) -> int:
        return self.validated

    @property
    def test_size(self) -> int:
        return self.test

    def make(self, folder: Path) -> Data:
        single = super().make(folder)
        arrays = {}
        sizes = {"train": self.train, "validation": self.validated, "test": self.test}
        for part, n in sizes.items():
            images = single.arrays[part]["real"]
            labels = single.arrays[part]["labels"]
            rng = stream(self.seed, f"dataset/stacks/{part}")
            picked = rng.integers(len(images), size=(n, STACK))
            arrays[part] = {
                "real": np.concatenate([images[picked[:, i]] for i in range(STACK)], axis=-1),
                "labels": labels[picked] @ 10 ** np.arange(STACK)[::-1],
            }
        real = single.description.real.model_copy(update={"shape": self.shape})
        between = "" if self.classes == DIGITS else " "
        classes = tuple(map(between.join, product(self.classes, repeat=STACK)))
        return Data(arrays, Description(fields={"real": real}, classes=classes, stack=STACK))
