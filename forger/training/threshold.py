"""The threshold of a trained discriminator."""

from __future__ import annotations

from collections.abc import Mapping

from forger.core.seeds import stream
from forger.data.base import Data
from forger.methods.products import Product, maker
from forger.models.discriminator import Judge, separating
from forger.models.generator import Sampler

JUDGED = 10_000  # training examples that set a critic's threshold


def threshold(products: Mapping[str, Product], data: Data, seed: int) -> float:
    """Return D's raw output above which it says "real".

    It is D's own or, for a critic, which has none, the one that best separates training data from
    as many fakes.

    Args:
        products: a `discriminator`, and one that makes examples.
        data: the training examples, and what they are.
        seed: the fakes derive from it.
    """
    own = products["discriminator"].threshold
    if own is not None:
        return own
    real = {name: rows[:JUDGED] for name, rows in data.arrays["train"].items()}
    sampler = Sampler(products[maker(products)], data.description)
    fakes = sampler.sample(len(real["real"]), stream(seed, "train/threshold"), real)
    judge = Judge(products["discriminator"], sampler.classes)
    return separating(judge.scores(real), judge.scores({**real, "real": fakes}))
