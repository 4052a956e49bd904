"""Networks in inference mode, on arrays of any length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from forger.methods.products import LABELS, Given, Product

if TYPE_CHECKING:
    import keras

CHUNK = 1000  # rows per forward pass, to bound memory


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


def take_inputs(
    product: Product, rows: Mapping[str, np.ndarray], classes: int
) -> dict[str, np.ndarray]:
    """Return what a product's network takes from fields, by input name, float32 `[n, …]`.

    Args:
        product: says which inputs come from which field, and how many rows it packs as one.
        rows: `[n, …]` of each field, int `[n]` of labels; it may have more than are taken.
        classes: the number of different labels.

    Raises:
        ValueError: a field that the network takes is missing.
    """
    found = {}
    for name, source in product.inputs.items():
        if not isinstance(source, Given):
            continue
        if source.field not in rows:
            raise ValueError(f"this network must be told {source.field}")
        field = rows[source.field]
        found[name] = _pack(one_hot(field, classes) if source.field == LABELS else field, source)
    return found


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    """Encode labels int `[n]` as float32 `[n, classes]`."""
    return np.eye(classes, dtype=np.float32)[labels]


def _pack(rows: np.ndarray, source: Given) -> np.ndarray:
    """Join as many consecutive rows as make one along the last axis, and leave out the rest."""
    m = source.packed
    if m == 1:
        return rows
    whole = len(rows) // m * m
    return np.concatenate([rows[i:whole:m] for i in range(m)], axis=-1)
