"""Samples of a generator, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, repeat
from typing import Any

import numpy as np

from forger.core.seeds import stream
from forger.data.codecs.base import Codec
from forger.data.description import Arrays
from forger.methods.latent import Joint
from forger.methods.products import CODES, LABELS
from forger.models.generator import Sampler
from forger.models.inference import CHUNK

PURPOSE = "generate/latents"
MOST_STEPS = 10_000  # all latents of a walk are computed at once

Chunk = tuple[np.ndarray, np.ndarray | None]  # samples [c, …] and, if any, labels [c]


def chunks(
    sampler: Sampler,
    latents: Iterable[np.ndarray],
    n: int,
    told: Iterable[Arrays],
) -> Iterator[Chunk]:
    """Yield samples in the data's units, float32, with labels, int64, if the generator takes them.

    The last bits of a row depend on how many rows the forward pass has. It always has `CHUNK`, so
    that a sample is the same whatever `n` is.

    Args:
        sampler: the generator.
        latents: arrays `[CHUNK, size]`, at least as many as needed.
        n: the number of samples in all.
        told: `CHUNK` rows of the fields that the sampler is told, as often as latents.
    """
    for start, rows, conditions in zip(range(0, n, CHUNK), latents, told, strict=False):
        samples = sampler.codec.decode(sampler.decode(rows, conditions))
        kept = min(CHUNK, n - start)
        yield samples[:kept], conditions[LABELS][:kept] if LABELS in conditions else None


def draw(latent: Joint, seed: int) -> Iterator[np.ndarray]:
    """Yield latents `[CHUNK, size]` from one random stream, without end."""
    rng = stream(seed, PURPOSE)
    while True:
        yield latent.sample(CHUNK, rng)


def walk(latent: Joint, seeds: Sequence[int], n: int) -> Iterator[np.ndarray]:
    """Yield `n` latents from the first one of a seed to that of another, by the law's walk.

    They come as `[CHUNK, size]`; the last chunk is filled up by repetition.
    """
    # Whole chunks are drawn, as the first of fewer latents may be a different one.
    first, last = (next(draw(latent, seed))[0] for seed in seeds)
    path = latent.walk(first, last, n)
    for start in range(0, n, CHUNK):
        yield np.resize(path[start : start + CHUNK], (CHUNK, latent.size))


def with_codes(
    latents: Iterable[np.ndarray], law: Joint, category: int | None, numbers: Mapping[int, float]
) -> Iterator[np.ndarray]:
    """Yield latents with some of their codes set, and the others as they are.

    Args:
        latents: arrays `[n, size]`.
        law: their law, which has codes.
        category: that of the codes, from 0; None: as drawn.
        numbers: values of the codes' numbers, by their place, from 0.
    """
    for rows in latents:
        picked = {} if category is None else {CODES: category}
        made = law.with_category(rows, picked)  # a copy
        for place, value in numbers.items():
            law.split(made)[CODES][:, place] = value
        yield made


def labels(classes: int, label: int | None) -> Iterator[np.ndarray]:
    """Yield labels int64 `[CHUNK]` without end: all `label`; None: one class after another."""
    for start in count(0, CHUNK):
        every = np.arange(start, start + CHUNK, dtype=np.int64) % classes
        yield every if label is None else np.full(CHUNK, label, np.int64)


def draw_labels(counts: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    """Yield labels int64 `[CHUNK]` without end, drawn in proportion to their `counts`."""
    rng = stream(seed, f"{PURPOSE}/labels")
    while True:
        yield rng.choice(len(counts), CHUNK, p=counts / counts.sum())


def encode(source: np.ndarray, codec: Codec) -> Iterator[np.ndarray]:
    """Yield rows of an array in the data's units, `CHUNK` at a time, in the networks'.

    The last chunk is filled up by repetition.
    """
    for start in range(0, len(source), CHUNK):
        rows = codec.encode(np.asarray(source[start : start + CHUNK]))
        yield np.resize(rows, (CHUNK, *rows.shape[1:]))


def side_by_side(fields: Mapping[str, Iterator[Any]]) -> Iterator[Arrays]:
    """Yield the next rows of each field, as long as all have some; of no fields, without end."""
    if not fields:
        yield from repeat({})
    for rows in zip(*fields.values(), strict=False):
        yield dict(zip(fields, rows, strict=True))
