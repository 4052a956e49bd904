"""The view of points: their first two coordinates, in the frame of the real ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from forger.report.views.base import COLORS, FAKE, REAL, Group, View, drawing, few_ticks

SHOWN = 1000  # more points would hide each other
BINS = 50


class Points(View):
    """A cloud over that of the real points, with each coordinate's distribution along its edge."""

    most = SHOWN
    shows_pairs = False

    def draw(self, groups: Sequence[Group]) -> Figure:
        figure = drawing(4.6)
        grid = {"width_ratios": (4, 1), "height_ratios": (1, 4)}
        (above, corner), (axes, beside) = figure.subplots(2, 2, gridspec_kw=grid)
        corner.axis("off")
        for name, points, _ in groups:
            _scatter(axes, points[:SHOWN], name)
        self.fit(axes)
        axes.set(xlabel="first coordinate", ylabel="second coordinate")
        for margin, i, orientation in ((above, 0, "vertical"), (beside, 1, "horizontal")):
            low, high = axes.get_xlim() if i == 0 else axes.get_ylim()
            bins = np.linspace(low, high, BINS)
            for name, points, _ in groups:
                margin.hist(
                    points[:, i], bins, density=True, color=COLORS[name], alpha=0.5,
                    orientation=orientation,
                )  # fmt: skip
            few_ticks(margin)
        above.set(xlim=axes.get_xlim(), ylabel="density")
        beside.set(ylim=axes.get_ylim(), xlabel="density")
        above.tick_params(labelbottom=False)
        beside.tick_params(labelleft=False)
        corner.legend(*axes.get_legend_handles_labels(), loc="center", markerscale=2)
        if told := self._tell_left_out(groups, axes):
            axes.set_title(told, color=FAKE, fontsize="small")
        return figure

    def thumbnail(self, axes: Axes, examples: np.ndarray, color: str = FAKE) -> None:
        alone = color == REAL
        _scatter(axes, self.frame[:SHOWN], "real", size=2, alpha=0.5 if alone else 0.15)
        if not alone:  # there may be far fewer samples than real points
            _scatter(axes, examples[:SHOWN], "generated", size=4, alpha=0.9)
        self.fit(axes)
        few_ticks(axes)

    def walks(self, walks: np.ndarray, names: Sequence[str]) -> Figure:
        figure = drawing(4.2)
        axes = figure.subplots()
        _scatter(axes, self.frame[:SHOWN], "real", size=3)
        for i, (walk, name) in enumerate(zip(walks, names, strict=True), 1):
            axes.plot(*walk[:, :2].T, marker="o", markersize=3, color=f"C{i}")
            number = name.rpartition(" ")[2]
            axes.annotate(number, walk[0, :2], fontweight="bold", color=f"C{i}")
        self.fit(axes)
        axes.set(xlabel="first coordinate", ylabel="second coordinate")
        axes.set_title("each path from its number on, real data behind them")
        return figure

    def families(self, samples: np.ndarray, names: Sequence[str]) -> Figure:
        figure = drawing(4.0)
        axes = figure.subplots()
        for points, name in zip(samples, names, strict=True):
            axes.scatter(points[:, 0], points[:, 1], s=5, label=name)
        self.fit(axes)
        axes.set(xlabel="first coordinate", ylabel="second coordinate")
        axes.legend(fontsize="small", markerscale=2)
        return figure

    def alone(self, samples: np.ndarray) -> Figure:
        figure = drawing(4.2)
        axes = figure.subplots()
        _scatter(axes, samples, "generated")
        axes.set(xlabel="first coordinate", ylabel="second coordinate")
        return figure

    def fit(self, axes: Axes) -> None:
        low = self.frame[:, :2].min(0)
        high = self.frame[:, :2].max(0)
        margin = 0.15 * (high - low)
        axes.set_xlim(low[0] - margin[0], high[0] + margin[0])
        axes.set_ylim(low[1] - margin[1], high[1] + margin[1])

    def _tell_left_out(self, groups: Sequence[Group], axes: Axes) -> str:
        """Say what share of each group lies beyond the axes."""
        low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
        shares = {
            name: np.mean(np.any((points[:, :2] < low) | (points[:, :2] > high), axis=1))
            for name, points, _ in groups
        }
        return ", ".join(
            f"{share:.1%} of {name} beyond the axes" for name, share in shares.items() if share
        )


def _scatter(
    axes: Axes, points: np.ndarray, name: str, size: float = 5, alpha: float = 0.5
) -> None:
    x = points[:, 0]
    y = points[:, 1]
    axes.scatter(x, y, s=size, alpha=alpha, linewidth=0, color=COLORS[name], label=name)
