"""The benchmark's table as a bar chart."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt

from forger.report import style
from jobs.benchmark.contestants import PEERS
from jobs.benchmark.race import Result, short

style.apply()

WIDTH = 0.8


def draw(results: list[Result], path: Path) -> None:
    """Draw how many times faster Forger is, by recipe and peer, with 95 % intervals."""
    recipes = list(dict.fromkeys(result.recipe for result in results))
    peers = [name for name in PEERS if any(result.peer == name for result in results)]
    figure, axes = plt.subplots(figsize=(9, 4.5))
    for i, peer in enumerate(peers):
        own = [result for result in results if result.peer == peer]
        places = [recipes.index(result.recipe) + WIDTH * (i / len(peers) - 0.5) for result in own]
        ratios = [result.ratio for result in own]
        errors = [
            [max(0.0, result.ratio - result.ratio_low) for result in own],
            [max(0.0, result.ratio_high - result.ratio) for result in own],
        ]
        bars = axes.bar(
            places, ratios, WIDTH / len(peers), yerr=errors, align="edge",
            label=PEERS[peer].title, error_kw={"linewidth": 0.8},
        )  # fmt: skip
        axes.bar_label(bars, [short(ratio) for ratio in ratios], padding=2, fontsize=7)
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set(yscale="log", ylabel="Forger's updates per second, as a multiple")
    axes.set_xticks(range(len(recipes)), recipes)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=150)
    plt.close(figure)
