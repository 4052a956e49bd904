"""What a figure of a training is: its range, what it needs, and where it is shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

INF = math.inf
MOST_DECIBELS = 100.0  # what equal images count as, whose ratio is infinite

# What a figure may need of the data or of the products, as a message says it.
NEEDS = {
    "gaussian": "data of the law gaussian",
    "parabola": "data of the law parabola",
    "sines": "data of the law sines",
    "sinusoid": "data of the law sinusoid",
    "light_curves": "data of the law light_curves",
    "mixture": "data of the law mixture",
    "modes": "modes or labels in the data",
    "labels": "labels",
    "images": "images",
    "unlabelled": "images without labels",
    "curves": "curves",
    "recurrent_2": "curves, and 2 in evaluate.recurrent",
    "recurrent_32": "curves, and 32 in evaluate.recurrent",
    "inception": "images, and evaluate.inception",
    "lengths": "curves of unequal lengths",
    "discriminator": "a discriminator",
    "latents": "an encoder that finds latents",
    "likelihood": "an encoder and a generator with the law of their noise",
    "codes": "a generator that is told a category, and an encoder that finds it",
    "pairs": "a translator",
    "asked": "samples of a given label",
    "columns": "a table's columns",
    "density": "a table drawn from a known law",
    "network": "a table drawn from a Bayesian network",
    "target": "a table's column to predict (dataset.target)",
}


@dataclass(frozen=True)
class Figure:
    """One figure of a training.

    Attributes:
        meaning: one line.
        low, high: its range.
        headline: whether it is shown in metrics.json and in tables of many recipes.
        has_floor: whether real data have it, which is then best. D's decisions have no floor, and
            no best value.
        best: the value where nothing is wrong, of figures without a floor that have a truth.
        classified: whether it depends on the classifier, where the data have labels.
        needs: names of `NEEDS`, without which it is not measured.
    """

    meaning: str
    low: float = 0.0
    high: float = INF
    headline: bool = False
    has_floor: bool = True
    best: float | None = None
    classified: bool = False
    needs: tuple[str, ...] = ()

    def within(self, interval: Sequence[float]) -> list[float]:
        """Clip an interval to the figure's range."""
        return [min(max(end, self.low), self.high) for end in interval]


def of_d(meaning: str) -> Figure:
    """Return a figure of D's decisions."""
    return Figure(meaning, high=1.0, has_floor=False, needs=("discriminator",))


def share(meaning: str, *needs: str, headline: bool = False, classified: bool = False) -> Figure:
    """Return a figure from 0 to 1."""
    return Figure(meaning, high=1.0, headline=headline, classified=classified, needs=needs)


def by_recurrence(units: int) -> dict[str, Figure]:
    """Return TimeGAN's two figures of curves, by recurrent networks of so many units."""
    needs = (f"recurrent_{units}",)
    told = f"|0.5 - accuracy| of {units} recurrent units that tell samples from real curves"
    guessed = f"mean absolute error of a next step, in the networks' units, by {units} recurrent "
    return {
        f"discriminative_{units}": Figure(told, high=0.5, headline=True, needs=needs),
        f"predictive_{units}": Figure(f"{guessed}units that learnt from samples", needs=needs),
    }
