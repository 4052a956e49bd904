"""What a view is, and the look of all pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from forger.report import style

REAL, FAKE, GRID = "#2b6cb0", "#dd6b20", "#888888"
COLORS = {"real": REAL, "generated": FAKE, "nearest in training": REAL}
# Inches. A phone shows a page 4 inches wide: what is wider has words that nobody can read there.
WIDTH = 4.5

style.apply()


class Group(NamedTuple):
    """Examples of one kind.

    Attributes:
        name: a key of COLORS.
        examples: `[n, …]`, in the data's units.
        labels: int `[n]`, or None where they have none.
    """

    name: str
    examples: np.ndarray
    labels: np.ndarray | None = None


class View(ABC):
    """How a person looks at one kind of data.

    Attributes:
        most: how many examples a picture of them alone may show.

    Args:
        data: what data.json or model.json says of the data.
        frame: examples `[n, …]`, in the data's units, that the axes have room for.
    """

    most: ClassVar[int]

    def __init__(self, data: dict[str, Any], frame: np.ndarray) -> None:
        self.data, self.frame = data, frame

    @abstractmethod
    def draw(self, groups: Sequence[Group]) -> Figure:
        """Groups over each other, or beside each other."""

    @abstractmethod
    def thumbnail(self, axes: Axes, examples: np.ndarray, color: str = FAKE) -> None:
        """Some examples `[n, …]` in one small picture."""

    @abstractmethod
    def walks(self, walks: np.ndarray) -> Figure:
        """Samples `[w, steps, …]` on the way between latents."""

    @abstractmethod
    def alone(self, samples: np.ndarray) -> Figure:
        """At most `most` samples `[n, …]`, and nothing else."""

    def pairs(self, samples: np.ndarray, nearest: np.ndarray) -> Figure | None:
        """Samples `[n, …]` with the training example nearest to each; None where a person sees
        nothing in that."""
        return None


def drawing(height: float, width: float = WIDTH) -> Figure:
    """An empty figure of so many inches."""
    return Figure(figsize=(width, height), layout="constrained")


def few_ticks(axes: Axes, most: int = 3) -> None:
    """Round numbers, as many as a small picture has room for."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))
    axes.tick_params(labelsize="small", length=2)


def log_scale(axes: Axes) -> None:
    """Make what is drawn logarithmic, with plain numbers."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
    axes.yaxis.set_minor_formatter("{x:g}" if high < 50 * low else NullFormatter())
