"""A trained generator, or translator, as a function: latents and conditions in, samples out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forger.data.description import Arrays, Description
from forger.methods.latent import Latent
from forger.methods.products import CODES, LABELS, Product
from forger.models.inference import forward, take_inputs

WALKS = 4
WALK_STEPS = 12
CATEGORIES = 10
NUMBERS = 3
NUMBER_ROWS = 3
GOLDEN = (5**0.5 - 1) / 2


class Sampler:
    """A product that makes examples, in inference mode; samples are in the networks' units.

    Args:
        product: draws some of its inputs, and is told the others, which are fields of the data.
        data: the labels that it can be asked for, and the codec of what it makes.

    Attributes:
        latent: the law of all inputs that are drawn.
        told: the fields that it is told, `labels` included.
        translates: whether it is told more than labels, so that a sample belongs to an example.
    """

    def __init__(self, product: Product, data: Description) -> None:
        self.product = product
        self.latent = product.latent
        self.told = product.told
        self.translates = not set(self.told) <= {LABELS}
        self.codec = data.real.codec
        self.classes = len(data.classes)
        self.counts = data.counts

    def conditions(self, examples: Mapping[str, np.ndarray], n: int) -> Arrays:
        """Return `n` rows of the fields that it is told.

        They are those of the first examples, again from the start at the end; labels alone are one
        class after another or, where samples shall come in the data's proportions, in such that
        also the first few nearly have them.
        """
        if not self.translates and self.counts:
            shares = np.cumsum(self.counts) / np.sum(self.counts)
            even = np.arange(1, n + 1) * GOLDEN % 1  # no gap is far wider than others
            return {name: np.searchsorted(shares, even, "right") for name in self.told}
        if not self.translates:
            return {name: np.arange(n) % self.classes for name in self.told}
        rows = np.arange(n) % len(examples["real"])
        return {name: examples[name][rows] for name in self.told}

    def sample(
        self, n: int, rng: np.random.Generator, told: Mapping[str, np.ndarray] | None = None
    ) -> np.ndarray:
        """Draw `n` samples, float32 `[n, …]`; `told` has the rows of the fields that it is told."""
        return self.decode(self.latent.sample(n, rng), told)

    def decode(
        self, latents: np.ndarray, told: Mapping[str, np.ndarray] | None = None
    ) -> np.ndarray:
        """Return the samples of latents `[n, size]`, at values that the data can have."""
        given = take_inputs(self.product, told or {}, self.classes)
        return self.codec.snap(
            forward(self.product.network, {**self.latent.split(latents), **given})
        )


def by_category(sampler: Sampler, rng: np.random.Generator) -> np.ndarray | None:
    """Return samples `[categories, WALK_STEPS, …]`: all of a row have one category of the codes.

    Those of a column have the same other latents. At most `CATEGORIES` are shown. None if the
    generator is told no codes, or must be told something else besides.
    """
    law = _law_of_codes(sampler)
    if law is None or not law.categories:
        return None
    latents = sampler.latent.sample(WALK_STEPS, rng)
    return np.stack(
        [
            sampler.decode(sampler.latent.with_category(latents, {CODES: category}))
            for category in range(min(law.categories, CATEGORIES))
        ]
    )


def by_number(sampler: Sampler, rng: np.random.Generator) -> np.ndarray | None:
    """Return samples `[numbers · NUMBER_ROWS, WALK_STEPS, …]`: in a row, one number of codes grows.

    Rows of the same number differ in all other latents. At most `NUMBERS` are shown. None as for
    `by_category`.
    """
    law = _law_of_codes(sampler)
    if law is None:
        return None
    rows = []
    for i in range(min(law.dim, NUMBERS)):
        for latent in sampler.latent.sample(NUMBER_ROWS, rng):
            latents = np.repeat(latent[None], WALK_STEPS, axis=0)
            sampler.latent.split(latents)[CODES][:, i] = np.linspace(*law.reach, WALK_STEPS)
            rows.append(sampler.decode(latents))
    return np.stack(rows)


def _law_of_codes(sampler: Sampler) -> Latent | None:
    """Return the law of a generator's codes; None without, or if it is told something besides."""
    return None if sampler.told else sampler.latent.laws.get(CODES)


def walks(sampler: Sampler, rng: np.random.Generator, told: Arrays) -> np.ndarray | None:
    """Return samples `[WALKS, WALK_STEPS, …]` on paths between latents; None without latents.

    Each walk starts where the one before ended. All share one latent category, so that changes come
    from the other coordinates, and each keeps to one row of `told`, which has `WALKS` of them.
    """
    latent = sampler.latent
    if not latent.size:
        return None
    ends = latent.sample(WALKS + 1, rng)
    ends = latent.with_category(ends, latent.categories_of(ends[0]))
    made = []
    for i in range(WALKS):
        rows = {
            name: np.repeat(field[i : i + 1], WALK_STEPS, axis=0) for name, field in told.items()
        }
        made.append(sampler.decode(latent.walk(ends[i], ends[i + 1], WALK_STEPS), rows))
    return np.stack(made)
