"""Pixels of image files: read whole or refused, in one mode, fitted to one size."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from forger.core.errors import UserError
from forger.data.image_files import ImageFiles

FORMATS = ("PNG", "JPEG", "TIFF")  # and MPO, which opens as JPEG does
MODES = {"grey": 1, "rgb": 3, "rgba": 4}  # channels
DEEP = ("I;16", "I;16L", "I;16B", "I;16N")  # Pillow's modes of 16 bits
TOO_DEEP = ("I", "F")  # of 32 bits
BITS_TAG = 258  # of TIFF: bits a sample
SCALE = 257  # 65535 / 255
Mode = Literal["grey", "rgb", "rgba"]
Fit = Literal["crop", "pad", "stretch"]
Background = Literal["white", "black"]


class Frame(NamedTuple):
    """What every image becomes.

    Attributes:
        size: height and width, in pixels.
        fit: how an image of another proportion gets it.
        mode: grey values, colours, or colours and opacity.
        background: what lies behind see-through images, and beside padded ones.
    """

    size: tuple[int, int]
    fit: Fit
    mode: Mode
    background: Background

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of an image's array."""
        return (*self.size, MODES[self.mode])


@dataclass
class Survey:
    """What the headers of some images say, counted.

    Attributes:
        modes: images by `grey`, `rgb` and `rgba`, as they are.
        sizes: images by height and width, once turned as their cameras were.
        deep: how many grey ones have 16 bits.
        cut: how many coloured ones have 16 bits, of which Pillow reads 8.
    """

    modes: Counter[str] = field(default_factory=Counter)
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    deep: int = 0
    cut: int = 0

    def add(self, image: Image.Image) -> None:
        """Count an image that is open, but not read."""
        self.modes[_mode_of(image)] += 1
        width, height = image.size
        turned = image.getexif().get(0x0112, 1) >= 5
        self.sizes[(width, height) if turned else (height, width)] += 1
        if image.mode in DEEP:
            self.deep += 1
        elif _bits(image) > 8:
            self.cut += 1

    def tell(self, frame: Frame) -> Iterator[str]:
        """Yield what is done to images that are not what the frame wants."""
        total = self.modes.total()
        for mode, n in sorted(self.modes.items()):
            if mode != frame.mode:
                yield f"{n:,} of {total:,} images are {mode}, and are converted to {frame.mode}"
        if self.deep and frame.mode != "grey":
            yield f"{self.deep:,} grey images of 16 bits are read as 8 bits in {frame.mode}"
        elif self.deep and self.deep < total:
            yield f"{total - self.deep:,} images of 8 bits are scaled to the others' 16"
        if self.cut:
            yield f"{self.cut:,} coloured images of 16 bits are read as 8 bits"


def survey(files: ImageFiles) -> Survey:
    """Look at the header of every image. Raises UserError, which names the first that is bad."""
    found = Survey()
    for name in files.names:
        with _opened(files, name) as (image, _):
            found.add(image)
    return found


def read_pixels(files: ImageFiles, name: str, frame: Frame, deep: bool) -> np.ndarray:
    """Return an image's pixels `[height, width, channels]`, 0 to 255, or to 65535 where `deep`.

    An image is turned as its EXIF orientation says.

    Raises:
        UserError: it is damaged, too large, or of a kind that is not read; the message names it.
    """
    with _opened(files, name) as (image, file):
        image.load()
        files.check(name, file)
        turned = ImageOps.exif_transpose(image)
        fitted = fit(convert(turned, frame, deep), frame)
    most = 65535 if deep else 255
    pixels = np.asarray(fitted)
    if pixels.dtype != np.uint8:
        pixels = np.clip(np.round(pixels), 0, most).astype(np.uint16)
    return pixels.reshape(frame.shape)


def convert(image: Image.Image, frame: Frame, deep: bool) -> Image.Image:
    """Return an image in the frame's mode; where `deep`, as floats from 0 to 65535.

    Images that are see-through come to lie on the background, unless the frame keeps opacity.
    """
    if image.mode in DEEP:
        values = np.asarray(image).astype(np.float32)
        if deep:
            return Image.fromarray(values)
        image = Image.fromarray(np.round(values / SCALE).astype(np.uint8))
    if frame.mode == "rgba":
        return image.convert("RGBA")
    if image.has_transparency_data:
        behind = Image.new("RGBA", image.size, frame.background)
        image = Image.alpha_composite(behind, image.convert("RGBA"))
    image = image.convert("L" if frame.mode == "grey" else "RGB")
    if not deep:
        return image
    return Image.fromarray(np.asarray(image).astype(np.float32) * SCALE)


def fit(image: Image.Image, frame: Frame) -> Image.Image:
    """Return an image of the frame's size; one that has it already is not resampled."""
    height, width = frame.size
    if image.size == (width, height):
        return image
    bicubic = Image.Resampling.BICUBIC
    if frame.fit == "crop":
        return ImageOps.fit(image, (width, height), bicubic)
    if frame.fit == "stretch":
        return image.resize((width, height), bicubic)
    scale = min(width / image.width, height / image.height)
    smaller = [max(1, round(scale * side)) for side in image.size]
    inside = image.resize((smaller[0], smaller[1]), bicubic)
    around: Any = frame.background
    if image.mode == "F":
        around = 65535.0 if frame.background == "white" else 0.0
    elif image.mode == "RGBA":  # nothing is there
        around = (255, 255, 255, 0) if frame.background == "white" else (0, 0, 0, 0)
    whole = Image.new(image.mode, (width, height), around)
    whole.paste(inside, ((width - inside.width) // 2, (height - inside.height) // 2))
    return whole


@contextmanager
def _opened(files: ImageFiles, name: str) -> Iterator[tuple[Image.Image, BinaryIO]]:
    """Yield an image, open but not read, and its file. What goes wrong becomes a UserError."""
    remedy = "mend it or remove it"
    with files.open(name) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(file, formats=FORMATS)
            if image.mode in TOO_DEEP:
                raise ValueError(f"pixels of 32 bits ({image.mode}); allowed: 8 or 16")
            if image.format != "MPO" and (n := getattr(image, "n_frames", 1)) > 1:
                raise ValueError(f"holds {n:,} images; allowed: one a file")
            yield image, file
        except (UserError, MemoryError):
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            most = Image.MAX_IMAGE_PIXELS or 0
            files.refuse(name, f"has more than {most:,} pixels", "make it smaller")
        except UnidentifiedImageError:
            files.refuse(name, "is no PNG, JPEG or TIFF image", remedy)
        except Exception as error:  # decoders raise all kinds on damaged content
            files.refuse(name, f"damaged: {error}", remedy)


def _mode_of(image: Image.Image) -> str:
    if image.has_transparency_data:
        return "rgba"
    return "grey" if image.mode in ("1", "L", *DEEP) else "rgb"


def _bits(image: Image.Image) -> int:
    """Return the bits of a sample in the file; 8 where it does not say."""
    if image.format == "TIFF":
        bits: Any = image.tag_v2.get(BITS_TAG, 8)  # type: ignore[attr-defined]
        return int(max(np.ravel(bits)))
    tiles: Any = getattr(image, "tile", ())
    modes = [str(tile[3]) for tile in tiles if len(tile) > 3]
    return 16 if any(";16" in mode for mode in modes) else 8
