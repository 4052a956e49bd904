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
        best: its value where the samples can't be told from real data, infinity where more is
            better; None: it says nothing about that.
        detail: whether a table of many recipes leaves it out.
        classified: whether a classifier, where the data have labels, has a say in it.
    """

    meaning: str
    best: float | None = None
    detail: bool = False
    classified: bool = False

    def distance(self, value: float) -> float:
        """How far a value is from the best: less is better. Only for a figure that has a best."""
        if self.best is None:
            raise ValueError("this figure has no best value")
        return -value if self.best == math.inf else abs(value - self.best)


FIGURES = {
    "d_loss": Figure("D's loss, mean of the last ten epochs"),
    "g_loss": Figure("G's loss, mean of the last ten epochs"),
    "accuracy": Figure("D's accuracy on training batches, mean of the last ten epochs"),
    "acc_real": Figure("D's accuracy on held-out real data (0.5: can't tell)", 0.5),
    "acc_fake": Figure("D's accuracy on fresh samples (0.5: can't tell)", 0.5),
    "auc": Figure("area under D's ROC (0.5: can't tell)", 0.5),
    # Data of any kind.
    "sliced_wasserstein": Figure("sliced Wasserstein distance to held-out data", 0, detail=True),
    "energy_distance": Figure("energy distance to held-out data", 0, detail=True),
    "mmd": Figure(
        "squared MMD from held-out data, Gaussian kernel of the median distance", 0, detail=True
    ),
    "c2st": Figure("accuracy of a classifier of samples and real data (0.5: can't tell)", 0.5),
    "one_nn": Figure(
        "accuracy of the nearest neighbour's kind (0.5: can't tell)", 0.5, detail=True
    ),
    "precision": Figure("share of samples among real data", 1, detail=True),
    "recall": Figure("share of real data among samples", 1, detail=True),
    "density": Figure("how densely real data lie around samples", 1, detail=True),
    "coverage": Figure("share of real data with a sample near by", 1),
    "memorisation": Figure(
        "nearest training over nearest held-out distance (0: copies)", 1, detail=True
    ),
    # Laws.
    "frechet": Figure("Fréchet distance to the true Gaussian (squared)", 0),
    "frechet_exact": Figure("the same of the generator's own mean and covariance", 0),
    "rmse": Figure("root mean square of y − x²", 0),
    "ks_x": Figure("Kolmogorov-Smirnov distance of x from its law", 0),
    "r2_median": Figure("R² of the best-fitting sinusoid, median", 1),
    "r2_share": Figure("share of curves with R² above 0.99", 1),
    "amplitude_share": Figure("share of curves with an amplitude within 5 % of 1", 1),
    "ks_b": Figure("Kolmogorov-Smirnov distance of the frequency b from its law", 0),
    "ks_c": Figure("Kolmogorov-Smirnov distance of the phase c from its law", 0),
    "high_quality": Figure("share of samples within 3 standard deviations of a mode", 1),
    "reverse_kl": Figure("divergence of the samples' modes from the law's, in nats", 0),
    # Labelled images, through the classifier.
    "modes": Figure("modes, or classes, with a sample", math.inf, classified=True),
    "class_kl": Figure(
        "divergence of the samples' classes from the training data's, in nats", 0, classified=True
    ),
    "classifier_frechet": Figure(
        "Fréchet distance of the classifier's features", 0, classified=True
    ),
    "classifier_mmd": Figure(
        "kernel distance (squared MMD) of the classifier's features",
        0,
        detail=True,
        classified=True,
    ),
    "classifier_score": Figure(
        "how sure and how diverse the classifier's answers are",
        math.inf,
        detail=True,
        classified=True,
    ),
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
    figure, ours, theirs = FIGURES[name], value(metrics, name), value(reference, name)
    if figure.best is None or ours is None or theirs is None:
        raise KeyError(name)
    known = [each for m in (metrics, reference) if (each := interval(m, name))]
    noise = math.hypot(*((high - low) / 2 for low, high in known))
    return figure.distance(ours) - figure.distance(theirs), noise
