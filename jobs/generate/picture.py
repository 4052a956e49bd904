"""A picture of generated samples alone, in the colours of the report."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.gan import style
from stages.gan.views import FAKE, POINTS, SIZES

style.apply()

COLUMNS = 10
MOST = {"points": POINTS, "curves": 100, "images": 100}  # samples in a picture


def draw(samples: np.ndarray, data: dict[str, Any]) -> Figure:
    """At most `MOST` samples `[n, …]` in the data's units: points together, others in a grid."""
    if data["view"] == "points":
        return _points(samples)
    columns, rows = min(COLUMNS, len(samples)), math.ceil(len(samples) / COLUMNS)
    figure = Figure(figsize=(0.9 * columns, 0.9 * rows), dpi=100)
    figure.set_layout_engine("none")
    grid = figure.subplots(
        rows, columns, squeeze=False,
        gridspec_kw={"left": 0, "right": 1, "bottom": 0, "top": 1, "wspace": 0.06, "hspace": 0.06},
    )  # fmt: skip
    for axes in grid.flat:
        axes.axis("off")
    cell, limit = _CELLS[data["view"]], 1.15 * float(np.abs(samples).max())
    for axes, sample in zip(grid.flat, samples, strict=False):
        cell(axes, sample, data, limit)
    return figure


def _points(samples: np.ndarray) -> Figure:
    """The first two coordinates."""
    figure = Figure(figsize=SIZES["points"], dpi=100)
    axes = figure.subplots()
    axes.scatter(samples[:, 0], samples[:, 1], s=6, alpha=0.5, linewidth=0, color=FAKE)
    return figure


def _curve(axes: Axes, sample: np.ndarray, data: dict[str, Any], limit: float) -> None:
    axes.plot(data["axis"], sample, color=FAKE, linewidth=1.2)
    axes.set_ylim(-limit, limit)


def _image(axes: Axes, sample: np.ndarray, data: dict[str, Any], limit: float) -> None:
    """Dark ink on light ground, or in colour."""
    shares = np.clip(((sample - data["offset"]) / data["scale"] + 1) / 2, 0, 1)
    shown = shares[..., 0] if shares.shape[-1] == 1 else shares
    axes.imshow(shown, cmap="gray_r", vmin=0, vmax=1)


_CELLS: dict[str, Callable[[Axes, np.ndarray, dict[str, Any], float], None]] = {
    "curves": _curve,
    "images": _image,
}
