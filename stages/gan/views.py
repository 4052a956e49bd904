"""How a person looks at examples: as points, as curves or as images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from stages.gan.results import Results

REAL, FAKE, GRID = "#2b6cb0", "#dd6b20", "#888888"
COLORS = {"real": REAL, "generated": FAKE}
POINTS = 1000  # more hide each other

Group = tuple[str, np.ndarray, np.ndarray | None]  # name, examples [n, …], labels [n] or None

SIZES = {"points": (5.0, 4.5), "curves": (5.0, 4.5), "images": (4.5, 4.8)}


def overlays(results: Results) -> bool:
    """Whether groups are drawn over each other, instead of side by side."""
    return results.data["view"] == "points"


def draw(figure: Figure, results: Results, groups: Sequence[Group]) -> None:
    """Draw groups of examples into an empty figure."""
    if overlays(results):
        axes = figure.subplots()
        for name, examples, _ in groups:
            _scatter(axes, examples[:POINTS], name)
        _frame(axes, results)
        axes.legend(loc="upper right", markerscale=2)
        return
    parts = figure.subfigures(1, len(groups), squeeze=False)[0]
    for part, (name, examples, labels) in zip(parts, groups, strict=True):
        part.suptitle(name, color=COLORS[name], fontweight="bold")
        _PANELS[results.data["view"]](part, results, examples, labels, COLORS[name])


def thumbnail(axes: Axes, results: Results, examples: np.ndarray) -> None:
    """One small picture of one snapshot's samples."""
    _THUMBNAILS[results.data["view"]](axes, results, examples)


def walks(results: Results) -> Figure:
    """Samples along great circles: `[w, steps, …]`."""
    return _WALKS[results.data["view"]](results)


# Points: the first two coordinates, in the frame of the real data.


def _scatter(axes: Axes, points: np.ndarray, name: str) -> None:
    x, y = points[:, 0], points[:, 1]
    axes.scatter(x, y, s=6, alpha=0.5, linewidth=0, color=COLORS[name], label=name)


def _frame(axes: Axes, results: Results) -> None:
    low, high = results.real[:, :2].min(0), results.real[:, :2].max(0)
    margin = 0.15 * (high - low)
    axes.set_xlim(low[0] - margin[0], high[0] + margin[0])
    axes.set_ylim(low[1] - margin[1], high[1] + margin[1])


def _points_thumbnail(axes: Axes, results: Results, examples: np.ndarray) -> None:
    _scatter(axes, results.real[:POINTS], "real")
    _scatter(axes, examples, "generated")
    _frame(axes, results)
    axes.set_xticks([])
    axes.set_yticks([])


def _points_walks(results: Results) -> Figure:
    figure, axes = plt.subplots(figsize=(6, 6))
    _scatter(axes, results.real[:POINTS], "real")
    for number, walk in enumerate(results.walks, 1):
        axes.plot(*walk[:, :2].T, marker="o", markersize=4, label=f"walk {number}")
    _frame(axes, results)
    axes.legend(loc="upper right")
    return figure


# Curves: a few, each in a row of its own.


def _curve(axes: Axes, results: Results, curve: np.ndarray, color: str) -> None:
    axes.plot(results.data["axis"], curve, color=color, linewidth=1.4)
    limit = 1.15 * np.abs(results.real).max()
    axes.set_ylim(-limit, limit)
    axes.set_xticks([])
    axes.set_yticks([])


def _curves_panel(
    part: SubFigure, results: Results, examples: np.ndarray, labels: object, color: str
) -> None:
    for axes, curve in zip(part.subplots(4, 2).flat, examples, strict=False):
        _curve(axes, results, curve, color)


def _curves_thumbnail(axes: Axes, results: Results, examples: np.ndarray) -> None:
    shown = examples[:4]
    step = 2.4 * np.abs(results.real).max()
    for row, curve in enumerate(shown):
        axes.plot(results.data["axis"], curve - row * step, color=FAKE, linewidth=1.2)
    axes.set_ylim(-(len(shown) - 0.5) * step, 0.5 * step)
    axes.set_xticks([])
    axes.set_yticks([])


def _curves_walks(results: Results) -> Figure:
    rows, steps = results.walks.shape[:2]
    figure, axes = plt.subplots(rows, steps, figsize=(steps, rows), squeeze=False)
    for axis, curve in zip(axes.flat, results.walks.reshape(rows * steps, -1), strict=True):
        _curve(axis, results, curve, FAKE)
    return figure


# Images: a mosaic, dark ink on light ground; labelled ones with a row a class.


def _mosaic(images: np.ndarray, columns: int) -> np.ndarray:
    """Tile `[n, h, w, c]` to `[rows · h, columns · w]` (or `…, c` in colour), gaps included."""
    images = np.pad(images, ((0, 0), (0, 1), (0, 1), (0, 0)), constant_values=images.min())
    rows = len(images) // columns
    _, height, width, channels = images.shape
    tiles = images[: rows * columns].reshape(rows, columns, height, width, channels)
    mosaic = tiles.swapaxes(1, 2).reshape(rows * height, columns * width, channels)
    return mosaic[..., 0] if channels == 1 else mosaic


def _show(axes: Axes, results: Results, images: np.ndarray, columns: int) -> None:
    offset, scale = results.data["offset"], results.data["scale"]
    mosaic = _mosaic(np.clip((images - offset) / (2 * scale) + 0.5, 0, 1), columns)
    axes.imshow(mosaic, cmap="gray_r", vmin=0, vmax=1)
    axes.axis("off")


def _images_panel(
    part: SubFigure, results: Results, examples: np.ndarray, labels: np.ndarray | None, color: str
) -> None:
    axes = part.subplots()
    if results.labels is not None and labels is not None:
        classes = range(len(results.data["classes"]))[:10]
        examples = np.concatenate([examples[labels == label][:10] for label in classes])
    _show(axes, results, examples[:100], 10)


def _images_thumbnail(axes: Axes, results: Results, examples: np.ndarray) -> None:
    columns = int(np.sqrt(len(examples)))
    side = min(columns, 5 if results.labels is None else columns)
    shown = examples[: side * side]
    _show(axes, results, shown, side)


def _images_walks(results: Results) -> Figure:
    rows, steps = results.walks.shape[:2]
    figure, axes = plt.subplots(figsize=(9, 9 * rows / steps))
    _show(axes, results, results.walks.reshape(rows * steps, *results.walks.shape[2:]), steps)
    return figure


_PANELS: dict[str, Callable[..., None]] = {"curves": _curves_panel, "images": _images_panel}
_THUMBNAILS: dict[str, Callable[[Axes, Results, np.ndarray], None]] = {
    "points": _points_thumbnail,
    "curves": _curves_thumbnail,
    "images": _images_thumbnail,
}
_WALKS: dict[str, Callable[[Results], Figure]] = {
    "points": _points_walks,
    "curves": _curves_walks,
    "images": _images_walks,
}
