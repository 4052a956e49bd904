"""The catalogue of figures: what each means, its range, and where it is shown.

The best value is the floor, the same figure of real data. Samples that lie nearer to the modes than
real data do, or among more real examples, are clumped, not better.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from forger.metrics.figure import (
    INF,
    MOST_DECIBELS,
    NEEDS,
    Figure,
    by_recurrence,
    of_d,
    share,
)
from forger.metrics.law_figures import OF_LAWS

FIGURES = {
    "acc_real": of_d("D's accuracy on held-out real data (0.5: can't tell)"),
    "acc_fake": of_d("D's accuracy on fresh samples (0.5: can't tell)"),
    "auc": of_d("area under D's ROC (0.5: can't tell)"),
    # What an encoder finds.
    "reconstruction_error": Figure(
        "mean squared error of reconstructions, as a share of the data's variance",
        has_floor=False,
        best=0.0,
        needs=("latents",),
    ),
    "log_likelihood": Figure(
        "log-likelihood of held-out data by importance sampling, in nats an example, in the "
        "networks' units",
        low=-INF,
        has_floor=False,
        needs=("likelihood",),
    ),
    # What a translator makes, beside the examples that belong to what it was told.
    "mae": Figure(
        "mean absolute error of translations, in the data's units",
        has_floor=False,
        best=0.0,
        needs=("pairs",),
    ),
    "psnr": Figure(
        "peak signal-to-noise ratio of translations, in dB, mean over the images",
        has_floor=False,
        best=MOST_DECIBELS,
        needs=("pairs", "images"),
    ),
    "ssim": Figure(
        "structural similarity of translations, mean over the images",
        low=-1.0,
        high=1.0,
        has_floor=False,
        best=1.0,
        needs=("pairs", "images"),
    ),
    # Data of any kind.
    "sliced_wasserstein": Figure("sliced Wasserstein distance to held-out data"),
    "energy_distance": Figure("energy distance to held-out data"),
    "mmd": Figure(
        "squared MMD from held-out data, Gaussian kernel of the median distance", low=-INF
    ),
    "c2st": share("accuracy of a classifier of samples and real data", headline=True),
    "one_nn": share("accuracy of the nearest neighbour's kind"),
    "precision": share("share of samples among real data"),
    "recall": share("share of real data among samples"),
    "density": Figure("how densely real data lie around samples"),
    "coverage": share("share of real data with a sample near by", headline=True),
    "memorisation": Figure("share of samples copied from training data", low=-INF, high=1.0),
    "authenticity": share("share of samples further from training data than these lie apart"),
    # Tables.
    "column_shapes": share(
        "likeness of each column's distribution, mean over the columns", "columns", headline=True
    ),
    "pair_trends": share(
        "likeness of each pair of columns' joint distribution, mean over the pairs",
        "columns",
        headline=True,
    ),
    "copies": share("share of samples that equal a row of the training data", "columns"),
    "prediction": Figure(
        "accuracy, or R², at predicting held-out rows, of a model that learnt from samples",
        low=-1.0,
        high=1.0,
        needs=("target",),
        headline=True,
    ),
    # Curves.
    "autocorrelation_distance": Figure(
        "mean absolute difference of autocorrelations", high=2.0, needs=("curves",), headline=True
    ),
    "spectrum_distance": Figure(
        "log-spectral distance from held-out data, in dB", needs=("curves",), headline=True
    ),
    "step_distance": share(
        "Kolmogorov-Smirnov distance of a step's values, mean over the steps", "curves"
    ),
    "ks_length": share("Kolmogorov-Smirnov distance of the curves' lengths", "lengths"),
    **by_recurrence(2),
    **by_recurrence(32),
    **OF_LAWS,
    # Labelled data, through the classifier.
    "modes": Figure(
        "modes, or classes, with a sample", needs=("modes",), headline=True, classified=True
    ),
    "rarest_class": share(
        "the rarest class's share of the samples, as a share of its training data's",
        "labels",
        classified=True,
    ),
    "class_kl": Figure(
        "divergence of the samples' classes from the training data's, in nats",
        needs=("labels",),
        headline=True,
        classified=True,
    ),
    "label_accuracy": share(
        "share of samples that show the label that was asked for",
        "labels",
        "asked",
        headline=True,
        classified=True,
    ),
    "code_error": share(
        "share of held-out examples whose category stands for another label",
        "labels",
        "codes",
        headline=True,
        classified=True,
    ),
    "class_coverage": share("coverage within a class, mean over the classes", "labels", "asked"),
    "classifier_frechet": Figure(
        "Fréchet distance of the classifier's features",
        needs=("labels",),
        headline=True,
        classified=True,
    ),
    "classifier_mmd": Figure(
        "kernel distance (squared MMD) of the classifier's features",
        low=-INF,
        needs=("labels",),
        classified=True,
    ),
    "classifier_score": Figure(
        "how sure and how diverse the classifier's answers are",
        low=1.0,
        needs=("labels",),
        classified=True,
    ),
    "fid": Figure("Fréchet inception distance", needs=("inception",), headline=True),
    "feature_frechet": Figure(
        "Fréchet distance of features learnt without labels", needs=("unlabelled",), headline=True
    ),
}


def lacking(name: str, offers: Collection[str]) -> str:
    """Say which of its needs a figure lacks where these `NEEDS` are met; empty if none."""
    absent = [NEEDS[need] for need in FIGURES[name].needs if need not in offers]
    return f"needs {' and '.join(absent)}" if absent else ""


# These stand at the top level of figures.json, where the method has them; those with a floor are in
# its `quality`.
APART = tuple(name for name, figure in FIGURES.items() if not figure.has_floor)


def value(figures: Mapping[str, Any], name: str) -> float | None:
    """Return a figure of figures.json; None where it has none of this name."""
    found: float | None = figures.get(name, figures.get("quality", {}).get(name))
    return found


def interval(figures: Mapping[str, Any], name: str) -> list[float] | None:
    """Return a figure's 95 % interval; None where it has none."""
    found: list[float] | None = figures.get("interval", {}).get(name)
    return found


def excess(figures: Mapping[str, Any], name: str) -> float | None:
    """Return a figure's distance from its best value, ≥ 0; None if one of the two is missing.

    That is its floor or, of figures without one, what is known to be best.
    """
    found = value(figures, name)
    best = figures.get("floor", {}).get(name, FIGURES[name].best)
    return None if found is None or best is None else abs(found - best)


def noise(figures: Mapping[str, Any], name: str) -> float:
    """Return half the width of the 95 % interval of a figure's distance from its floor."""
    ends = [figures.get(key, {}).get(name) for key in ("interval", "floor_interval")]
    return math.hypot(*((high - low) / 2 for low, high in filter(None, ends)))


def headlines(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of metrics.json, which DVC shows."""
    quality = {name: v for name, v in figures["quality"].items() if FIGURES[name].headline}
    return {**{name: figures[name] for name in APART if name in figures}, "quality": quality}
