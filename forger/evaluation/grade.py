"""How good a trained GAN is, in a word."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forger.evaluation.diagnosis import is_far, parts_differ
from forger.metrics.figures import excess, noise

# By which figure: its scale is the same for all data, from 0.5 to 1. (Of a law's own figures 0.1 %
# more is many intervals.)
FIGURE = "c2st"

# For each grade the most that the figure may be from its floor: in half widths of the 95 % interval
# of that, and by itself, as few examples make wide intervals.
GRADES = {
    "indistinguishable": (1.0, 0.1),
    "close": (5.0, 0.2),
    "far": (20.0, 0.4),
    "failed": (math.inf, math.inf),
}


@dataclass(frozen=True)
class Grade:
    """One recipe's grade.

    Attributes:
        figure: by which it is graded.
        gap: how far that is from its floor, in half widths of the 95 % interval of the distance.
        grade: a name in `GRADES`.
    """

    figure: str
    gap: float
    grade: str


def grade(figures: Mapping[str, Any]) -> Grade:
    """Grade the figures of figures.json. Samples that have little to do with the data have failed,
    however wide the interval, as have those that there is nothing to hold beside: see
    `parts_differ`."""
    distance, width = excess(figures, FIGURE), noise(figures, FIGURE)
    assert distance is not None
    # A width of zero, as where all draws are the same: any distance is beyond it.
    gap = min(distance / width, 1e6) if width else (1e6 if distance else 0.0)
    word = next(
        word for word, (most, by_itself) in GRADES.items() if gap <= most and distance <= by_itself
    )
    failed = is_far(figures) or parts_differ(figures)
    return Grade(FIGURE, gap, "failed" if failed else word)
