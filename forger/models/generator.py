"""A trained generator as a function: latents in, samples out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forger.data.description import Description
from forger.methods.products import Given, Product

if TYPE_CHECKING:
    import keras

CHUNK = 1000  # samples per forward pass, to bound memory
WALKS = 4
WALK_STEPS = 12


class Sampler:
    """A generator in inference mode; its samples are in the networks' units.

    Args:
        product: draws one of its inputs or several, and may be told labels.
        data: the labels that it can be asked for, and the codec of what it makes.

    Attributes:
        latent: the law of all inputs that are drawn.
    """

    def __init__(self, product: Product, data: Description) -> None:
        self.network, self.latent = product.network, product.latent
        self.takes_labels = Given("labels") in product.inputs.values()
        self.codec, self.classes = data.real.codec, len(data.classes)

    def sample(
        self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None
    ) -> np.ndarray:
        """Draw `n` samples, float32 `[n, …]`; labels int `[n]` where the network takes them."""
        return self.decode(self.latent.sample(n, rng), labels)

    def decode(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Return the samples of latents `[n, size]`, at values that the data can have."""
        inputs = self.latent.split(latents)
        if self.takes_labels:
            inputs["labels"] = one_hot(labels, self.classes)
        return self.codec.snap(forward(self.network, inputs))


def forward(network: keras.Model, inputs: dict[str, np.ndarray]) -> Any:
    """Return a network's output in inference mode, float32 `[n, …]`, or several outputs by name.

    It is computed in chunks of `CHUNK` rows.
    """
    from keras import ops, tree

    n = len(next(iter(inputs.values())))
    chunks = [
        network({name: rows[i : i + CHUNK] for name, rows in inputs.items()}, training=False)
        for i in range(0, n, CHUNK)
    ]
    return tree.map_structure(
        lambda *parts: np.concatenate([ops.convert_to_numpy(part) for part in parts]), *chunks
    )


def one_hot(labels: np.ndarray | None, classes: int) -> np.ndarray:
    """Encode labels int `[n]` as float32 `[n, classes]`."""
    if labels is None:
        raise ValueError("this network must be told labels")
    return np.eye(classes, dtype=np.float32)[labels]


def by_category(sampler: Sampler, rng: np.random.Generator) -> np.ndarray | None:
    """Return samples `[categories, WALK_STEPS, …]`: all of a row have one category of the codes.

    Those of a column have the same other latents. None if the generator is told no codes, or must
    be told labels besides.
    """
    law = sampler.latent.laws.get("codes")
    if law is None or not law.categories or sampler.takes_labels:
        return None
    latents = sampler.latent.sample(WALK_STEPS, rng)
    rows = []
    for category in np.eye(law.categories, dtype=np.float32):
        parts = sampler.latent.split(latents.copy())
        parts["codes"][:, law.dim :] = category
        rows.append(sampler.decode(np.concatenate([*parts.values()], axis=1)))
    return np.stack(rows)


def walks(sampler: Sampler, rng: np.random.Generator) -> np.ndarray:
    """Return samples `[WALKS, WALK_STEPS, …]` on paths between latents.

    Each walk starts where the one before ended. All share one latent category, so that changes come
    from the other coordinates, and each keeps to one label.
    """
    latent = sampler.latent
    ends = latent.with_category_of_first(latent.sample(WALKS + 1, rng))
    made = []
    for i in range(WALKS):
        labels = np.full(WALK_STEPS, i % sampler.classes) if sampler.takes_labels else None
        made.append(sampler.decode(latent.walk(ends[i], ends[i + 1], WALK_STEPS), labels))
    return np.stack(made)
