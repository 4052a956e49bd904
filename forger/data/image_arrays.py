"""Images in `.npy` and `.npz` files: whole arrays, with labels and groups beside them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from forger.core.archives import damaged, read_npz
from forger.core.errors import UserError
from forger.core.text import suggest
from forger.data.pixels import MODES, Frame, fit

MOST_BYTES = 8 * 2**30  # of an .npz, which is unpacked in memory; an .npy is not
SUFFIXES = (".npy", ".npz")
AXES = (3, 4)
SHORTEST_SIDE = 8  # pixels of an image, of an array that does not say whether it has some
BLOCK = 2**24  # numbers looked at at a time
UNREADABLE = (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error)
AGAIN = "write it again, without objects"


class Scale(NamedTuple):
    """What the values of pixels may be.

    Attributes:
        low, high: the ends of their range.
        whole: whether all are whole numbers.
    """

    low: float
    high: float
    whole: bool


BYTES = Scale(0.0, 255.0, True)
WORDS = Scale(0.0, 65535.0, True)


def is_array(path: Path) -> bool:
    """Tell whether a path is an .npy or .npz."""
    return path.suffix.lower() in SUFFIXES and not path.is_dir()


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of an .npz by name, or that of an .npy, memory-mapped, by an empty name.

    Raises:
        UserError: the file is damaged, or holds something other than numbers.
    """
    try:
        if path.suffix.lower() == ".npy":
            array = np.load(path, mmap_mode="r", allow_pickle=False)
            if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
                raise ValueError(f"found {getattr(array, 'dtype', 'no array')}; allowed: numbers")
            return {"": array}
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
        return read_npz(path, names, MOST_BYTES)
    except UNREADABLE as error:
        raise damaged(path, error, AGAIN) from None
    except Exception:  # a damaged header raises errors of Python's parser
        raise damaged(path, "damaged", AGAIN) from None


def pick_images(path: Path, arrays: Mapping[str, np.ndarray], name: str | None) -> np.ndarray:
    """Return the array of images, `[n, h, w, c]` with 1, 3 or 4 channels.

    Args:
        path: the file, for messages.
        arrays: those that are in it.
        name: that of the images; None: the only one with three or four axes.

    Raises:
        UserError: there is no such array, or several, or it holds no images.
    """
    if name is None:
        fitting = [key for key, array in arrays.items() if array.ndim in AXES]
        if len(fitting) != 1:
            some = f"{len(fitting)} arrays with three or four axes"
            listed = ", ".join(sorted(arrays)) or "none"
            raise UserError(f"{path}: found {some}; set dataset.array (--array) to one of {listed}")
        (name,) = fitting
    images = pick(path, arrays, name, "array")
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[-1] not in MODES.values() or 0 in images.shape:
        raise UserError(
            f"{path}: found images of shape {list(images.shape)}; expected [n, height, width] or "
            "[n, height, width, channels], of 1, 3 or 4 channels"
        )
    return images


def pick(path: Path, arrays: Mapping[str, np.ndarray], name: str, key: str) -> np.ndarray:
    """Return an array by its name, which `dataset.KEY` says. Raises UserError."""
    if name not in arrays:
        hint = suggest(name, sorted(filter(None, arrays))) if any(arrays) else "an .npy has one"
        raise UserError(f"dataset.{key}: found {name!r}, which is not in {path}; {hint}")
    return arrays[name]


def pick_rows(path: Path, arrays: Mapping[str, np.ndarray], name: str, key: str) -> np.ndarray:
    """Return whole numbers, one an image, int `[n]`, which `dataset.KEY` names. Raises UserError.

    How many images there are, the caller knows.
    """
    found = pick(path, arrays, name, key)
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim != 1 or found.dtype.kind not in "biu":
        raise UserError(
            f"dataset.{key}: {name} of {path} is {found.dtype} {list(found.shape)}; expected whole "
            "numbers, one an image"
        )
    return found


def scale_of(path: Path, images: np.ndarray) -> Scale:
    """Return what values the pixels of an array may have: those of its type, or those it has.

    Raises:
        UserError: some are not finite, or all are the same.
    """
    if images.dtype == np.uint8:
        return BYTES
    if images.dtype == np.uint16:
        return WORDS
    low = np.inf
    high = -np.inf
    step = max(1, BLOCK // max(1, images[0].size))
    for i in range(0, len(images), step):
        block = images[i : i + step]
        finite = np.isfinite(block)
        if not finite.all():
            row = i + int(np.argmin(finite.all(axis=(1, 2, 3))))
            raise UserError(f"{path}: image {row} has numbers that are not finite; replace them")
        low = min(low, float(block.min()))
        high = max(high, float(block.max()))
    if not low < high:
        raise UserError(f"{path}: every pixel of all {len(images):,} images is {low:g}")
    if max(-low, high) > 1e6:
        raise UserError(f"{path}: found pixels from {low:g} to {high:g}; allowed: up to ±1e6")
    return Scale(low, high, images.dtype.kind in "biu")


def fit_array(image: np.ndarray, frame: Frame, scale: Scale) -> np.ndarray:
    """Return an image `[h, w, c]` in the frame's mode and size, float32 `[height, width, c]`.

    Grey is the mean of red, green and blue by ITU-R 601-2, as Pillow has it. What is see-through
    comes to lie on the background.
    """
    values = _convert(image.astype(np.float32), frame, scale)
    if values.shape[:2] != frame.size:
        # As shares, which is how the background of a padded image is told; a channel at a time.
        shares = (values - scale.low) / (scale.high - scale.low) * 65535
        channels = [fit(Image.fromarray(plane), frame) for plane in np.moveaxis(shares, -1, 0)]
        values = np.stack([np.asarray(channel) for channel in channels], axis=-1)
        values = scale.low + values / 65535 * (scale.high - scale.low)
    values = np.clip(values, scale.low, scale.high)
    return np.round(values) if scale.whole else values


def _convert(values: np.ndarray, frame: Frame, scale: Scale) -> np.ndarray:
    """Return `[h, w, c]` in the frame's mode."""
    wanted = MODES[frame.mode]
    if values.shape[-1] == wanted:
        return values
    colours = values[..., :3]
    if values.shape[-1] == 4:  # which the frame has not
        opacity = (values[..., 3:] - scale.low) / (scale.high - scale.low)
        behind = scale.high if frame.background == "white" else scale.low
        colours = opacity * colours + (1 - opacity) * behind
    if wanted == 1:
        return colours @ np.array([[0.299], [0.587], [0.114]], np.float32)
    colours = np.broadcast_to(colours, (*values.shape[:2], 3))
    if wanted == 3:
        return colours
    return np.concatenate([colours, np.full_like(colours[..., :1], scale.high)], axis=-1)
