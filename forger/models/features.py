"""Features of images without labels, from a small network that nobody has told anything.

It learns by contrast, on the training part alone (SimCLR: Chen et al. 2020): of two changed
versions of each image in a batch, it finds the one that belongs to the other. What tells images
apart is then in its features; a network of random weights hardly notices that a kind is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forger.core.seeds import integer, stream
from forger.models.inference import forward

if TYPE_CHECKING:
    import keras

SEED = 1  # fixed, so that every experiment is measured with the same network
UPDATES = 500
BATCH = 128
MOST = 10_000  # images whose features' principal components are found
FEATURES = 64
PROJECTED = 32
STEP = 1e-3  # Adam's initial learning rate, which falls to 0
TEMPERATURE = 0.2
SHIFT = 0.15  # the largest shift, as a share of the sides
CONTRAST = 0.4  # contrast changes by a factor of 1 ± this
BRIGHTNESS = 0.3  # and brightness by ± this, in the networks' units


def build(shape: tuple[int, ...], last: int) -> keras.Model:
    """Return a network of two strided convolutions and `FEATURES` features.

    Args:
        shape: the images' `[height, width, channels]`; their values lie in [-1, 1].
        last: how many numbers a last, linear layer makes of the features.
    """
    import keras
    from keras import initializers, layers

    def he(name: str) -> dict[str, Any]:
        own = integer(SEED, f"features/{name}")
        return {"kernel_initializer": initializers.HeUniform(own), "name": name}

    entry = keras.Input(shape, name="images")
    x = entry
    for i, filters in enumerate((32, 64)):
        options = he(f"convolution_{i}")
        x = layers.Conv2D(filters, 3, 2, "same", activation="relu", **options)(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dense(FEATURES, activation="relu", **he("features"))(x)
    x = layers.Dense(last, **he("last"))(x)
    return keras.Model({"images": entry}, x, name="features")


def train(images: np.ndarray) -> keras.Model:
    """Train a new network on images `[n, height, width, channels]`, which may be memory-mapped.

    Its outputs are the features, turned to their principal components in the images, the largest
    first. That changes no Fréchet distance, but few examples are best compared by the first ones.
    """
    import keras

    network = build(images.shape[1:], PROJECTED)
    network.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.PolynomialDecay(STEP, UPDATES, 0.0)),
        loss=_contrast,
        jit_compile=keras.backend.backend() == "jax",
    )
    rng = stream(SEED, "features/batches")
    batch = min(BATCH, len(images))
    for _ in range(UPDATES):
        picked = np.sort(rng.choice(len(images), batch, replace=False))
        pairs = [change(images[picked], rng) for _ in range(2)]
        network.train_on_batch({"images": np.concatenate(pairs)}, np.zeros(2 * batch))
    trained = build(images.shape[1:], FEATURES)
    learnt = network.get_weights()[:-2]
    trained.set_weights([*learnt, np.eye(FEATURES), np.zeros(FEATURES)])
    found = extract(trained, images[:MOST]).astype(np.float64)
    mean = found.mean(0)
    _, axes = np.linalg.eigh(np.cov(found, rowvar=False))  # the largest last
    axes = axes[:, ::-1]
    trained.set_weights([*learnt, axes, -mean @ axes])
    return trained


def _contrast(_: Any, projected: Any) -> Any:
    """Return the loss NT-Xent (equation 1) of `[2n, d]`; rows i and n + i are of one image."""
    from keras import ops

    length = ops.sqrt(ops.sum(ops.square(projected), axis=-1, keepdims=True) + 1e-8)
    unit = projected / length
    n = projected.shape[0]
    alike = ops.matmul(unit, ops.transpose(unit)) / TEMPERATURE
    of_others = ops.logsumexp(alike - 1e9 * ops.eye(n), axis=-1)
    of_pairs = ops.sum(unit * ops.roll(unit, n // 2, axis=0), axis=-1) / TEMPERATURE
    return ops.mean(of_others - of_pairs)


def change(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return images `[n, height, width, channels]`, each shifted, and of other contrast and light.

    Edge pixels fill the gaps.
    """
    n, height, width, _ = images.shape
    down, right = round(SHIFT * height), round(SHIFT * width)
    padded = np.pad(images, ((0, 0), (down, down), (right, right), (0, 0)), "edge")
    tops = rng.integers(2 * down + 1, size=n)
    lefts = rng.integers(2 * right + 1, size=n)
    shifted = np.stack(
        [
            image[top : top + height, left : left + width]
            for image, top, left in zip(padded, tops, lefts, strict=True)
        ]
    )
    shape = (n, 1, 1, 1)
    stretch = rng.uniform(1 - CONTRAST, 1 + CONTRAST, shape).astype(np.float32)
    light = rng.uniform(-BRIGHTNESS, BRIGHTNESS, shape).astype(np.float32)
    mean = shifted.mean(axis=(1, 2, 3), keepdims=True)
    return np.asarray(mean + stretch * (shifted - mean) + light)


def extract(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return the features of images `[n, height, width, channels]`, float32 `[n, FEATURES]`."""
    found: np.ndarray = forward(network, {"images": np.asarray(images)})
    return found
