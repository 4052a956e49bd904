"""The base class of views, and what all pictures share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from forger.data.description import DataField
from forger.report import style

REAL = "#2b6cb0"
FAKE = "#dd6b20"
GRID = "#888888"
COLORS = {
    "real": REAL,
    "generated": FAKE,
    "nearest in training": REAL,
    "reconstructed": FAKE,
}
# Inches. A phone shows a page 4 inches wide, where the words in a wider picture are unreadable.
WIDTH = 4.5

style.apply()


class Group(NamedTuple):
    """Examples of one kind.

    Attributes:
        name: a key of COLORS.
        examples: `[n, …]`, in the data's units.
        labels: int `[n]`, or None if they have none.
    """

    name: str
    examples: np.ndarray
    labels: np.ndarray | None = None


class View(ABC):
    """A way to look at one kind of data.

    Attributes:
        most: the most examples that a picture of them alone may show.
        shows_pairs: whether a person sees how like two examples are.

    Args:
        field: what the examples are.
        frame: examples `[n, …]`, in the data's units, that set the range of the axes.
        classes: the names of their labels, if they have any.
    """

    most: ClassVar[int]
    shows_pairs: ClassVar[bool] = True

    def __init__(self, field: DataField, frame: np.ndarray, classes: Sequence[str] = ()) -> None:
        self.field = field
        self.frame = frame
        self.classes = classes

    @abstractmethod
    def draw(self, groups: Sequence[Group]) -> Figure:
        """Draw the groups on top of each other, or side by side."""

    @abstractmethod
    def thumbnail(self, axes: Axes, examples: np.ndarray, color: str = FAKE) -> None:
        """Draw some examples `[n, …]` in one small picture."""

    @abstractmethod
    def walks(self, walks: np.ndarray, names: Sequence[str]) -> Figure:
        """Draw samples `[w, steps, …]`, each row of them on a path that has a name."""

    @abstractmethod
    def families(self, samples: np.ndarray, names: Sequence[str]) -> Figure:
        """Draw samples `[families, n, …]`, apart by the family, which has a name."""

    @abstractmethod
    def alone(self, samples: np.ndarray) -> Figure:
        """Draw at most `most` samples `[n, …]`, and nothing else."""

    def beside(self, groups: Sequence[Group]) -> Figure:
        """Draw each example of the first group with those of the others that belong to it.

        All groups have the same number of examples. Only for data of which `shows_pairs` holds.
        """
        raise NotImplementedError

    def line(self, axes: Axes, examples: np.ndarray) -> None:
        """Draw a few examples `[n, …]` next to each other in one line.

        Only for data of which `shows_pairs` holds.
        """
        raise NotImplementedError


def drawing(height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure, sized in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def few_ticks(axes: Axes, most: int = 3) -> None:
    """Limit the ticks to round numbers, and to as many as a small picture has room for."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))
    axes.tick_params(labelsize="small", length=2)


def log_scale(axes: Axes) -> None:
    """Make the y axis of what is drawn logarithmic, labelled with plain numbers."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
    axes.yaxis.set_minor_formatter("{x:g}" if high < 50 * low else NullFormatter())
