"""What each figure says, and what is best: closer is better."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One figure of a trained GAN.

    Attributes:
        meaning: in a line.
        best: its value where the samples can't be told from real data; None: it says nothing
            about that.
    """

    meaning: str
    best: float | None = None


FIGURES = {
    "d_loss": Figure("D's loss, mean of the last ten epochs"),
    "g_loss": Figure("G's loss, mean of the last ten epochs"),
    "accuracy": Figure("D's accuracy on training batches, mean of the last ten epochs"),
    "acc_real": Figure("D's accuracy on held-out real data (0.5: can't tell)", 0.5),
    "acc_fake": Figure("D's accuracy on fresh samples (0.5: can't tell)", 0.5),
    "auc": Figure("area under D's ROC (0.5: can't tell)", 0.5),
    "sliced_wasserstein": Figure("sliced Wasserstein distance to held-out data", 0),
    "frechet": Figure("Fréchet distance to the true Gaussian (squared)", 0),
    "rmse": Figure("root mean square of y − x²", 0),
    "ks_x": Figure("Kolmogorov-Smirnov distance of x from its law", 0),
    "r2_median": Figure("R² of the best-fitting sinusoid, median", 1),
    "r2_share": Figure("share of curves with R² above 0.99", 1),
    "ks_b": Figure("Kolmogorov-Smirnov distance of the frequency b from its law", 0),
    "ks_c": Figure("Kolmogorov-Smirnov distance of the phase c from its law", 0),
}

# Of metrics.json: the figures that stand at its top; the others are in `quality`.
DECISIONS = ("acc_real", "acc_fake", "auc")


def value(metrics: Mapping[str, Any], name: str) -> float | None:
    """A figure of metrics.json; None where it has none of this name."""
    found: float | None = metrics.get(name, metrics.get("quality", {}).get(name))
    return found


def interval(metrics: Mapping[str, Any], name: str) -> list[float] | None:
    """A figure's 95 % interval; None where metrics.json is older than intervals."""
    found: list[float] | None = metrics.get("interval", {}).get(name)
    return found


def worse_by(
    name: str, metrics: Mapping[str, Any], reference: Mapping[str, Any]
) -> tuple[float, float]:
    """How much further from its best a figure is than in another metrics.json (negative: closer),
    and how much of that is noise: the 95 % interval of a difference of independent figures, as far
    as they have intervals.

    Raises:
        KeyError: one of them does not have the figure, or it has no best.
    """
    best = FIGURES[name].best
    ours, theirs = value(metrics, name), value(reference, name)
    if best is None or ours is None or theirs is None:
        raise KeyError(name)
    known = [each for m in (metrics, reference) if (each := interval(m, name))]
    noise = math.hypot(*((high - low) / 2 for low, high in known))
    return abs(ours - best) - abs(theirs - best), noise
