"""A small classifier of labelled examples, which judges the samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forger.core.seeds import integer, stream
from forger.data.codecs.base import Codec
from forger.data.codecs.table import Table
from forger.models.inference import forward

if TYPE_CHECKING:
    import keras

SEED = 1  # fixed, so that every experiment is measured with the same classifier
UPDATES = 2000
BATCH = 128
FEATURES = 64
HIDDEN = 128  # units that look at the rows of a table
STEP = 1e-3  # Adam's initial learning rate, which falls to 0
SHIFT = 0.08  # largest shift of training images, as a share of their sides
EPOCHS = 8  # shuffled at a time


@dataclass(frozen=True)
class Seen:
    """What a classifier sees in a set of examples.

    Attributes:
        features: its last hidden layer's output, `[n, f]`.
        labels: each example's likeliest label, int `[n]`.
        probabilities: each class's probability, `[n, classes]`; for stacked images, the first
            image's.
    """

    features: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray

    def rows(self, rows: np.ndarray) -> Seen:
        """Select the examples with these row numbers, int `[m]`."""
        return Seen(self.features[rows], self.labels[rows], self.probabilities[rows])

    @classmethod
    def join(cls, parts: Sequence[Seen]) -> Seen:
        """Concatenate several sets."""
        names = ("features", "labels", "probabilities")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def build(shape: tuple[int, ...], classes: int, table: Table | None = None) -> keras.Model:
    """Return a network of two strided convolutions, `FEATURES` features and class probabilities.

    Rows of a table go through a dense layer instead, and without the column of their labels.

    Args:
        shape: the images' `[height, width, channels]`, whose values lie in [-1, 1]; the curves'
            `[steps, channels]`, which are looked at as images of one column; a row's `[width]`.
        classes: the number of different labels.
        table: the codec of a table's rows; None: examples are no rows.
    """
    import keras
    from keras import initializers, layers

    from forger.networks.spans import drop_labels, encode_input

    def he(name: str) -> dict[str, Any]:
        own = integer(SEED, f"classifier/{name}")
        return {"kernel_initializer": initializers.HeUniform(own), "name": name}

    entry = keras.Input(table.spread_shape(shape) if table else shape, name="images")
    x = entry
    if table is not None:
        x = drop_labels(x, table)
        x = layers.Dense(HIDDEN, activation="relu", **he("hidden"))(x)
    else:
        if len(shape) == 2:
            x = layers.Reshape((shape[0], 1, shape[1]), name="column")(x)
        for i, filters in enumerate((32, 64)):
            options = he(f"convolution_{i}")
            x = layers.Conv2D(filters, 3, 2, "same", activation="relu", **options)(x)
        x = layers.Flatten(name="flat")(x)
    x = layers.Dropout(0.3, seed=integer(SEED, "classifier/dropout"), name="dropout")(x)
    features = layers.Dense(FEATURES, activation="relu", **he("features"))(x)
    answers = layers.Dense(classes, activation="softmax", **he("probabilities"))(features)
    outputs = {"features": features, "probabilities": answers}
    network = keras.Model({"images": entry}, outputs, name="classifier")
    return network if table is None else encode_input(network, "images", table, 1)


def train(
    examples: np.ndarray, labels: np.ndarray, classes: int, codec: Codec | None = None
) -> keras.Model:
    """Train a new classifier on examples `[n, …]` and labels int `[n]`.

    Args:
        examples: images or curves `[n, …, channels]`, or rows `[n, width]` of a table.
        labels: theirs.
        classes: the number of different labels.
        codec: of the examples; it matters only if they are rows of a table.
    """
    import keras

    table = codec if isinstance(codec, Table) else None
    network = build(examples.shape[1:], classes, table)
    network.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.PolynomialDecay(STEP, UPDATES, 0.0)),
        loss={"probabilities": "sparse_categorical_crossentropy"},
        jit_compile=keras.backend.backend() == "jax",  # ten times faster there
    )
    rng = stream(SEED, "classifier/order")
    rows = np.empty(0, np.int64)
    for _ in range(UPDATES):
        if len(rows) < BATCH:  # draw the order of the next epochs
            more = [rng.permutation(len(examples)) for _ in range(EPOCHS)]
            rows = np.concatenate([rows, *more])
        picked = np.sort(rows[:BATCH])
        rows = rows[BATCH:]
        seen = examples[picked]
        batch = {"images": shift(seen, rng) if seen.ndim == 4 else seen}
        network.train_on_batch(batch, {"probabilities": labels[picked]})
    # Without an optimizer, which would be saved too.
    trained = build(examples.shape[1:], classes, table)
    trained.set_weights(network.get_weights())
    return trained


def shift(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shift images `[n, height, width, channels]`, all by the same few pixels.

    The shift is at most `SHIFT` of the sides, rounded to whole pixels; edge pixels fill the gap.
    """
    height, width = images.shape[1:3]
    most = round(SHIFT * height), round(SHIFT * width)
    top, left = (int(rng.integers(2 * side + 1)) for side in most)
    padded = np.pad(images, [(0, 0), *((side, side) for side in most), (0, 0)], "edge")
    return padded[:, top : top + height, left : left + width]


def see(network: keras.Model, examples: np.ndarray) -> Seen:
    """Return what the classifier sees in examples `[n, …, channels]`.

    If it was trained on fewer channels, it looks at each group of that many separately: features
    are concatenated, and the groups' labels become the digits of one number.
    """
    depth = network.input["images"].shape[-1]
    looks = [
        forward(network, {"images": examples[..., i : i + depth]})
        for i in range(0, examples.shape[-1], depth)
    ]
    classes = looks[0]["probabilities"].shape[1]
    labels = np.zeros(len(examples), np.int64)
    for look in looks:
        labels = labels * classes + look["probabilities"].argmax(1)
    features = np.concatenate([look["features"] for look in looks], axis=1)
    return Seen(features, labels, looks[0]["probabilities"])
