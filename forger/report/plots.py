"""The report's pictures: functions of one recipe's results that return a Figure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from forger.data.decoded import Vectors
from forger.methods.reports import Report, of_kind
from forger.metrics.nearest import Nearest
from forger.metrics.neighbours import DENSITY_K, Within, distances, neighbours
from forger.report.results import Results
from forger.report.views.base import FAKE, GRID, REAL, Group, drawing, few_ticks, log_scale

COLORS = (REAL, FAKE, "#2f855a", "#805ad5", "#b83280")
WIDE_RANGE = 20  # largest over smallest loss: beyond this, the axis is logarithmic
MOMENTS = 6  # snapshots shown side by side
NEIGHBOURS_OF = 300  # samples taken from a snapshot
FEWEST = 50  # samples; with fewer, shares say little
FLOORS = 5  # draws of training data that a floor averages
PAIRS = 8

Figures = dict[str, float]


def real(results: Results) -> Figure:
    """Draw held-out real data alone."""
    return results.view.draw(_groups(results)[:1])


def samples(results: Results) -> Figure:
    """Draw final samples against real data."""
    return results.view.draw(_groups(results))


def nearest(results: Results) -> Figure:
    """Draw some samples, each with its nearest training example."""
    some = results.samples[:: max(1, len(results.samples) // PAIRS)][:PAIRS]
    codec = results.data.real.codec
    _, found = Nearest(Vectors(results.train, codec)).search(codec.vectors(some))
    near = codec.decode(results.train[found[:, 0]])
    return results.view.beside([Group("generated", some), Group("nearest in training", near)])


def learning_curves(results: Results) -> Figure:
    """Draw the losses over training, in a range that they fill."""
    figure, axes, reports = _draw_reports(results, "loss")
    losses = results.history[[report.name for report in reports]].to_numpy()
    low = losses.min()
    high = losses.max()
    if low > 0 and high > WIDE_RANGE * low:
        log_scale(axes)
    _draw_evens(axes, reports, low - (high - low), high + (high - low))
    figure.legend(ncols=3, loc="outside upper right")  # the curves may be anywhere
    return figure


def accuracies(results: Results) -> Figure:
    """Draw the accuracies over training, on its batches."""
    figure, axes, reports = _draw_reports(results, "accuracy")
    _draw_evens(axes, reports, 0, 1)
    axes.set_ylim(-0.02, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    figure.legend(ncols=3, loc="outside upper right")
    return figure


def others(results: Results) -> Figure:
    """Draw what else the method reports over training, each in a panel of its own."""
    reports = of_kind(results.reports, "other")
    figure = drawing(0.6 + 1.1 * len(reports))
    panels = figure.subplots(len(reports), 1, sharex=True, squeeze=False)[:, 0]
    for axes, report, color in zip(panels, reports, cycle(COLORS), strict=False):
        axes.plot(results.history["epoch"], results.history[report.name], color=color)
        if report.even is not None:
            axes.axhline(report.even, color=GRID, linestyle="--", linewidth=1)
            # Beside the axes, where no curve is.
            place = {"xy": (1.01, report.even), "xycoords": ("axes fraction", "data")}
            axes.annotate(report.even_label, **place, va="center", fontsize="small", color=GRID)
        axes.set_title(report.meaning, fontsize="small")
        axes.grid(color="#eeeeee")
        few_ticks(axes)
    _label_epochs(panels[-1])
    return figure


def _draw_reports(results: Results, kind: str) -> tuple[Figure, Axes, list[Report]]:
    """Draw the reports of one kind, and return them."""
    figure, axes = _over_epochs(kind)
    reports = of_kind(results.reports, kind)
    for i, report in enumerate(reports):
        color = COLORS[i % len(COLORS)]
        values = results.history[report.name]
        axes.plot(results.history["epoch"], values, color=color, label=report.label)
    return figure, axes, reports


def _draw_evens(axes: Axes, reports: Sequence[Report], low: float, high: float) -> None:
    """Draw the values of the reports when no player is ahead, but stretch the axis only to those
    between `low` and `high`."""
    lines = {report.even: report.even_label for report in reports if report.even is not None}
    for value in sorted(lines, key=lambda value: not low < value < high):
        limits = axes.get_ylim()
        axes.axhline(value, color=GRID, linestyle="--", linewidth=1, label=lines[value])
        if not low < value < high:
            axes.set_ylim(limits)


def quality(results: Results) -> Figure:
    """Draw how near each snapshot's samples come to held-out data.

    The floor is training data's: its mean over several draws, in the band that they fill.
    """
    n = min(results.snapshots.shape[1], len(results.real), len(results.train), NEIGHBOURS_OF)
    panels: dict[str, tuple[str, ...]] = {"distance": ("energy_distance",)}
    if n >= FEWEST:
        panels["share"] = ("precision", "coverage")
    figure = drawing(1.4 + 1.2 * len(panels))
    table = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    table[0].set_title(f"{n} samples a snapshot, beside as many held-out examples")
    _label_epochs(table[-1])
    if n <= DENSITY_K:
        table[0].text(
            0.5, 0.5, "too few to say anything", ha="center", transform=table[0].transAxes
        )
        return figure
    found, floors = _beside_held_out(results, n)
    for axes, (ylabel, names) in zip(table, panels.items(), strict=True):
        for name, color in zip(names, (FAKE, REAL), strict=False):
            label = name.replace("_", " ")
            axes.plot(results.epochs, [each[name] for each in found], color=color, label=label)
            draws = [each[name] for each in floors]
            axes.axhline(
                np.mean(draws), color=color, linestyle="--", linewidth=1, label="its floor"
            )
            axes.axhspan(min(draws), max(draws), color=color, alpha=0.12, linewidth=0)
        if results.best is not None:
            axes.axvline(results.best, color=GRID, linestyle=":", label="kept")
        axes.set_ylabel(ylabel)
        axes.grid(color="#eeeeee")
        axes.legend(ncols=2, fontsize="small")
    log_scale(table[0])
    return figure


def _beside_held_out(results: Results, n: int) -> tuple[list[Figures], list[Figures]]:
    """Return the figures of `neighbours` for every snapshot and for some draws of training data."""
    codec = results.data.real.codec
    real = codec.vectors(results.real[:n])
    within = Within.of(distances(real))
    train = codec.vectors(codec.decode(results.train[: FLOORS * n]))
    draws = [train[start : start + n] for start in range(0, len(train) - n + 1, n)]
    found = [neighbours(codec.vectors(shot[:n]), real, within) for shot in results.snapshots]
    return found, [neighbours(draw, real, within) for draw in draws]


def progress(results: Results) -> Figure:
    """Draw samples of the same latents as training goes on."""
    picked = np.unique(np.linspace(0, len(results.epochs) - 1, MOMENTS).round().astype(int))
    rows = -(-len(picked) // 3)
    figure = drawing(1.7 * rows)
    view = results.view
    grid = figure.subplots(rows, 3, squeeze=False)
    for axes in grid.flat[len(picked) :]:
        axes.axis("off")
    for axes, i in zip(grid.flat, picked, strict=False):
        view.thumbnail(axes, results.snapshots[i])
        axes.set_title(_moment(results.epochs[i]))
    return figure


def animate(results: Results, path: Path) -> None:
    """Write samples of the same latents as an animation, with one frame per snapshot."""
    figure = drawing(2.6, 2.4)
    view = results.view
    axes = figure.subplots()

    def frame(i: int) -> list[Axes]:
        axes.clear()
        view.thumbnail(axes, results.snapshots[i])
        axes.set_title(_moment(results.epochs[i]))
        return [axes]

    last = len(results.epochs) - 1
    # The axes' place is found once: to find it takes longer than to draw a frame.
    frame(last)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    frames = [*range(last + 1), *[last] * 6]  # the result stays for a while
    FuncAnimation(figure, frame, frames).save(path, PillowWriter(fps=6))


def walk(results: Results) -> Figure:
    """Draw walks between latents, each as a row or as a line of points."""
    assert results.walks is not None
    return results.view.walks(results.walks, [f"walk {i + 1}" for i in range(len(results.walks))])


def _groups(results: Results) -> list[Group]:
    """Return real examples and samples, with labels if the generator was given them."""
    told = None if results.labels is None else results.real_labels
    return [
        Group("real", results.real, None if told is None else told[: len(results.real)]),
        Group("generated", results.samples, results.labels),
    ]


def _over_epochs(ylabel: str) -> tuple[Figure, Axes]:
    figure = drawing(2.6)
    axes = figure.subplots()
    axes.set_ylabel(ylabel)
    _label_epochs(axes)
    axes.grid(color="#eeeeee")
    return figure, axes


def _label_epochs(axes: Axes) -> None:
    """Label an axis of epochs, with whole numbers of them."""
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _moment(epoch: int) -> str:
    return "untrained" if epoch == 0 else f"epoch {epoch}"
