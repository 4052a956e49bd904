"""Evaluation: samples of a trained generator, and figures of them, of D and of E."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forger.core.files import read_json
from forger.core.seeds import stream
from forger.data.description import Description
from forger.evaluation import encoding
from forger.evaluation.quality import Quality, measure_exactly, summarise
from forger.evaluation.settings import Evaluate
from forger.methods.products import Product
from forger.metrics.classes import proportions
from forger.metrics.discriminator import decisions
from forger.metrics.intervals import Interval, of_auc, of_share
from forger.models import folder as models
from forger.models.discriminator import Judge
from forger.models.generator import Sampler, by_category, walks

if TYPE_CHECKING:
    import keras

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Reference:
    """What samples are measured with, the same for all trainings on the same data.

    Attributes:
        floor, interval: every figure of real data, and its 95 % interval.
        classifier: a classifier of the data's labels, where they have any.
        about: the classifier's accuracy and SHA-256; empty without one.
    """

    floor: dict[str, float]
    interval: dict[str, Interval]
    classifier: keras.Model | None = None
    about: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Reference:
        """Read the reference that the stage `reference` wrote."""
        about = models.read_about(folder)
        floor = read_json(folder / "floor.json")
        if not about["products"]:
            return cls(**floor)
        known = {key: about[key] for key in ("accuracy", "sha256")}
        return cls(**floor, classifier=models.load(folder, "classifier").network, about=known)


def evaluate(
    products: Mapping[str, Product],
    parts: Mapping[str, Mapping[str, np.ndarray]],
    data: Description,
    settings: Evaluate,
    seed: int,
    reference: Reference,
) -> tuple[dict[str, Any], Arrays]:
    """Measure the products on held-out data and on repeated draws.

    Args:
        products: a `generator` and, where there are any, a `discriminator` and an `encoder`.
        parts: the arrays of the data's `train`, `validation` and `test` parts.
        data: what the arrays are.
        settings: the part to compare with, the size of a draw, and the number of draws.
        seed: the draws of samples derive from it; the choice of real examples does not.
        reference: floors and, where the data have labels, a classifier.

    Returns:
        The content of figures.json: `part`; if there is a D, its `acc_real`, `acc_fake`, `auc` and
        `confusion` on that part and on all draws; an encoder's figures, see `encoding.measure`;
        `quality`, means over the draws; `floor`, the same of real examples; `interval` and
        `floor_interval`, 95 %, over the draws and the held-out examples; `sizes`; where the data
        have labels, `classifier`, and `proportions` of the classes.

        Arrays, in the networks' units. Of the first draw: `samples` [n, …]; for a conditional
        method `labels` [n], drawn in the training data's proportions; D's raw outputs,
        `fake_scores` [n // packing]; where there is a classifier, its answers, `seen` [n]. Of the
        held-out part: D's raw outputs, `real_scores` [m // packing], and what an encoder's
        `encoding.measure` gives. `walks` [w, steps, …], samples on paths between latents; for a
        generator that is told a category, `codes` [categories, n, …].
    """
    sampler = Sampler(products["generator"], data)
    discriminator = products.get("discriminator")
    judge = None if discriminator is None else Judge(discriminator, sampler.classes)
    quality, held_out = Quality(parts, data, settings, reference.classifier), parts[settings.part]
    draws, scores, first = [], [], Arrays()
    for i in range(settings.draws):
        asked = None
        if sampler.takes_labels:
            rng = stream(seed, "evaluate/labels", i)
            asked = rng.choice(parts["train"]["labels"], settings.samples)
        samples = sampler.sample(settings.samples, stream(seed, "evaluate/samples", i), asked)
        if judge is not None:
            scores.append(judge.scores(samples, asked))
        measured = quality.measure(samples, asked, i)
        draws.append(measured.figures)
        first = first or {
            "samples": samples,
            **({} if measured.seen is None else {"seen": measured.seen.labels}),
            **({} if asked is None else {"labels": asked}),
        }
    found, intervals = summarise(draws, quality.overlaps)
    found |= measure_exactly(sampler, data)
    of_d: dict[str, Any] = {}
    of_d_interval: dict[str, Interval] = {}
    if judge is not None:
        real_scores = judge.scores(held_out["real"], held_out.get("labels"))
        of_d, of_d_interval = decide(real_scores, scores, judge.threshold)
        first |= {"fake_scores": scores[0], "real_scores": real_scores}
    if "encoder" in products:
        encoded = encoding.measure(products["encoder"], products["generator"], held_out, data, seed)
        found |= encoded.quality
        of_d |= encoded.apart
        intervals |= encoded.interval
        first |= encoded.arrays
    figures = {
        "part": settings.part,
        **of_d,
        "quality": found,
        "floor": {name: reference.floor[name] for name in found},
        "interval": {**of_d_interval, **intervals},
        "floor_interval": {n: reference.interval[n] for n in intervals if n in reference.floor},
        "sizes": quality.sizes,
        **({"classifier": reference.about} if reference.about else {}),
        **({"proportions": _proportions(parts, data, settings)} if data.classes else {}),
    }
    first["walks"] = walks(sampler, stream(seed, "evaluate/walks"))
    if (told := by_category(sampler, stream(seed, "evaluate/codes"))) is not None:
        first["codes"] = told
    return figures, first


def _proportions(
    parts: Mapping[str, Mapping[str, np.ndarray]], data: Description, settings: Evaluate
) -> dict[str, Any]:
    train, held_out = (parts[name]["labels"] for name in ("train", settings.part))
    return proportions(train, held_out, data.classes)


def decide(
    real: np.ndarray, fakes: Sequence[np.ndarray], threshold: float
) -> tuple[dict[str, Any], dict[str, Interval]]:
    """Return D's decisions over all draws, and the intervals of its accuracies and of `auc`.

    Args:
        real: D's raw outputs for held-out examples, `[m]`.
        fakes: those for the samples of each draw, `[n]` each.
        threshold: the raw output above which D says "real".
    """
    fake = np.concatenate(fakes)
    found = decisions(real, fake, threshold)
    (real_right, real_wrong), (fake_wrong, fake_right) = found["confusion"]["counts"]
    return found, {
        "acc_real": of_share(real_right, real_right + real_wrong),
        "acc_fake": of_share(fake_right, fake_right + fake_wrong),
        "auc": of_auc(real, fake),
    }
