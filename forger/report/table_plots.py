"""Pictures of a table's columns together."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from forger.data.codecs.table import Table
from forger.metrics.tables import associate
from forger.report.results import Results
from forger.report.views.base import drawing
from forger.report.views.tables import draw_associations

SHOWN = 16  # columns
ROWS = 5000  # from which associations are taken


def associations(results: Results) -> Figure:
    """Draw how far each column tells of each other: real rows, samples, and the difference."""
    codec = results.data.real.codec
    assert isinstance(codec, Table)
    columns = codec.columns[:SHOWN]
    real, made = (
        associate(rows[:ROWS, : len(columns)], columns) for rows in (results.real, results.samples)
    )
    figure = drawing(10.5)
    panels = figure.subplots(3, 1)
    shown = {"real": real, "generated": made, "the difference": np.abs(real - made)}
    for axes, (name, values) in zip(panels, shown.items(), strict=True):
        draw_associations(axes, values, columns)
        axes.set_title(f"{name}, mean {values[~np.eye(len(columns), dtype=bool)].mean():.2f}")
    figure.colorbar(panels[0].images[0], ax=panels, shrink=0.3, label="0: none, 1: one tells all")
    return figure
