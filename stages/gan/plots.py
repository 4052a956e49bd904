"""The report's pictures: functions of one recipe's results that return a Figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from sklearn.metrics import auc, roc_curve

from stages.gan import style, views
from stages.gan.results import Results
from stages.gan.views import FAKE, GRID, REAL

style.apply()


def real(results: Results) -> Figure:
    """Held-out real data alone."""
    figure = plt.figure(figsize=views.SIZES[results.data["view"]])
    views.draw(figure, results, [("real", results.real, results.real_labels)])
    return figure


def samples(results: Results) -> Figure:
    """Final samples against real data."""
    width, height = views.SIZES[results.data["view"]]
    columns = 1 if views.overlays(results) else 2
    figure = plt.figure(figsize=(columns * width, height))
    pair = [
        ("real", results.real, results.real_labels),
        ("generated", results.samples, results.labels),
    ]
    views.draw(figure, results, pair)
    return figure


def learning_curves(results: Results) -> Figure:
    """Both losses over training; at equilibrium of the cross-entropy both are ln 2."""
    figure, axes = _over_epochs("loss")
    for name, label, color in (("d_loss", "D", REAL), ("g_loss", "G", FAKE)):
        axes.plot(results.history["epoch"], results.history[name], color=color, label=label)
    axes.axhline(np.log(2), color=GRID, linestyle="--", linewidth=1, label="ln 2: D can't tell")
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    figure.legend(ncols=3, loc="outside upper right")  # the curves may be anywhere
    return figure


def accuracies(results: Results) -> Figure:
    """D's accuracies on training batches."""
    figure, axes = _over_epochs("D's accuracy")
    for name, label, color in (("acc_real", "on real", REAL), ("acc_fake", "on fakes", FAKE)):
        axes.plot(results.history["epoch"], results.history[name], color=color, label=label)
    axes.axhline(0.5, color=GRID, linestyle="--", linewidth=1, label="a coin's")
    axes.set_ylim(-0.02, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(ncols=3, loc="lower right")
    return figure


def progress(results: Results) -> Figure:
    """Samples of the same latents as training goes on."""
    panels = 8 if results.data["view"] == "points" else 6
    picked = np.unique(np.linspace(0, len(results.epochs) - 1, panels).round().astype(int))
    figure, axes = plt.subplots(1, len(picked), figsize=(2.1 * len(picked), 2.5), squeeze=False)
    for axis, i in zip(axes[0], picked, strict=True):
        views.thumbnail(axis, results, results.snapshots[i])
        axis.set_title(_moment(results.epochs[i]))
    return figure


def animate(results: Results, path: Path) -> None:
    """Write the same as an animation, a frame a snapshot."""
    figure, axes = plt.subplots(figsize=(4, 4.3), dpi=80)

    def frame(i: int) -> list[Axes]:
        axes.clear()
        views.thumbnail(axes, results, results.snapshots[i])
        axes.set_title(_moment(results.epochs[i]))
        return [axes]

    last = len(results.epochs) - 1
    frames = [*range(last + 1), *[last] * 6]  # the result stays for a while
    FuncAnimation(figure, frame, frames).save(path, PillowWriter(fps=6))
    plt.close(figure)


def scores(results: Results) -> Figure:
    """Where D's raw outputs lie, and its ROC."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), width_ratios=(3, 2))
    both = np.concatenate([results.real_scores, results.fake_scores])
    low, high = np.quantile(both, [0.002, 0.998])
    bins = np.linspace(low, high if high > low else low + 1e-3, 60)
    for values, label, color in (
        (results.real_scores, "real", REAL),
        (results.fake_scores, "generated", FAKE),
    ):
        shown = np.clip(values, bins[0], bins[-1])
        left.hist(shown, bins, density=True, color=color, alpha=0.6, label=label)
    if bins[0] <= results.threshold <= bins[-1]:
        left.axvline(results.threshold, color="black", linewidth=1, label="D's threshold")
    left.set(xlabel="D's raw output", ylabel="density")
    left.legend()
    truth = np.repeat([1, 0], [len(results.real_scores), len(results.fake_scores)])
    false_positive, true_positive, _ = roc_curve(truth, both)
    right.plot(false_positive, true_positive, color=REAL)
    right.plot([0, 1], [0, 1], color=GRID, linestyle="--", linewidth=1)
    right.set_title(f"ROC, area {auc(false_positive, true_positive):.3f} (0.5: D can't tell)")
    right.set(xlabel="fakes taken for real", ylabel="real taken for real", aspect="equal")
    return figure


def confusion(results: Results) -> Figure:
    """What D says of what."""
    table = np.array(results.figures["confusion"]["counts"])
    shares = table / table.sum(1, keepdims=True)
    figure, axes = plt.subplots(figsize=(4.2, 3.4))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(2, 2):
        share = shares[row, column]
        axes.text(
            column,
            row,
            f"{share:.1%}\n{table[row, column]:,}",
            ha="center",
            va="center",
            color="white" if share > 0.5 else "black",
        )
    axes.set_xticks([0, 1], ["D says real", "D says fake"])
    axes.set_yticks([0, 1], ["real", "generated"])
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure


def walk(results: Results) -> Figure:
    """Between latents along the great circle: a row, or a line of points, a walk."""
    return views.walks(results)


def _over_epochs(ylabel: str) -> tuple[Figure, Axes]:
    figure, axes = plt.subplots(figsize=(7, 3.2))
    axes.set(xlabel="epoch", ylabel=ylabel)
    axes.grid(color="#eeeeee")
    return figure, axes


def _moment(epoch: int) -> str:
    return "untrained" if epoch == 0 else f"epoch {epoch}"


PICTURES: dict[str, Callable[[Results], Figure]] = {
    function.__name__: function
    for function in (
        real, learning_curves, accuracies, progress, samples, scores, confusion, walk,
    )
}  # fmt: skip
