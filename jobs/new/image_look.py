"""A first look at a person's images: how many there are, and what they are taken for."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from forger.core.errors import UserError
from forger.data import image_arrays
from forger.data.image_files import ImageFiles
from forger.data.images import FOLDERS
from forger.data.pixels import Frame, Mode, Survey, read_pixels, survey

SIDE = 32  # pixels of the images whose colours are looked at
LOOKED_AT = 30  # how many these are
CLASSES = range(2, 101)  # so many folders are taken for classes
LEAST_A_CLASS = 20


@dataclass
class Found:
    """What the images are taken for.

    Attributes:
        images: how many there are.
        sizes: their heights and widths, int `[n, 2]`, of all or of each size once a time.
        mode: what a pixel should be.
        labels: the value of `dataset.labels`.
        classes: how many there are; 0 without labels.
        lines: what to tell.
    """

    images: int
    sizes: np.ndarray
    mode: Mode
    labels: str | None = None
    classes: int = 0
    lines: list[str] = field(default_factory=list)


def look_at_files(files: ImageFiles, asked: argparse.Namespace) -> Found:
    """Look at every image's header, and at the pixels of some."""
    seen = survey(files)
    sizes = np.array([size for size, n in sorted(seen.sizes.items()) for _ in range(n)])
    found = Found(len(files.names), sizes, _choose_mode(files, seen))
    found.lines.append(f"{found.images:,} images, {_describe_sizes(sizes)}")
    frame = Frame((SIDE, SIDE), "crop", found.mode, "white")
    found.lines.append(f"pixels are taken for {found.mode}")
    found.lines += seen.tell(frame)
    if files.others:
        others = ", ".join(f"{n:,} of {kind}" for kind, n in sorted(files.others.items()))
        found.lines.append(f"left out: other files ({others})")
    _find_classes(files, asked.labels, found)
    return found


def _find_classes(files: ImageFiles, asked: str | None, found: Found) -> None:
    """Take the outermost folders for classes, if that is asked for, or if all images lie in some.

    Raises UserError if something else is asked for.
    """
    if asked not in (None, FOLDERS):
        raise UserError(f"--labels: found {asked!r}; images in files can have {FOLDERS}")
    counts = Counter(name.partition("/")[0] for name in files.names if "/" in name)
    nested = counts.total() == len(files.names)
    fits = len(counts) in CLASSES and min(counts.values()) >= LEAST_A_CLASS
    if asked == FOLDERS or (nested and fits):
        found.labels = FOLDERS
        found.classes = len(counts)
        listed = ", ".join(f"{name} ({n:,})" for name, n in sorted(counts.items())[:10])
        more = ", …" if len(counts) > 10 else ""
        found.lines.append(f"{len(counts)} folders are taken for classes: {listed}{more}")


def look_at_arrays(path: Path, asked: argparse.Namespace) -> Found:
    """Look at the array of images, and at that of the labels if one is named."""
    arrays = image_arrays.read_arrays(path)
    images = image_arrays.pick_images(path, arrays, asked.array)
    scale = image_arrays.scale_of(path, images)
    modes: dict[int, Mode] = {1: "grey", 3: "rgb", 4: "rgba"}
    sizes = np.tile(np.array(images.shape[1:3]), (len(images), 1))
    found = Found(len(images), sizes, modes[images.shape[-1]])
    found.lines.append(f"{len(images):,} images, {_describe_sizes(sizes)}, {found.mode}")
    found.lines.append(f"pixels from {scale.low:g} to {scale.high:g}")
    if asked.labels is not None:
        labels = image_arrays.pick_rows(path, arrays, asked.labels, "labels")
        found.labels = asked.labels
        found.classes = len(np.unique(labels))
        found.lines.append(f"{found.classes} classes in {asked.labels}")
    return found


def _choose_mode(files: ImageFiles, seen: Survey) -> Mode:
    """Return grey, rgb or rgba, by the headers and by the pixels of some images."""
    frame = Frame((SIDE, SIDE), "stretch", "rgba", "white")
    step = max(1, len(files.names) // LOOKED_AT)
    pixels = [read_pixels(files, name, frame, False) for name in files.names[::step]]
    some = np.stack(pixels).astype(int)
    if seen.modes["rgba"] > len(files.names) // 2 and (some[..., 3] < 255).any():
        return "rgba"
    coloured = np.abs(some[..., :3] - some[..., :1]).max() > 2
    return "rgb" if coloured and seen.modes["grey"] < len(files.names) else "grey"


def _describe_sizes(sizes: np.ndarray) -> str:
    low = sizes.min(0)
    high = sizes.max(0)
    if (low == high).all():
        return f"each {low[0]} × {low[1]} pixels"
    return f"{low[0]} to {high[0]} pixels high and {low[1]} to {high[1]} wide"
