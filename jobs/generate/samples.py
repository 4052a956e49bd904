"""Samples of a generator, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from forger.core.seeds import stream
from forger.methods.latent import Joint
from forger.models.generator import CHUNK, Sampler

PURPOSE = "generate/latents"
MOST_STEPS = 10_000  # all latents of a walk are computed at once

Chunk = tuple[np.ndarray, np.ndarray | None]  # samples [c, …] and, if any, labels [c]


def chunks(
    sampler: Sampler,
    latents: Iterable[np.ndarray],
    n: int,
    label: int | None = None,
) -> Iterator[Chunk]:
    """Yield samples in the data's units, float32, with labels, int64, if the generator takes them.

    The last bits of a row depend on how many rows the forward pass has. It always has `CHUNK`, so
    that a sample is the same whatever `n` is.

    Args:
        sampler: the generator.
        latents: arrays `[CHUNK, size]`, at least as many as needed.
        n: the number of samples in all.
        label: the label of all samples; None: one class after another.
    """
    for start, rows in zip(range(0, n, CHUNK), latents, strict=False):
        labels = _labels(start, sampler.classes, label) if sampler.takes_labels else None
        samples = sampler.codec.decode(sampler.decode(rows, labels))
        kept = min(CHUNK, n - start)
        yield samples[:kept], None if labels is None else labels[:kept]


def drawn(latent: Joint, seed: int) -> Iterator[np.ndarray]:
    """Yield latents `[CHUNK, size]` from one random stream, without end."""
    rng = stream(seed, PURPOSE)
    while True:
        yield latent.sample(CHUNK, rng)


def walked(latent: Joint, seeds: Sequence[int], n: int) -> Iterator[np.ndarray]:
    """Yield `n` latents from the first one of a seed to that of another, by the law's walk.

    They come as `[CHUNK, size]`; the last chunk is filled up by repetition.
    """
    # Whole chunks are drawn, as the first of fewer latents may be a different one.
    first, last = (next(drawn(latent, seed))[0] for seed in seeds)
    path = latent.walk(first, last, n)
    for start in range(0, n, CHUNK):
        yield np.resize(path[start : start + CHUNK], (CHUNK, latent.size))


def _labels(start: int, classes: int, label: int | None) -> np.ndarray:
    if label is not None:
        return np.full(CHUNK, label, np.int64)
    return np.arange(start, start + CHUNK, dtype=np.int64) % classes
