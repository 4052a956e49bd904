"""How a person looks at examples, a file a view; a new one is added to the table below."""

from typing import Any

import numpy as np

from forger.report.views.base import View
from forger.report.views.curves import Curves
from forger.report.views.images import Images
from forger.report.views.points import Points

VIEWS: dict[str, type[View]] = {"points": Points, "curves": Curves, "images": Images}


def view_of(data: dict[str, Any], frame: np.ndarray) -> View:
    """The view of these data.

    Args:
        data: data.json, or what model.json says of the data.
        frame: examples `[n, …]`, in the data's units, that the axes have room for.
    """
    return VIEWS[data["view"]](data, frame)
