"""Arrays that may be larger than memory, in files that vanish with the process."""

from __future__ import annotations

import math
import os
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from forger.data.codecs.base import Codec

BLOCK = 2**24  # numbers encoded at a time


def encode(pixels: np.ndarray, rows: np.ndarray, codec: Codec, scratch: Path | None) -> np.ndarray:
    """Return some rows of images in the networks' units, in a file of their own, float32.

    Args:
        pixels: `[n, height, width, channels]`, in the data's units.
        rows: int `[m]`.
        codec: the way to the networks' units.
        scratch: see `allocate`.
    """
    made = allocate((len(rows), *pixels.shape[1:]), np.float32, scratch)
    step = max(1, BLOCK // pixels[0].size)
    for i in range(0, len(rows), step):
        made[i : i + step] = codec.encode(pixels[rows[i : i + step]])
    return made


def allocate(shape: tuple[int, ...], dtype: type, scratch: Path | None) -> np.ndarray:
    """Return an array of a file without a name, which may be larger than memory.

    Args:
        shape, dtype: the array's.
        scratch: the folder of the file; None: the system's own.

    Raises:
        OSError: the disk has no room for it.
    """
    with TemporaryFile(dir=scratch) as file:
        size = math.prod(shape) * np.dtype(dtype).itemsize
        file.truncate(size)
        if hasattr(os, "posix_fallocate"):
            # Where the disk turns out to be full as the array is written, the process is killed.
            os.posix_fallocate(file.fileno(), 0, size)
        return np.memmap(file, dtype, "r+", shape=shape)
