"""The view of images: a mosaic, dark ink on light ground, with a row per class if labelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from forger.report.views.base import COLORS, FAKE, Group, View, drawing

SIDE = 10
SMALL = 5  # the side of a thumbnail
GAP = 1  # pixels between two images
LOW = 1.0  # inches


class Images(View):
    """Pixels as they are, with a colour bar if they have a single channel.

    Attributes:
        palette: how a single channel is drawn.
        gap: the share of full intensity between images.
        empty: the end of the range, 0 or 1, that fills a place without an image.
    """

    most = SIDE * SIDE
    palette: ClassVar[str] = "gray_r"
    gap: ClassVar[float] = 0.0
    empty: ClassVar[int] = 0

    def draw(self, groups: Sequence[Group]) -> Figure:
        figure = drawing(2.5 if len(groups) > 1 else 4.2)
        row = figure.subplots(1, len(groups), squeeze=False)[0]
        for axes, (name, examples, labels) in zip(row, groups, strict=True):
            if labels is None:
                image = self._show(axes, examples[: self.most], SIDE)
            else:
                classes = self.classes[:SIDE]
                image = self._show(axes, self._by_class(examples, labels, len(classes)), SIDE)
                self._name_rows(axes, classes)
            axes.set_title(name, color=COLORS[name], fontweight="bold")
        self._scale(figure, image, row)
        return figure

    def thumbnail(self, axes: Axes, examples: np.ndarray, color: str = FAKE) -> None:
        side = min(SMALL, int(len(examples) ** 0.5))
        self._show(axes, examples[: side * side], side)

    def walks(self, walks: np.ndarray, names: Sequence[str]) -> Figure:
        return self._draw_rows(walks, names)

    def families(self, samples: np.ndarray, names: Sequence[str]) -> Figure:
        return self._draw_rows(samples[:SIDE, :SIDE], names[:SIDE])

    def beside(self, groups: Sequence[Group]) -> Figure:
        names = [group.name.replace(" in ", " in\n") for group in groups]
        return self._draw_rows(np.stack([group.examples for group in groups]), names)

    def line(self, axes: Axes, examples: np.ndarray) -> None:
        self._show(axes, examples, len(examples))

    def _draw_rows(self, images: np.ndarray, names: Sequence[str]) -> Figure:
        rows, columns = images.shape[:2]
        figure = drawing(3.4 * rows / columns + 0.5)
        axes = figure.subplots()
        image = self._show(axes, images.reshape(rows * columns, *images.shape[2:]), columns)
        self._name_rows(axes, names)
        self._scale(figure, image, [axes])
        return figure

    def alone(self, samples: np.ndarray) -> Figure:
        columns = min(SIDE, len(samples))
        rows = -(-len(samples) // columns)
        figure = drawing(0.45 * rows + 0.3, 0.45 * columns + 0.9)
        axes = figure.subplots()
        image = self._show(axes, self._fill_up(samples, rows * columns), columns)
        self._scale(figure, image, [axes])
        return figure

    def _show(self, axes: Axes, images: np.ndarray, columns: int) -> AxesImage:
        low, high = self.field.codec.ends
        shares = (images - low) / (high - low)
        mosaic = _mosaic(np.clip(shares, 0, 1), columns, self.gap)
        drawn = axes.imshow(mosaic, cmap=self.palette, vmin=0, vmax=1)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
        return drawn

    def _by_class(self, images: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
        """Return `SIDE` images of each class, filled up with empty ones."""
        rows = [images[labels == label][:SIDE] for label in range(classes)]
        return np.concatenate([self._fill_up(row, SIDE) for row in rows])

    def _fill_up(self, images: np.ndarray, n: int) -> np.ndarray:
        """Append empty images to make `n` of them, `[n, …]`."""
        fill = self.field.codec.ends[self.empty]
        empty = np.full((n - len(images), *images.shape[1:]), fill, images.dtype)
        return np.concatenate([images, empty])

    def _name_rows(self, axes: Axes, names: Sequence[str]) -> None:
        height = self.field.shape[0] + GAP
        axes.set_yticks([(row + 0.5) * height - 0.5 - GAP / 2 for row in range(len(names))], names)
        axes.tick_params(length=0)

    def _scale(self, figure: Figure, image: AxesImage, axes: Sequence[Axes]) -> None:
        """Add a colour bar that says what ink means, if a pixel is a single number."""
        if self.field.shape[-1] > 1:
            return
        low, high = self.field.codec.ends
        bar = figure.colorbar(image, ax=list(axes), shrink=0.7, aspect=20)
        bar.set_ticks([0, 0.5, 1], labels=[f"{value:g}" for value in (low, (low + high) / 2, high)])
        if figure.get_figheight() > LOW:  # in a lower one, the words would be cut
            bar.set_label(self.field.units, fontsize="small")
        bar.ax.tick_params(labelsize="small", length=2)


def _mosaic(images: np.ndarray, columns: int, gap: float) -> np.ndarray:
    """Tile `[n, h, w, c]` to `[rows · h, columns · w]` (or `…, c` in colour), gaps included."""
    images = np.pad(images, ((0, 0), (0, GAP), (0, GAP), (0, 0)), constant_values=gap)
    rows = len(images) // columns
    _, height, width, channels = images.shape
    tiles = images[: rows * columns].reshape(rows, columns, height, width, channels)
    mosaic = tiles.swapaxes(1, 2).reshape(rows * height, columns * width, channels)
    return mosaic[..., 0] if channels == 1 else mosaic
