"""What an encoder finds in held-out examples, and what the generator makes of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forger.core.seeds import stream
from forger.data.description import Description
from forger.evaluation.measures import Measures
from forger.methods.products import CODES, LABELS, Product
from forger.metrics.encoding import (
    importance_weighted,
    log_normal,
    match,
    reconstruction_errors,
)
from forger.metrics.intervals import Interval, of_share
from forger.models.generator import Sampler
from forger.models.inference import forward, take_inputs

SHOWN = 64  # reconstructions that are kept for the report
DRAWS = 500  # of an example's latents, for its likelihood
# Outputs that an encoder may have; CODES is another.
LATENTS = "latents"
SPREAD = "log_variance"


def measure(
    encoder: Product, generator: Product, held_out: Mapping[str, np.ndarray],
    data: Description, seed: int,
) -> Measures:  # fmt: skip
    """Measure an encoder on held-out examples, by what it gives: latents, their spread, codes.

    The arrays are `reconstructed` [r, …], of the first held-out examples, and `stands_for`
    [largest category found + 1], the label that each category found stands for, or −1 for none.

    Args:
        encoder: takes examples.
        generator: makes examples of latents, and of what else it may be told.
        held_out: `real` [n, …], in the networks' units, and `labels` [n] where there are any.
        data: what the arrays are.
        seed: the draws of latents derive from it.
    """
    found = Measures()
    real = np.asarray(held_out["real"])
    sampler = Sampler(generator, data)
    given = forward(encoder.network, take_inputs(encoder, held_out, sampler.classes))
    told = take_inputs(generator, held_out, sampler.classes)
    if LATENTS in given:
        again = sampler.decode(given[LATENTS], held_out)
        if real.std(0).any():  # of nothing, there is no share
            found.add_mean("reconstruction_error", reconstruction_errors(real, again))
        found.arrays["reconstructed"] = again[:SHOWN]
    # By a prior N(0, I), as the estimate has it.
    if SPREAD in given and generator.stddev is not None and generator.latent.is_normal:
        found.add_mean("log_likelihood", _log_likelihoods(real, given, generator, told, seed))
    law = generator.latent.laws.get(CODES)
    if CODES in given and law is not None and law.categories and LABELS in held_out:
        categories = category_of(given[CODES], generator)
        labels = np.asarray(held_out[LABELS])
        stands_for = match(categories, labels)
        found.add("code_error", *code_error(stands_for, categories, labels))
        found.arrays["stands_for"] = stands_for
    return found


def code_error(
    stands_for: np.ndarray, categories: np.ndarray, labels: np.ndarray
) -> tuple[float, Interval]:
    """Return the share of examples whose category stands for another label, and its interval.

    Args:
        stands_for: the label of each category, as `match` finds it.
        categories, labels: int `[n]`.
    """
    errors = int(np.sum(stands_for[categories] != labels))
    n = len(labels)
    return errors / n, of_share(errors, n)


def category_of(codes: np.ndarray, generator: Product) -> np.ndarray:
    """Return the most likely category, int `[n]`.

    Args:
        codes: `[n, size]`, in the places where G is told them; of categories, any scores.
        generator: is told codes.
    """
    law = generator.latent.laws[CODES]
    return codes[:, law.dim :].argmax(1)


def _log_likelihoods(
    real: np.ndarray,
    given: Mapping[str, np.ndarray],
    generator: Product,
    told: Mapping[str, np.ndarray],
    seed: int,
) -> np.ndarray:
    """Estimate ln p(x) of each example by importance sampling, in the networks' units, `[n]`.

    Where the generator is told something of an example, it is ln p(x | what is told).

    Args:
        real: the examples `[n, …]`.
        given: the encoder's means and log variances of their latents, `[n, d]` each.
        generator: draws its latents from N(0, I), and adds Gaussian noise to what it makes.
        told: its other inputs, by name, `[n, …]` each.
        seed: the draws derive from it.
    """
    assert generator.stddev is not None
    mean = given[LATENTS]
    log_variance = given[SPREAD]
    flat = real.reshape(len(real), -1)
    noise = 2 * np.log(generator.stddev)
    rng = stream(seed, "evaluate/importance")
    weights = []
    for _ in range(DRAWS):
        z = mean + np.exp(log_variance / 2) * rng.standard_normal(mean.shape, np.float32)
        inputs = {**generator.latent.split(z), **told}
        made = forward(generator.network, inputs).reshape(flat.shape)
        weights.append(
            log_normal(flat, made, noise)
            + log_normal(z, np.zeros_like(z), 0.0)
            - log_normal(z, mean, log_variance)
        )
    return importance_weighted(np.stack(weights))
