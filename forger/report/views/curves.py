"""The view of curves: a few of them, drawn over their axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from forger.report.views.base import COLORS, FAKE, Group, View, drawing, few_ticks

ROWS = 5
STACKED = 4  # curves in a thumbnail
COLUMNS = 10  # in a picture of samples alone


class Curves(View):
    """One line per curve, all on the same scale."""

    most = 100

    def draw(self, groups: Sequence[Group]) -> Figure:
        figure = drawing(0.8 * ROWS + 0.5)
        grid = self._grid(figure, ROWS, len(groups))
        for column, (name, examples, _) in zip(grid.T, groups, strict=True):
            column[0].set_title(name, color=COLORS[name], fontweight="bold")
            for axes, curve in zip(column, examples, strict=False):
                self._curve(axes, curve, COLORS[name])
        return figure

    def thumbnail(self, axes: Axes, examples: np.ndarray, color: str = FAKE) -> None:
        limit = self._limit
        shown = examples[:STACKED]
        for row, curve in enumerate(shown):
            axes.plot(self.field.axis, curve - 2 * limit * row, color=color, linewidth=1)
        axes.set_ylim(-limit * (2 * STACKED - 1), limit)
        few_ticks(axes)
        _draw_scale(axes, _round_down(limit))

    def walks(self, walks: np.ndarray, names: Sequence[str]) -> Figure:
        figure = drawing(3.6)
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
        figure = drawing(0.9 * rows + 0.5)
        grid = self._grid(figure, rows, 2)
        for axes, curves, name in zip(grid.flat, samples, names, strict=False):
            axes.set_title(name, fontsize="small")
            for curve in curves[:STACKED]:
                self._curve(axes, curve, FAKE)
        return figure

    def beside(self, groups: Sequence[Group]) -> Figure:
        rows = -(-len(groups[0].examples) // 2)
        figure = drawing(0.9 * rows + 0.5)
        grid = self._grid(figure, rows, 2)
        for group in reversed(groups):  # the first above the others
            for axes, curve in zip(grid.flat, group.examples, strict=False):
                self._curve(axes, curve, COLORS[group.name], group.name)
        figure.legend(*grid[0, 0].get_legend_handles_labels(), ncols=2, loc="outside upper right")
        return figure

    def line(self, axes: Axes, examples: np.ndarray) -> None:
        axis = np.array(self.field.axis)
        starts = 1.1 * (axis[-1] - axis[0]) * np.arange(len(examples))
        for start, curve in zip(starts, examples, strict=True):
            axes.plot(axis + start, curve, color=FAKE, linewidth=1.2)
        axes.set_ylim(-self._limit, self._limit)
        few_ticks(axes)
        axes.set_xticks(starts + axis.mean(), [str(i + 1) for i in range(len(examples))])

    def alone(self, samples: np.ndarray) -> Figure:
        columns = min(COLUMNS, len(samples))
        rows = -(-len(samples) // columns)
        figure = drawing(0.6 * rows + 0.4, 0.9 * columns + 0.6)
        grid = self._grid(figure, rows, columns)
        for axes, curve in zip(grid.flat, samples, strict=False):
            self._curve(axes, curve, FAKE)
        return figure

    def _grid(self, figure: Figure, rows: int, columns: int) -> np.ndarray:
        """Return axes that share one scale, with its numbers along the outer edges."""
        grid: np.ndarray = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        grid[0, 0].set_ylim(-self._limit, self._limit)
        few_ticks(grid[0, 0])
        for axes in grid.flat:
            axes.tick_params(labelsize="small", length=2)
        return grid

    def _curve(self, axes: Axes, curve: np.ndarray, color: Any, label: str | None = None) -> None:
        axes.plot(self.field.axis, curve, color=color, linewidth=1.2, label=label)

    @property
    def _limit(self) -> float:
        return 1.15 * (float(np.abs(self.frame).max()) or 1.0)


def _draw_scale(axes: Axes, size: float) -> None:
    """Draw a bar of this height instead of numbers, which would fit only one of the curves."""
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    place = axes.get_yaxis_transform()  # x in shares of the width, y in the data's units
    axes.plot([0, 0], [-size / 2, size / 2], color="black", linewidth=2, transform=place)
    axes.text(-0.03, 0, f"{size:g}", ha="right", va="center", fontsize="small", transform=place)


def _round_down(value: float) -> float:
    """Return the largest number not above `value` that is 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (5, 2, 1) if step * power <= value))
