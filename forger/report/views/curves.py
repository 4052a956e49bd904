"""The view of curves: a few of them, drawn over their axis."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from forger.report.views.base import COLORS, FAKE, Group, View, drawing, few_ticks

ROWS = 5
STACKED = 4  # curves in a thumbnail
COLUMNS = 10  # in a picture of samples alone
CHANNELS = 6  # of a curve, the first of which are drawn
SHARE = 0.45  # of a panel's height that each channel of several has


class Curves(View):
    """One line per curve, all on the same scale.

    Several channels lie below each other, each in a range of its own.
    """

    most = 100

    def draw(self, groups: Sequence[Group]) -> Figure:
        rows = ROWS if self._several is None else 3
        figure = drawing(0.8 * rows * self._height + 0.5)
        grid = self._grid(figure, rows, len(groups))
        for column, (name, examples, _) in zip(grid.T, groups, strict=True):
            column[0].set_title(name, color=COLORS[name], fontweight="bold")
            for axes, curve in zip(column, examples, strict=False):
                self._curve(axes, curve, COLORS[name])
        return figure

    def thumbnail(self, axes: Axes, examples: np.ndarray, color: str = FAKE) -> None:
        shown = examples[:STACKED]
        if self._several is not None:
            for curve in shown:
                self._curve(axes, curve, color, alpha=0.6)
            self._fit(axes)
            axes.set_yticks([])
            place = axes.get_yaxis_transform()  # x in shares of the width
            for i, name in enumerate(self._several):
                axes.text(0, 0.9 - 2 * i, name, va="top", fontsize="xx-small", transform=place)
            return
        low, high = self._ends
        reach = high - low
        for row, curve in enumerate(shown):
            axes.plot(
                self.field.axis, self._lines(curve)[0] - reach * row, color=color, linewidth=1
            )
        axes.set_ylim(low - reach * (STACKED - 1), high)
        few_ticks(axes)
        _draw_scale(axes, (low + high) / 2, _round_down(reach / 2))

    def walks(self, walks: np.ndarray, names: Sequence[str]) -> Figure:
        figure = drawing(3.6 * self._height)
        colors = colormaps["viridis"](np.linspace(0, 0.9, walks.shape[1]))
        grid = self._grid(figure, -(-len(walks) // 2), 2)
        for axes, walk, name in zip(grid.flat, walks, names, strict=False):
            axes.set_title(name, fontsize="small")
            for curve, color in zip(walk, colors, strict=True):
                self._curve(axes, curve, color)
        figure.suptitle("each from dark to light", fontsize="medium")
        return figure

    def families(self, samples: np.ndarray, names: Sequence[str]) -> Figure:
        rows = -(-len(samples[: 2 * ROWS]) // 2)
        figure = drawing(0.9 * rows * self._height + 0.5)
        grid = self._grid(figure, rows, 2)
        for axes, curves, name in zip(grid.flat, samples, names, strict=False):
            axes.set_title(name, fontsize="small")
            for curve in curves[:STACKED]:
                self._curve(axes, curve, FAKE)
        return figure

    def beside(self, groups: Sequence[Group]) -> Figure:
        rows = -(-len(groups[0].examples) // 2)
        figure = drawing(0.9 * rows * self._height + 0.5)
        grid = self._grid(figure, rows, 2)
        for group in reversed(groups):  # the first above the others
            for axes, curve in zip(grid.flat, group.examples, strict=False):
                self._curve(axes, curve, COLORS[group.name], group.name)
        named = dict(zip(*reversed(grid[0, 0].get_legend_handles_labels()), strict=True))
        figure.legend(named.values(), named.keys(), ncols=2, loc="outside upper right")
        return figure

    def line(self, axes: Axes, examples: np.ndarray) -> None:
        axis = np.array(self.field.axis)
        starts = 1.1 * (axis[-1] - axis[0]) * np.arange(len(examples))
        for start, curve in zip(starts, examples, strict=True):
            for values in self._lines(curve):
                axes.plot(axis + start, values, color=FAKE, linewidth=1.2)
        self._fit(axes)
        axes.set_xticks(starts + axis.mean(), [str(i + 1) for i in range(len(examples))])

    def alone(self, samples: np.ndarray) -> Figure:
        columns = min(COLUMNS, len(samples))
        rows = -(-len(samples) // columns)
        figure = drawing(0.6 * rows * self._height + 0.4, 0.9 * columns + 0.6)
        grid = self._grid(figure, rows, columns)
        for axes, curve in zip(grid.flat, samples, strict=False):
            self._curve(axes, curve, FAKE)
        return figure

    def _grid(self, figure: Figure, rows: int, columns: int) -> np.ndarray:
        """Return axes that share one scale, with its numbers along the outer edges."""
        grid: np.ndarray = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        self._fit(grid[0, 0])
        for axes in grid.flat:
            axes.tick_params(labelsize="small", length=2)
        return grid

    def _fit(self, axes: Axes) -> None:
        """Set the range of the y axis, with the names of several channels in place of numbers."""
        axes.set_ylim(self._ends)
        few_ticks(axes)
        if self._several is not None:
            axes.set_yticks(-2.0 * np.arange(len(self._several)), self._several)

    def _curve(
        self, axes: Axes, curve: np.ndarray, color: Any, label: str | None = None, alpha: float = 1
    ) -> None:
        for values in self._lines(curve):
            axes.plot(self.field.axis, values, color=color, linewidth=1.2, label=label, alpha=alpha)

    def _lines(self, curve: np.ndarray) -> np.ndarray:
        """Return what is drawn of an example, a row a channel, NaN beyond the curve's end."""
        if len(self.field.shape) == 1:
            return curve[None]
        channels = self.field.codec.cut(curve).T[:CHANNELS]
        if self._several is None:
            return channels
        middle, half = self._ranges
        return (channels - middle[:, None]) / half[:, None] - 2.0 * np.arange(len(channels))[
            :, None
        ]

    @cached_property
    def _several(self) -> list[str] | None:
        """The names of the channels that are drawn, or None if there is only one."""
        if len(self.field.shape) == 1:
            return None
        codec = self.field.codec
        names = getattr(codec, "names", range(self.field.shape[1]))
        return [str(name) for name in names][:CHANNELS] if len(names) > 1 else None

    @cached_property
    def _ranges(self) -> tuple[np.ndarray, np.ndarray]:
        """The middle and half the width of each channel's range, `[channels]` each."""
        frame = self.field.codec.cut(self.frame)[..., :CHANNELS]
        low = np.nanmin(frame, axis=(0, 1))
        high = np.nanmax(frame, axis=(0, 1))
        return (low + high) / 2, 1.1 * np.where(high > low, high - low, 1.0) / 2

    @property
    def _ends(self) -> tuple[float, float]:
        """The ends of the y axis."""
        if self._several is not None:
            return 1.0 - 2 * len(self._several), 1.0
        if len(self.field.shape) == 1:
            return -self._limit, self._limit
        middle, half = self._ranges
        return float(middle[0] - half[0]), float(middle[0] + half[0])

    @property
    def _height(self) -> float:
        """How much higher panels must be for several channels."""
        return 1.0 if self._several is None else max(1.0, SHARE * len(self._several))

    @property
    def _limit(self) -> float:
        return 1.15 * (float(np.abs(self.frame).max()) or 1.0)


def _draw_scale(axes: Axes, middle: float, size: float) -> None:
    """Draw a bar of this height instead of numbers, which would fit only one of the curves."""
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    place = axes.get_yaxis_transform()  # x in shares of the width, y in the data's units
    ends = [middle - size / 2, middle + size / 2]
    axes.plot([0, 0], ends, color="black", linewidth=2, transform=place)
    axes.text(
        -0.03, middle, f"{size:g}", ha="right", va="center", fontsize="small", transform=place
    )


def _round_down(value: float) -> float:
    """Return the largest number not above `value` that is 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (5, 2, 1) if step * power <= value))
