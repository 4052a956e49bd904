"""Evaluation: samples of a trained generator, and figures of them, of D and of E."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forger.core.files import read_json
from forger.core.seeds import stream
from forger.data.base import Data
from forger.evaluation import encoding, translation
from forger.evaluation.exact import measure_exactly
from forger.evaluation.measures import Measures
from forger.evaluation.quality import Quality
from forger.evaluation.settings import Evaluate
from forger.methods.products import LABELS, Product, maker
from forger.metrics.classes import proportions
from forger.metrics.discriminator import decisions
from forger.metrics.intervals import Interval, of_auc, of_share
from forger.models.discriminator import Judge
from forger.models.folder import ModelFolder
from forger.models.generator import WALKS, Sampler, by_category, by_number, walks

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
        features: a network that finds features of images without labels.
    """

    floor: dict[str, float]
    interval: dict[str, Interval]
    classifier: keras.Model | None = None
    about: dict[str, Any] = field(default_factory=dict)
    features: keras.Model | None = None

    @classmethod
    def load(cls, path: Path) -> Reference:
        """Read the reference that the stage `reference` wrote."""
        folder = ModelFolder(path)
        floor = read_json(path / "floor.json")
        if not (products := folder.about["products"]):
            return cls(**floor)
        if "features" in products:
            return cls(**floor, features=folder.load("features").network)
        known = {
            "accuracy": folder.about["accuracy"],
            "sha256": products["classifier"]["sha256"],
        }
        return cls(**floor, classifier=folder.load("classifier").network, about=known)


def evaluate(
    products: Mapping[str, Product],
    data: Data,
    settings: Evaluate,
    seed: int,
    reference: Reference,
) -> tuple[dict[str, Any], Arrays]:
    """Measure the products on held-out data and on repeated draws.

    Args:
        products: one that makes examples and, where there are any, a `discriminator` and an
            `encoder`.
        data: the examples in three parts, and what they are.
        settings: the part to compare with, the size of a draw, and the number of draws.
        seed: the draws of samples derive from it; the choice of real examples does not.
        reference: floors and, where the data have labels, a classifier.

    Returns:
        The content of figures.json: `part`; figures without a floor: a D's `acc_real`, `acc_fake`,
        `auc` and `confusion` on that part and on all draws, an encoder's and a translator's;
        `quality`, means over the draws; `floor`, the same of real examples; `interval` and
        `floor_interval`, 95 %, over the draws and the held-out examples; `sizes`; where the data
        have labels, `classifier`, and `proportions` of the classes.

        Arrays, in the networks' units. Of the first draw: `samples` [n, …]; where samples are told
        or come from something that has a label, `labels` [n]; D's raw outputs, `fake_scores`
        [n // packing]; where there is a classifier, the classes `seen` [n]. Of the held-out part:
        D's raw outputs, `real_scores` [m // packing], and the arrays of `encoding.measure` and
        `translation.measure`. `walks` [w, steps, …], samples on paths between latents; for a
        generator that is told codes, `codes` and `numbers` of `by_category` and `by_number`.
    """
    sampler = Sampler(products[maker(products)], data.description)
    quality = Quality(data, settings, reference.classifier, reference.features)
    held_out = data.arrays[settings.part]
    judge = None
    if "discriminator" in products:
        judge = Judge(products["discriminator"], sampler.classes)
    draws = []
    scores = []
    arrays = Arrays()
    for i in range(settings.draws):
        told = _conditions(sampler, data, quality, seed, i)
        rng = stream(seed, "evaluate/samples", i)
        samples = sampler.sample(settings.samples, rng, told)
        if judge is not None:
            scores.append(judge.scores({**told, "real": samples}))
        draws.append(quality.measure(samples, told.get(LABELS), i))
        if i == 0:
            arrays |= {"samples": samples, **{n: told[n] for n in (LABELS,) if n in told}}
    if (seen := draws[0].seen) is not None:
        arrays["seen"] = seen.labels
    found, intervals = quality.summarise(draws, sampler.translates)
    found |= measure_exactly(sampler, data.description)
    apart: dict[str, Any] = {}
    if judge is not None:
        real_scores = judge.scores(held_out)
        apart, of_d = decide(real_scores, scores, judge.threshold)
        intervals = of_d | intervals
        arrays |= {"fake_scores": scores[0], "real_scores": real_scores}
    for measures in _measure_held_out(products, sampler, held_out, data, seed):
        found |= measures.quality
        apart |= measures.apart
        intervals |= measures.interval
        arrays |= measures.arrays
    figures = {
        "part": settings.part,
        **apart,
        "quality": {name: value for name, value in found.items() if name in reference.floor},
        "floor": {name: reference.floor[name] for name in found if name in reference.floor},
        "interval": intervals,
        "floor_interval": {n: reference.interval[n] for n in intervals if n in reference.floor},
        "sizes": quality.sizes,
        **({"classifier": reference.about} if reference.about else {}),
        **({"proportions": _proportions(data, settings)} if data.description.classes else {}),
    }
    return figures, arrays | _draw_for_pictures(sampler, held_out, seed)


def _conditions(sampler: Sampler, data: Data, quality: Quality, seed: int, draw: int) -> Arrays:
    """Return what the samples of a draw are told, by field, and the labels of what is translated.

    Labels alone are drawn in the training data's proportions.
    """
    if not sampler.told:
        return {}
    if sampler.translates:
        rows = quality.to_translate(draw)
        part = data.arrays[quality.part]
        return {name: field[rows] for name, field in part.items() if name != "real"}
    rng = stream(seed, "evaluate/labels", draw)
    return {LABELS: rng.choice(data.arrays["train"][LABELS], quality.sizes["samples"])}


def _measure_held_out(
    products: Mapping[str, Product],
    sampler: Sampler,
    held_out: Mapping[str, np.ndarray],
    data: Data,
    seed: int,
) -> Iterator[Measures]:
    """Yield what is measured of products on the held-out examples themselves."""
    if "encoder" in products:
        yield encoding.measure(
            products["encoder"], sampler.product, held_out, data.description, seed
        )
    if sampler.translates:
        yield translation.measure(sampler, held_out, data.description, seed)


def _draw_for_pictures(sampler: Sampler, held_out: Mapping[str, np.ndarray], seed: int) -> Arrays:
    """Return samples that are drawn for pictures alone, as far as the sampler has any."""
    found = {
        "walks": walks(
            sampler, stream(seed, "evaluate/walks"), sampler.conditions(held_out, WALKS)
        ),
        "codes": by_category(sampler, stream(seed, "evaluate/codes")),
        "numbers": by_number(sampler, stream(seed, "evaluate/numbers")),
    }
    return {name: samples for name, samples in found.items() if samples is not None}


def _proportions(data: Data, settings: Evaluate) -> dict[str, Any]:
    train, held_out = (data.arrays[name][LABELS] for name in ("train", settings.part))
    return proportions(train, held_out, data.description.classes)


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
