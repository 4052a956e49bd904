"""What is drawn from a trained GAN, and the figures taken of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from stages.gan.dataset_files import in_data_units
from stages.gan.generator import Sampler, forward, great_circle, one_hot
from stages.gan.metrics import quality
from stages.gan.metrics.discriminator import decisions
from stages.gan.params.latent import Latent
from stages.gan.seeds import stream

if TYPE_CHECKING:
    import keras

WALK_STEPS = 12
WALKS = 4
Arrays = dict[str, np.ndarray]


def draw(
    networks: Mapping[str, keras.Model],
    about: Mapping[str, Any],
    test: Arrays,
    n: int,
    seed: int,
) -> Arrays:
    """Everything that is drawn from the networks, in their units.

    Returns:
        `samples` [n, …] and, for a conditional method, their `labels` [n], in the proportions of
        the held-out data; `real_scores` [m] and `fake_scores` [n], D's raw outputs on the held-out
        data and on the samples; `walks` [w, steps, …], samples along great circles.
    """
    classes = len(about["data"]["classes"])
    sampler = Sampler(networks["generator"], Latent(**about["latent"]), classes)
    rng = stream(seed, "evaluate/samples")
    labels = np.resize(test["labels"], n) if sampler.takes_labels else None
    samples = sampler.sample(n, rng, labels)
    drawn = {
        "samples": samples,
        "real_scores": _scores(
            networks["discriminator"], test["real"], test.get("labels"), classes
        ),
        "fake_scores": _scores(networks["discriminator"], samples, labels, classes),
        "walks": _walks(sampler, stream(seed, "evaluate/walks")),
    }
    return drawn if labels is None else {**drawn, "labels": labels}


def _scores(
    discriminator: keras.Model, examples: np.ndarray, labels: np.ndarray | None, classes: int
) -> np.ndarray:
    inputs = {"examples": examples}
    if "labels" in discriminator.input:
        inputs["labels"] = one_hot(labels, classes)
    return forward(discriminator, inputs)[:, 0]


def _walks(sampler: Sampler, rng: np.random.Generator) -> np.ndarray:
    ends = sampler.latent.sample(WALKS + 1, rng)
    walks = []
    for walk in range(WALKS):
        latents = great_circle(ends[walk], ends[walk + 1], WALK_STEPS)
        labels = np.full(WALK_STEPS, walk) if sampler.takes_labels else None
        walks.append(sampler.decode(latents, labels))
    return np.stack(walks)


def figures(
    drawn: Arrays, test: np.ndarray, data: dict[str, Any], about: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of metrics.json.

    `quality` is taken of the samples, `floor` is the same of as many held-out real examples.
    """
    samples, law = drawn["samples"], data["law"]
    return {
        **decisions(drawn["real_scores"], drawn["fake_scores"], about["decision_threshold"]),
        "quality": quality(in_data_units(samples, data), law),
        "floor": quality(in_data_units(np.asarray(test[: len(samples)]), data), law),
        "samples": len(samples),
        "held_out": len(test),
    }
