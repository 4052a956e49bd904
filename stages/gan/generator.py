"""A trained generator, as its users want it: latents in, samples out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from stages.gan.dataset_files import on_the_grid
from stages.gan.params.latent import Latent

if TYPE_CHECKING:
    import keras

CHUNK = 1000  # samples a forward pass: bounds the memory


class Sampler:
    """Draws from a generator network, in inference mode, in the networks' units.

    Args:
        latent: the law of its latents.
        data: what data.json says: `classes`, the labels it can be asked for, and the grid that the
            data lie on.
    """

    def __init__(self, network: keras.Model, latent: Latent, data: Mapping[str, Any]) -> None:
        self.network = network
        self.latent = latent
        self.takes_labels = "labels" in network.input
        self.data, self.classes = data, len(data["classes"])

    def sample(
        self, n: int, rng: np.random.Generator, labels: np.ndarray | None = None
    ) -> np.ndarray:
        """`n` fresh samples, float32 `[n, …]`; labels int `[n]` where the network takes them."""
        return self.decode(self.latent.sample(n, rng), labels)

    def decode(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """The samples of given latents `[n, dim]`, on the data's grid."""
        inputs = {"latents": latents}
        if self.takes_labels:
            inputs["labels"] = one_hot(labels, self.classes)
        return on_the_grid(forward(self.network, inputs), self.data)


def forward(network: keras.Model, inputs: dict[str, np.ndarray]) -> Any:
    """A network's output in inference mode, float32 `[n, …]` (or such by name, where it has
    several), in chunks of constant size."""
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
    """Labels int `[n]` as float32 `[n, classes]`."""
    if labels is None:
        raise ValueError("this network must be told labels")
    return np.eye(classes, dtype=np.float32)[labels]


def great_circle(start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """`steps` latents `[steps, dim]` from `start` to `end` along the great circle (slerp).

    Between normal latents the straight line passes through lengths that the generator has hardly
    seen (White 2016, "Sampling generative networks"); the length goes evenly from one to the other.
    """
    a, b = start / np.linalg.norm(start), end / np.linalg.norm(end)
    angle = np.arccos(np.clip(a @ b, -1, 1))
    t = np.linspace(0, 1, steps)[:, None]
    length = (1 - t) * np.linalg.norm(start) + t * np.linalg.norm(end)
    if np.sin(angle) < 1e-6:
        direction = (1 - t) * a + t * b
    else:
        direction = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    return (length * direction).astype(np.float32)
