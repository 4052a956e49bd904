"""How good a trained GAN is, in a word, and by which few figures it is held beside another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stages.gan.diagnosis import is_far
from stages.gan.figures import excess, noise

# By which figure: of labelled data the first, through the classifier; else the second, whose scale
# is the same for all data. (Of a law's own figures 0.1 % more is many intervals.)
BY_CLASSIFIER = "classifier_frechet"
ELSE = "c2st"

# How many half widths of the 95 % interval a figure may be from its floor. Samples that have little
# to do with the data have failed, however wide that is.
GRADES = {"indistinguishable": 1.0, "close": 5.0, "far": 20.0, "failed": math.inf}


# What a recipe is held to, chosen before any training: the figure that grades it, and, in this
# order, those of these that it has, `MOST` in all. They see what is left out or comes too often,
# and how far off samples are where a classifier tells them all.
HELD = (
    "coverage", "class_kl", "label_accuracy", "reverse_kl", "high_quality", "rmse", "ks_x",
    "r2_median", "ks_b",
)  # fmt: skip
MOST = 4


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
    """Grade the figures of figures.json."""
    name = BY_CLASSIFIER if BY_CLASSIFIER in figures["quality"] else ELSE
    distance, width = excess(figures, name), noise(figures, name)
    assert distance is not None
    # A width of zero, as where all draws are the same: any distance is beyond it.
    gap = min(distance / width, 1e6) if width else (1e6 if distance else 0.0)
    word = next(word for word, most in GRADES.items() if gap <= most)
    return Grade(name, gap, "failed" if is_far(figures) else word)


def held(figures: Mapping[str, Any]) -> list[str]:
    """The figures of figures.json by which a training may be no worse than another."""
    first = figures.get("grade", {}).get("figure", ELSE)
    quality = figures.get("quality", {})
    return [name for name in dict.fromkeys((first, *HELD)) if name in quality][:MOST]
