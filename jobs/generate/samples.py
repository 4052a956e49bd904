"""Samples, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from forger.core.seeds import stream
from forger.data.folder import in_data_units
from forger.models.generator import CHUNK, Sampler
from forger.networks.latent import Latent

PURPOSE = "generate/latents"
MOST_STEPS = 10_000  # all latents of a walk are computed at once

Chunk = tuple[np.ndarray, np.ndarray | None]  # samples [c, …] and, where there are any, labels [c]


def chunks(
    sampler: Sampler,
    data: dict[str, Any],
    latents: Iterable[np.ndarray],
    n: int,
    label: int | None = None,
) -> Iterator[Chunk]:
    """`n` samples in the data's units, float32, and their labels, int64, where it takes labels.

    The last bits of a row depend on how many rows the forward pass has. It always has `CHUNK`, so
    that a sample is the same whatever `n` is.

    Args:
        latents: `[CHUNK, dim]` each; at least as many as needed.
        label: of all samples; None: one class after another.
    """
    for start, rows in zip(range(0, n, CHUNK), latents, strict=False):
        labels = _labels(start, sampler.classes, label) if sampler.takes_labels else None
        samples = in_data_units(sampler.decode(rows, labels), data)
        kept = min(CHUNK, n - start)
        yield samples[:kept], None if labels is None else labels[:kept]


def drawn(latent: Latent, seed: int) -> Iterator[np.ndarray]:
    """Latents `[CHUNK, dim]` from one random stream, without end."""
    rng = stream(seed, PURPOSE)
    while True:
        yield latent.sample(CHUNK, rng)


def walked(latent: Latent, seeds: Sequence[int], n: int) -> Iterator[np.ndarray]:
    """`n` latents from the first one of a seed to that of another, by the law's walk.

    They come as `[CHUNK, dim]`; the last chunk is filled up by repetition.
    """
    # Of a whole chunk each: the first of fewer latents may be another.
    first, last = (next(drawn(latent, seed))[0] for seed in seeds)
    path = latent.walk(first, last, n)
    for start in range(0, n, CHUNK):
        yield np.resize(path[start : start + CHUNK], (CHUNK, latent.size))


def _labels(start: int, classes: int, label: int | None) -> np.ndarray:
    if label is not None:
        return np.full(CHUNK, label, np.int64)
    return np.arange(start, start + CHUNK, dtype=np.int64) % classes
