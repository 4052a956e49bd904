"""The handwritten digits bundled with scikit-learn: 1,797 images of 8 × 8 pixels."""

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from forger.config.section import Fraction
from forger.data.base import Data, Dataset
from forger.data.checks import check_shares
from forger.data.codecs.affine import Affine
from forger.data.description import Arrays, DataField, Description
from forger.data.split import split

IMAGES = 1797
CLASSES = tuple(str(digit) for digit in range(10))
PIXELS = Affine(scale=8.0, offset=8.0, resolution=1.0, range=(0.0, 16.0))


class Digits(Dataset):
    """scikit-learn's bundled digits, scaled from [0, 16] to [-1, 1], the range of tanh."""

    labelled: ClassVar[bool] = True

    kind: Literal["digits"]
    held_out: Fraction = Field(
        0.2, gt=0, description="share of the images that results are measured on"
    )
    validation: Fraction = Field(0.15, gt=0, description="share that searches look at")

    @model_validator(mode="after")
    def _some_left(self) -> Self:
        check_shares(self.held_out, self.validation, "images")
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        return (8, 8, 1)

    @property
    def train_size(self) -> int | None:
        return IMAGES - self._part(self.validation) - self._part(self.held_out)

    @property
    def validation_size(self) -> int | None:
        return self._part(self.validation)

    @property
    def test_size(self) -> int | None:
        return self._part(self.held_out)

    def _part(self, share: float) -> int:
        return round(share * IMAGES)

    def read(self) -> tuple[Arrays, dict[str, DataField]]:
        """Return the fields of all images, labels among them, and what those are that are data."""
        from sklearn.datasets import load_digits

        pixels, labels = load_digits(return_X_y=True)
        fields = {"real": PIXELS.encode(pixels).reshape(-1, *self.shape), "labels": labels}
        real = DataField(
            shape=self.shape, codec=PIXELS, view="images", units="pixel intensity, 0 to 16"
        )
        return fields, {"real": real}

    def make(self, folder: Path) -> Data:
        fields, described = self.read()
        shares = {"test": self.held_out, "validation": self.validation}
        return Data(
            arrays=split(fields, shares, self.seed),
            description=Description(fields=described, classes=CLASSES),
        )
