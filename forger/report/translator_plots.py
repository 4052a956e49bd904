"""The report's picture of what a translator makes of held-out examples."""

from __future__ import annotations

from matplotlib.figure import Figure

from forger.report.results import Results
from forger.report.views.base import FAKE, REAL, drawing
from forger.report.views.kinds import view_of

COLUMNS = 10
BLOCKS = 3


def translations(results: Results) -> Figure:
    """Draw held-out inputs, each above what the translator makes of it and the truth."""
    found = results.translations
    assert found is not None
    of_source = view_of(found.field, found.source)
    lines = {
        "input": (of_source, found.source, "black"),
        "output": (results.view, found.made, FAKE),
        "truth": (results.view, found.truth, REAL),
    }
    blocks = min(BLOCKS, -(-len(found.made) // COLUMNS))
    figure = drawing(1.45 * blocks + 0.1)
    for block, part in enumerate(figure.subfigures(blocks, 1, squeeze=False)[:, 0]):
        rows = slice(block * COLUMNS, (block + 1) * COLUMNS)
        grid = part.subplots(len(lines), 1)
        for axes, (name, (view, examples, color)) in zip(grid, lines.items(), strict=True):
            view.line(axes, examples[rows])
            axes.set_ylabel(name, rotation=0, ha="right", va="center", color=color)
    return figure
