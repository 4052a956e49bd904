"""The view of a table: the distribution of each column, and rows as text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from forger.data.codecs.columns import AnyColumn, Category
from forger.data.codecs.table import Table
from forger.data.table_rows import write_column
from forger.metrics.tables import associate
from forger.report.views.base import COLORS, FAKE, REAL, Group, View, drawing, few_ticks

SHOWN = 12  # columns with a panel each
BARS = 8  # categories with a bar each, the most frequent ones
BINS = 30
ROWS = 12
WORDS = 5  # columns of text side by side
LETTERS = 12
FONT = 8.0  # points


class Tables(View):
    """A panel a column, in which groups lie over each other."""

    most = ROWS

    @property
    def codec(self) -> Table:
        assert isinstance(self.field.codec, Table)
        return self.field.codec

    def draw(self, groups: Sequence[Group]) -> Figure:
        columns = self.codec.columns[:SHOWN]
        lines = -(-len(columns) // 2)
        figure = drawing(0.5 + 1.35 * lines)
        grid = figure.subplots(lines, 2, squeeze=False)
        for axes in grid.flat[len(columns) :]:
            axes.axis("off")
        for i, (axes, column) in enumerate(zip(grid.flat, columns, strict=False)):
            own = [(group.name, group.examples[:, i]) for group in groups]
            (_draw_bars if isinstance(column, Category) else self._draw_histogram)(
                axes, column, own
            )
            axes.set_title(_title(column), fontsize="small")
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, ncols=2, loc="outside upper right")
        if more := len(self.codec.columns) - len(columns):
            figure.supxlabel(f"and {more} more columns", fontsize="small")
        return figure

    def _draw_histogram(
        self, axes: Axes, column: AnyColumn, groups: Sequence[tuple[str, np.ndarray]]
    ) -> None:
        assert not isinstance(column, Category)
        frame = self.frame[:, self.codec.columns.index(column)]
        frame = frame[~np.isnan(frame)]
        edges = _find_edges(frame, column.step)
        scale = _dates if column.format else np.asarray
        for name, values in groups:
            there = values[~np.isnan(values)]
            axes.hist(
                scale(there), scale(edges).tolist(), alpha=0.5, color=COLORS[name], label=name,
                weights=np.full(len(there), 1 / max(1, len(values))),
            )  # fmt: skip
        _scale(axes)
        if column.format:
            locator = AutoDateLocator(minticks=2, maxticks=4)
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))

    def thumbnail(self, axes: Axes, examples: np.ndarray, color: str = FAKE) -> None:
        columns = self.codec.columns[:SHOWN]
        found = associate(examples[:, : len(columns)], columns)
        axes.imshow(found, vmin=0, vmax=1, cmap="Blues" if color == REAL else "Oranges")
        axes.set_xticks([])
        axes.set_yticks([])

    def walks(self, walks: np.ndarray, names: Sequence[str]) -> Figure:
        """Draw how each number and choice changes along the paths, from its lowest to highest."""
        columns = self.codec.columns[:SHOWN]
        figure = drawing(0.6 + 1.1 * len(walks))
        panels = figure.subplots(len(walks), 1, sharex=True, squeeze=False)[:, 0]
        low = np.nanmin(self.frame, axis=0)
        width = np.nanmax(self.frame, axis=0) - low
        for axes, walk, name in zip(panels, walks, names, strict=True):
            for i, column in enumerate(columns):
                axes.plot((walk[:, i] - low[i]) / (width[i] or 1), label=column.name, marker=".")
            axes.set_ylabel(name, fontsize="small")
            axes.set_yticks([0, 1], ["lowest", "highest"], fontsize="small")
        panels[-1].set_xlabel("step")
        figure.legend(
            *panels[0].get_legend_handles_labels(),
            ncols=3,
            fontsize="small",
            loc="outside upper center",
        )
        return figure

    def families(self, samples: np.ndarray, names: Sequence[str]) -> Figure:
        """Draw each family's association of the columns."""
        lines = -(-len(samples) // 3)
        figure = drawing(1.6 * lines)
        grid = figure.subplots(lines, 3, squeeze=False)
        for axes in grid.flat[len(samples) :]:
            axes.axis("off")
        for axes, rows, name in zip(grid.flat, samples, names, strict=False):
            self.thumbnail(axes, rows)
            axes.set_title(name, fontsize="small")
        return figure

    def alone(self, samples: np.ndarray) -> Figure:
        return self._draw_rows([("", samples)])

    def beside(self, groups: Sequence[Group]) -> Figure:
        return self._draw_rows([(group.name, group.examples) for group in groups])

    def line(self, axes: Axes, examples: np.ndarray) -> None:
        raise NotImplementedError("rows of a table have no picture to stand in a line")

    def _draw_rows(self, groups: Sequence[tuple[str, np.ndarray]]) -> Figure:
        """Draw rows as text: the first row of each group, then the second, and so on."""
        columns = self.codec.columns[:WORDS]
        texts = [
            [write_column(column, rows[:, i]) for i, column in enumerate(columns)]
            for _, rows in groups
        ]
        cells = []
        colors = []
        for row in range(len(groups[0][1])):
            for (name, _), own in zip(groups, texts, strict=True):
                cells.append([_shorten(own[i][row]) for i in range(len(columns))])
                colors.append([COLORS.get(name, "black")] * len(columns))
        figure = drawing(0.4 + 0.19 * (len(cells) + 1))
        axes = figure.subplots()
        axes.axis("off")
        table = axes.table(
            cells, colLabels=[_shorten(column.name) for column in columns], loc="upper center"
        )
        table.auto_set_font_size(False)
        table.set_fontsize(FONT)
        for (row, _), cell in table.get_celld().items():
            cell.set_edgecolor("#dddddd")
            cell.get_text().set_color(colors[row - 1][0] if row else "black")
        told = [
            f"{name} ({'blue' if COLORS[name] == REAL else 'orange'})" for name, _ in groups if name
        ]
        more = len(self.codec.columns) - len(columns)
        told += [f"first {len(columns)} of {len(self.codec.columns)} columns"] * (more > 0)
        axes.set_title(", ".join(told), fontsize="small")
        return figure


def draw_associations(axes: Axes, values: np.ndarray, columns: Sequence[AnyColumn]) -> None:
    """Draw how far each column tells of each other, with the columns' names."""
    axes.imshow(values, vmin=0, vmax=1, cmap="Blues")
    axes.set_xticks(range(len(columns)), [_shorten(c.name) for c in columns], rotation=90)
    axes.set_yticks(range(len(columns)), [_shorten(c.name) for c in columns])
    axes.tick_params(labelsize="small")


def _draw_bars(axes: Axes, column: AnyColumn, groups: Sequence[tuple[str, np.ndarray]]) -> None:
    assert isinstance(column, Category)
    names = [*column.categories, "(missing)"]
    counts = {
        name: np.bincount(column.choose(values), minlength=len(names)) / len(values)
        for name, values in groups
    }
    first = next(iter(counts.values()))
    shown = np.sort(np.argsort(-first, kind="stable")[: min(BARS, column.choices)])
    width = 0.8 / len(groups)
    for i, (name, shares) in enumerate(counts.items()):
        places = np.arange(len(shown)) + (i - (len(groups) - 1) / 2) * width
        axes.bar(places, shares[shown], width, color=COLORS[name], alpha=0.7, label=name)
    _scale(axes)
    axes.set_xticks(range(len(shown)), [_shorten(names[i]) for i in shown], fontsize="x-small")
    if max(len(names[i]) for i in shown) * len(shown) > 24:
        axes.tick_params(axis="x", rotation=90)


def _scale(axes: Axes) -> None:
    """Let the axes say shares of the rows."""
    few_ticks(axes)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _find_edges(values: np.ndarray, step: float) -> np.ndarray:
    """Return the edges of about `BINS` bins, each with equally many values of the grid."""
    low = values.min()
    high = values.max()
    if not step:
        return np.linspace(low, high, BINS + 1)
    width = step * max(1, np.ceil((high - low) / step / BINS))
    return np.arange(low - step / 2, high + width, width)


def _title(column: AnyColumn) -> str:
    shown = isinstance(column, Category) and column.choices > BARS
    return _shorten(column.name, 28) + (f" ({BARS} of {column.choices})" if shown else "")


def _shorten(text: str, most: int = LETTERS) -> str:
    text = text.replace("$", r"\$")  # Matplotlib would read it as mathematics
    return text if len(text) <= most else text[: most - 1] + "…"


def _dates(seconds: np.ndarray) -> np.ndarray:
    return np.asarray(date2num(pd.to_datetime(seconds, unit="s").to_numpy()))
