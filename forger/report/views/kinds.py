"""Ways to look at examples, one per module; a new one needs a line here and in data/looks.py."""

from collections.abc import Sequence

import numpy as np

from forger.data.description import DataField
from forger.report.views.base import View
from forger.report.views.curves import Curves
from forger.report.views.images import Images
from forger.report.views.photographs import Photographs
from forger.report.views.points import Points
from forger.report.views.tables import Tables

VIEWS: dict[str, type[View]] = {
    "points": Points,
    "curves": Curves,
    "images": Images,
    "table": Tables,
    "photographs": Photographs,
}


def view_of(field: DataField, frame: np.ndarray, classes: Sequence[str] = ()) -> View:
    """Return the view of a field.

    Args:
        field: what the examples are.
        frame: examples `[n, …]`, in the data's units, that set the range of the axes.
        classes: the names of their labels, if they have any.
    """
    return VIEWS[field.view](field, frame, classes)
