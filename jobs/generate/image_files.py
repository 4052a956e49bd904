"""Writers of samples as image files: a PNG each, in a folder or a zip archive."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import numpy as np
from PIL import Image

from forger.core.files import EPOCH
from jobs.generate.samples import Chunk
from jobs.shared.trained import Trained

BYTES = 255.0
WORDS = 65535.0
CHANNELS = (1, 3, 4)  # grey, colours, colours and opacity
SAFE = re.compile(r"\w[\w .-]*")  # a class's name that can be a folder's


def write_folder(path: Path, chunks: Iterable[Chunk], n: int, trained: Trained) -> None:
    """Write a PNG per sample, and a folder per class if the generator takes labels.

    Args:
        path: the folder to write, which is not there yet.
        chunks: the samples, with their labels if the generator takes some.
        n: the number of samples in all.
        trained: the generator that they come from.
    """
    path.mkdir()
    for name, content in _encode(chunks, n, trained):
        file = path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)


def write_zip(path: Path, chunks: Iterable[Chunk], n: int, trained: Trained) -> None:
    """Write a zip archive of the same files as `write_folder`, without dates.

    Args: as in `write_folder`.
    """
    with ZipFile(path, "w") as archive:
        for name, content in _encode(chunks, n, trained):
            archive.writestr(ZipInfo(name, EPOCH), content)


def find_misfit(trained: Trained) -> str:
    """Tell why a generator's samples can't be image files; empty if they can."""
    real = trained.data.real
    codec = real.codec
    span = getattr(codec, "range", ())
    if len(real.shape) != 3 or real.shape[-1] not in CHANNELS:
        return f"examples of shape {real.shape} are no grey or coloured images"
    if span == (0.0, WORDS) and real.shape[-1] > 1:
        return "no PNG of 16 bits a colour can be written"
    if span not in ((0.0, BYTES), (0.0, WORDS)):
        return f"an image file's pixels go from 0 to 255, and these do not ({real.units})"
    return ""


def _encode(chunks: Iterable[Chunk], n: int, trained: Trained) -> Iterator[tuple[str, bytes]]:
    """Yield each sample's file: its name, with `/`, and its content."""
    codec = trained.data.real.codec
    high = codec.range[1]  # type: ignore[attr-defined]
    dtype = np.uint8 if high == BYTES else np.uint16
    names = _name_folders(trained)
    digits = len(str(n - 1))
    row = 0
    for samples, labels in chunks:
        pixels = np.clip(np.round(samples), 0, high).astype(dtype)
        for i, image in enumerate(pixels):
            within = "" if labels is None else f"{names[labels[i]]}/"
            yield f"{within}{row:0{digits}}.png", _to_png(image)
            row += 1


def _name_folders(trained: Trained) -> list[str]:
    """Return a folder's name for each class: the class's own if all are fit, or its number."""
    classes = trained.data.classes
    fit = all(SAFE.fullmatch(name) and len(name.encode()) <= 200 for name in classes)
    lowered = {name.lower() for name in classes}  # some file systems tell no case
    if fit and len(lowered) == len(classes):
        return list(classes)
    return [str(label) for label in range(len(classes))]


def _to_png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(file, format="PNG")
    return file.getvalue()
