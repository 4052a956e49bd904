"""Contradictions between an adversarial method's options, its networks, training and data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from forger.core.text import either
from forger.methods.objectives.kinds import OBJECTIVES

if TYPE_CHECKING:
    from forger.data.base import Dataset
    from forger.methods.settings import Train
    from forger.networks.base import Network


def of_adversaries(method: Any, networks: Mapping[str, Network]) -> Iterator[str]:
    """Yield what makes no sense of D and G, whatever the method.

    Problems are lines that begin with the key below the recipe. `method` is an `Adversarial`, whose
    file calls this: a type would be an import in a circle.
    """
    discriminator = networks["discriminator"]
    if networks["generator"].minibatch != "none":
        yield "networks.generator.minibatch: it is the discriminator's, which judges whole batches"
    if discriminator.output != "linear":
        yield "networks.discriminator.output: must be linear, as D gives logits"
    if method.losses.lipschitz and not method.limits_slope(discriminator):
        ways = [name for name in ("penalties", "weight_clip") if name in type(method).model_fields]
        yield (
            f"method.objective: {method.objective} needs a critic of limited slope; set "
            f"{either([*ways, 'networks.discriminator.spectral, without normalization'])}"
        )


def of_gan(method: Any, discriminator: Network, train: Train, dataset: Dataset) -> Iterator[str]:
    """Yield what else makes no sense of a `GAN`, likewise."""
    if method.discriminator_batches == "mixed" and discriminator.mixes_examples:
        yield (
            "method.discriminator_batches: mixed would mix real and fake in the "
            "discriminator's batch normalisation or diversity; allowed: separate, alternating"
        )
    yield from _of_batches(method, train, dataset)
    yield from _of_remedies(method, dataset)
    yield from _of_slope(method, discriminator)


def _of_batches(method: Any, train: Train, dataset: Dataset) -> Iterator[str]:
    if method.latent.pool is not None and method.generator_batch is not None:
        yield "method.generator_batch: must be null where method.latent.pool fixes the latents"
    for key, n in {
        "train.batch": train.batch,
        "method.generator_batch": method.generator_batch or 0,
    }.items():
        if n % method.packing:
            yield f"{key}: found {n}; method.packing takes {method.packing} at once"
    for part, size in {
        "training": dataset.train_size,
        "validation": dataset.validation_size,
        "test": dataset.test_size,
    }.items():
        if size is not None and size < method.packing:
            yield f"method.packing: found {method.packing}, but there are {size} {part} examples"


def _of_remedies(method: Any, dataset: Dataset) -> Iterator[str]:
    traits = method.losses
    if method.labels is not None and not traits.targets:
        yield f"method.labels: {method.objective} holds D against no targets; {_those('targets')}"
    if method.discriminator_batches == "alternating":
        if method.penalties.any:
            yield ("method.penalties: they look at real and fakes in one step; alternating has two")
        if traits.relative or traits.threshold is None:
            yield (
                f"method.discriminator_batches: {method.objective} holds D's outputs for real and "
                "fake beside each other; allowed: separate, mixed"
            )
    if method.augmentation is not None:
        yield from _of_augmentation(method.augmentation, dataset.shape)


def _of_augmentation(augmentation: Any, shape: tuple[int, ...]) -> Iterator[str]:
    if len(shape) != 3:
        yield f"method.augmentation: for images; examples of shape {shape} are none"
    elif augmentation.saturation and shape[-1] < 3:
        yield (
            f"method.augmentation.saturation: found {augmentation.saturation}; grey images have "
            "no colours"
        )


def _of_slope(method: Any, discriminator: Network) -> Iterator[str]:
    """Yield problems of the limits on D's slope."""
    penalized = method.penalties.any
    clipped = method.weight_clip is not None
    if penalized and discriminator.normalization == "batch":
        yield (
            "method.penalties: they need D's slope at each example, which batch normalisation "
            "mixes; set networks.discriminator.normalization to layer, instance or none"
        )
    if clipped and discriminator.spectral:
        yield (
            "method.weight_clip: networks.discriminator.spectral divides the weights by their "
            "size, clipped or not; set one of them"
        )


def _those(trait: str) -> str:
    every = OBJECTIVES.every().items()
    return f"allowed: {', '.join(name for name, each in every if getattr(each, trait))}"
