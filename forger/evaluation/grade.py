"""The grade of a training: how good it is, in a word."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forger.evaluation.diagnosis import is_far, parts_differ
from forger.metrics.figures import excess, noise

# The figure that is graded: its scale is the same for all data, from 0.5 to 1. (In a law's own
# figures, even 0.1 % more may be many intervals.)
FIGURE = "c2st"

# For each grade, the figure's largest distance from its floor: in half widths of that distance's
# 95 % interval, and by itself, as few examples make wide intervals.
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
        figure: the name of the figure that is graded.
        gap: its distance from its floor, in half widths of the distance's 95 % interval.
        grade: a name in `GRADES`.
    """

    figure: str
    gap: float
    grade: str


def grade(figures: Mapping[str, Any]) -> Grade:
    """Grade the figures of figures.json.

    However wide the interval, samples fail if they have little to do with the data, or if the
    data's own parts differ too much to judge by (see `parts_differ`).
    """
    distance = excess(figures, FIGURE)
    width = noise(figures, FIGURE)
    assert distance is not None
    # The width is zero where all draws are the same: any distance exceeds it.
    gap = min(distance / width, 1e6) if width else (1e6 if distance else 0.0)
    word = next(
        word for word, (most, by_itself) in GRADES.items() if gap <= most and distance <= by_itself
    )
    failed = is_far(figures) or parts_differ(figures)
    return Grade(FIGURE, gap, "failed" if failed else word)
