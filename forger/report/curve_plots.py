"""Pictures of curves: all of them at once, and how their values hang together."""

from __future__ import annotations

import warnings

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from forger.metrics.curves import autocorrelation, spectrum
from forger.report.results import Results
from forger.report.views.base import FAKE, REAL, drawing, few_ticks

CHANNELS = 6
LINES = 60  # curves of a bundle that are drawn one by one
SHARES = (5, 50, 95)  # per cent of the values at a step that lie below the lines


def bundles(results: Results) -> Figure:
    """Draw many curves over each other, with the median and the middle 90 % of each step."""
    both = _both(results)
    names = _names(results)
    figure = drawing(0.5 + 1.5 * len(names))
    grid = figure.subplots(len(names), 2, sharex=True, sharey="row", squeeze=False)
    for row, name in enumerate(names):
        for axes, (kind, color, curves) in zip(grid[row], both, strict=True):
            _draw_bundle(axes, np.array(results.data.real.axis), curves[..., row], color)
            if row == 0:
                axes.set_title(kind, color=color, fontweight="bold")
        low, high = np.nanpercentile(both[0][2][..., row], [0.1, 99.9])
        grid[row, 0].set_ylim(low - 0.15 * (high - low), high + 0.15 * (high - low))
        grid[row, 0].set_ylabel(name)
    return figure


def correlations(results: Results) -> Figure:
    """Draw autocorrelations and spectra of samples over those of real data."""
    both = _both(results)
    names = _names(results)
    figure = drawing(0.6 + 1.4 * len(names))
    grid = figure.subplots(len(names), 2, sharex="col", squeeze=False)
    axis = np.array(results.data.real.axis)
    step = (axis[-1] - axis[0]) / (len(axis) - 1)
    for kind, color, curves in both:
        found = autocorrelation(curves)
        powers = spectrum(curves)
        lags = step * np.arange(1, len(found) + 1)
        frequencies = np.arange(1, len(powers) + 1) / (step * len(axis))
        for row in range(len(names)):
            style = {"color": color, "linewidth": 1.4, "label": kind}
            grid[row, 0].plot(lags, found[:, row], **style)
            grid[row, 1].plot(frequencies, powers[:, row], **style)
    for row, name in enumerate(names):
        if len(names) > 1:
            grid[row, 0].set_ylabel(name)
        few_ticks(grid[row, 0])
        grid[row, 1].set_yscale("log")
        grid[row, 1].tick_params(labelsize="small", length=2)
    grid[0, 0].set_title("autocorrelation", fontsize="medium")
    grid[0, 1].set_title("power", fontsize="medium")
    grid[-1, 0].set_xlabel("lag")
    grid[-1, 1].set_xlabel("frequency")
    grid[0, 0].legend(fontsize="small")
    return figure


def _draw_bundle(axes: Axes, axis: np.ndarray, curves: np.ndarray, color: str) -> None:
    for curve in curves[:LINES]:
        axes.plot(axis, curve, color=color, linewidth=0.5, alpha=0.25)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a step that no curve reaches
        low, middle, high = np.nanpercentile(curves, SHARES, axis=0)
    axes.fill_between(axis, low, high, color=color, alpha=0.25, linewidth=0)
    axes.plot(axis, middle, color="black", linewidth=1.2)
    few_ticks(axes)


def _both(results: Results) -> list[tuple[str, str, np.ndarray]]:
    """Return real curves and samples `[n, t, channels]`, NaN beyond their ends, with a color."""
    kinds = (("real", REAL, results.real), ("generated", FAKE, results.samples))
    cut = results.data.real.codec.cut
    found = [(kind, color, np.asarray(cut(curves), np.float64)) for kind, color, curves in kinds]
    return [(k, color, c if c.ndim == 3 else c[..., None]) for k, color, c in found]


def _names(results: Results) -> list[str]:
    """Return the names of the channels that are drawn, or what one alone measures."""
    field = results.data.real
    channels = 1 if len(field.shape) == 1 else field.shape[1]
    names = getattr(field.codec, "names", range(channels))
    return [field.units] if len(names) == 1 else [str(name) for name in names][:CHANNELS]
