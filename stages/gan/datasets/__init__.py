"""Kinds of data, a file each; a new one is added to the union below."""

from typing import Annotated

from pydantic import Field

from stages.gan.datasets.base import PARTS, Data
from stages.gan.datasets.digits import Digits
from stages.gan.datasets.gaussian import Gaussian
from stages.gan.datasets.mixture import Grid, Ring
from stages.gan.datasets.mnist import MNIST
from stages.gan.datasets.parabola import Parabola
from stages.gan.datasets.sinusoid import Sinusoid
from stages.gan.datasets.stacked_mnist import StackedMNIST

AnyDataset = Annotated[
    Gaussian | Parabola | Sinusoid | Ring | Grid | Digits | MNIST | StackedMNIST,
    Field(discriminator="kind"),
]

__all__ = ["PARTS", "AnyDataset", "Data"]
