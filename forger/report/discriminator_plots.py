"""The report's pictures of D's decisions on held-out real data and fresh samples."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from forger.report.results import Results
from forger.report.views.base import FAKE, GRID, REAL, drawing


def scores(results: Results) -> Figure:
    """Draw the distributions of D's raw outputs, and its ROC."""
    figure = drawing(5.8)
    above, below = figure.subplots(2, 1, height_ratios=(2, 3))
    judged = results.judged
    assert judged is not None
    both = np.concatenate([judged.real, judged.fake])
    low, high = np.quantile(both, [0.002, 0.998])
    bins = np.linspace(low, high if high > low else low + 1e-3, 60)
    for values, label, color in (
        (judged.real, "real", REAL),
        (judged.fake, "generated", FAKE),
    ):
        shown = np.clip(values, bins[0], bins[-1])
        above.hist(shown, bins, density=True, color=color, alpha=0.6, label=label)
    _name_edges(above, both, bins)
    if bins[0] <= judged.threshold <= bins[-1]:
        above.axvline(judged.threshold, color="black", linewidth=1, label="D's threshold")
    above.set(xlabel="D's raw output", ylabel="density")
    above.legend()
    false_positive, true_positive = roc(judged.real, judged.fake)
    below.plot(false_positive, true_positive, color=REAL)
    below.plot([0, 1], [0, 1], color=GRID, linestyle="--", linewidth=1)
    area = np.trapezoid(true_positive, false_positive)
    below.set_title(f"ROC, area {area:.3f} (0.5: D can't tell)")
    below.set(xlabel="fakes taken for real", ylabel="real taken for real", aspect="equal")
    return figure


def roc(real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares of fakes and of real examples that D takes for real, by its threshold.

    (scikit-learn has this too, but takes longer to be imported than all pictures to be drawn.)

    Args:
        real, fake: D's raw outputs, `[n]` and `[m]`.
    """
    thresholds = np.unique(np.concatenate([real, fake]))[::-1]

    def share_above(outputs: np.ndarray) -> np.ndarray:
        below = np.searchsorted(np.sort(outputs), thresholds)
        return np.append(0.0, 1 - below / len(outputs))

    return share_above(fake), share_above(real)


def _name_edges(axes: Axes, values: np.ndarray, bins: np.ndarray) -> None:
    """Label how many values lie beyond the bins and are counted in the outermost ones."""
    edges = (
        (values < bins[0], 0, "left", f"below, down to {values.min():.3g}"),
        (values > bins[-1], 1, "right", f"above, up to {values.max():.3g}"),
    )
    for beyond, place, side, where in edges:
        if beyond.any():
            axes.text(
                place, 1.02, f"{beyond.sum():,} {where}", ha=side, va="bottom",
                transform=axes.transAxes, fontsize="small", color=GRID,
            )  # fmt: skip


def confusion(results: Results) -> Figure:
    """Draw D's confusion matrix: its verdicts on real and on generated examples."""
    table = np.array(results.figures["confusion"]["counts"])
    shares = table / table.sum(1, keepdims=True)
    figure = drawing(3.4)
    axes = figure.subplots()
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
