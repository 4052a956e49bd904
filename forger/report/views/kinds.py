"""Ways to look at examples, one file per view; add a new one to the table below."""

from typing import Any

import numpy as np

from forger.report.views.base import View
from forger.report.views.curves import Curves
from forger.report.views.images import Images
from forger.report.views.points import Points

VIEWS: dict[str, type[View]] = {"points": Points, "curves": Curves, "images": Images}


def view_of(data: dict[str, Any], frame: np.ndarray) -> View:
    """Return the view of these data.

    Args:
        data: data.json, or what model.json says about the data.
        frame: examples `[n, …]`, in the data's units, that set the range of the axes.
    """
    return VIEWS[data["view"]](data, frame)
