"""A person's own images: a folder, a zip archive, or an array of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import AfterValidator, Field

from forger.config.section import FEWEST, Fraction
from forger.core.errors import UserError
from forger.core.text import printable
from forger.data import image_arrays
from forger.data.base import Data, Dataset
from forger.data.checks import find_place
from forger.data.codecs.affine import Affine
from forger.data.description import Arrays, DataField, Description
from forger.data.image_arrays import BYTES, WORDS, Scale
from forger.data.image_files import ImageFiles, find_groups, open_files
from forger.data.pixels import Background, Fit, Frame, Mode, read_pixels, survey
from forger.data.scratch import allocate, encode
from forger.data.split import split

FOLDERS = "folders"
Text = Annotated[str, Field(min_length=1, max_length=4096)]
Labels = tuple[tuple[str, ...], np.ndarray]  # the classes' names, and each image's class
Side = Annotated[int, Field(ge=4, le=1024)]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"must be a regular expression: {error}") from None
    return pattern


class Pictures(NamedTuple):
    """Images of one shape, and what is known of each.

    Attributes:
        pixels: `[n, height, width, channels]`, in the data's units.
        scale: what values pixels may have.
        labels: names of the classes, and each image's, int64 `[n]`; None without labels.
        groups: int64 `[n]`: images of one group belong together; None: each is a group.
    """

    pixels: np.ndarray
    scale: Scale
    labels: Labels | None
    groups: np.ndarray | None


class Images(Dataset):
    """Images brought to one size and mode, and scaled to [-1, 1], the range of tanh."""

    kind: Literal["images"]
    path: Text = Field(
        description="a folder, a .zip of one, or an .npy or .npz of [n, height, width(, channels)]"
    )
    size: tuple[Side, Side] = Field(description="height and width of every image, in pixels")
    fit: Fit = Field(
        "crop",
        description="how images of other proportions get them: their middle (crop), a margin "
        "(pad), or distorted (stretch)",
    )
    mode: Mode = Field("rgb", description="what a pixel is: rgba keeps opacity")
    background: Background = Field(
        "white", description="what lies behind see-through images, and beside padded ones"
    )
    labels: Text | None = Field(
        None,
        description=f"{FOLDERS}: each outermost folder is a class; of an .npz, the array of whole "
        "numbers that has them; null: there are none",
    )
    group: Annotated[Text, AfterValidator(_compiles)] | None = Field(
        None,
        description="what must not be split, such as all images of a person: a regular expression "
        "on an image's path within the folder, whose first group, or match, names it; of an .npz, "
        "an array of whole numbers",
    )
    array: Text | None = Field(
        None, description="of an .npz, the images; null: the only one with three or four axes"
    )
    held_out: Fraction = Field(1 / 6, gt=0, description="share that results are measured on")
    validation: Fraction = Field(
        1 / 6, gt=0, description="share of the other images, which searches look at"
    )

    @property
    def labelled(self) -> bool:  # type: ignore[override]
        """Whether examples have labels."""
        return self.labels is not None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.frame.shape

    @property
    def frame(self) -> Frame:
        """What every image becomes."""
        return Frame(self.size, self.fit, self.mode, self.background)

    @property
    def train_size(self) -> int | None:
        return None

    def locate(self, folder: Path) -> Path:
        """Return where `path` leads from `folder`. Raises UserError if there is nothing to read."""
        place = find_place(folder, self.path)
        kinds = (".zip", *image_arrays.SUFFIXES)
        if place.is_dir() or (place.suffix.lower() in kinds and place.is_file()):
            return place
        there = place.exists()
        told = "is neither a folder nor a .zip, .npy or .npz file" if there else "is not there"
        raise UserError(f"dataset.path: {printable(str(place))} {told}")

    def make(self, folder: Path) -> Data:
        place = self.locate(folder)
        scratch = folder / "data" if (folder / "data").is_dir() else None
        if image_arrays.is_array(place):
            pictures = self.read_arrays(place, scratch)
        else:
            with open_files(place) as files:
                pictures = self.read_files(files, scratch)
        rows = self.split_rows(pictures)
        _check_sizes(
            self.path, len(pictures.pixels), {part: len(each) for part, each in rows.items()}
        )
        real = self.describe(pictures.scale)
        arrays: dict[str, Arrays] = {}
        for part, found in rows.items():
            arrays[part] = {"real": encode(pictures.pixels, found, real.codec, scratch)}
            if pictures.labels is not None:
                arrays[part]["labels"] = pictures.labels[1][found]
        classes = () if pictures.labels is None else pictures.labels[0]
        return Data(arrays, Description(fields={"real": real}, classes=classes))

    def split_rows(self, pictures: Pictures) -> dict[str, np.ndarray]:
        """Return the rows of each part, int `[m]`; copies and groups are in one."""
        # Digests stand for the images, which may be larger than memory.
        digests = [blake2b(image.tobytes(), digest_size=16).digest() for image in pictures.pixels]
        fields: Arrays = {
            "real": np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 16),
            "rows": np.arange(len(digests)),
        }
        rest = (1 - self.held_out) * self.validation
        shares = {"test": self.held_out, "validation": rest}
        parts = split(fields, shares, self.seed, pictures.groups)
        return {part: found["rows"] for part, found in parts.items()}

    def describe(self, scale: Scale) -> DataField:
        """Say what an image is, whose pixels have this scale."""
        low, high, whole = scale
        codec = Affine(
            scale=(high - low) / 2, offset=(high + low) / 2, resolution=float(whole),
            range=(low, high),
        )  # fmt: skip
        units = f"pixel intensity, {low:g} to {high:g}"
        return DataField(shape=self.shape, codec=codec, view="photographs", units=units)

    def read_files(self, files: ImageFiles, scratch: Path | None) -> Pictures:
        """Read the images of a folder or an archive. Raises UserError."""
        labels = self.read_classes(files)
        groups = None if self.group is None else find_groups(files, self.group)
        _check_sizes(self.path, len(files.names), {})
        found = survey(files)
        for line in found.tell(self.frame):
            print(f"{files.path}: {line}")
        deep = bool(found.deep) and self.mode == "grey"
        pixels = allocate((len(files.names), *self.shape), np.uint16 if deep else np.uint8, scratch)
        for i, name in enumerate(files.names):
            pixels[i] = read_pixels(files, name, self.frame, deep)
        return Pictures(pixels, WORDS if deep else BYTES, labels, groups)

    def read_classes(self, files: ImageFiles) -> Labels | None:
        """Return the classes' names, and each image's class, by the outermost folders."""
        if self.labels is None:
            return None
        if self.labels != FOLDERS:
            raise UserError(
                f"dataset.labels: found {self.labels!r}; {files.path} can have {FOLDERS} or null"
            )
        if beside := [name for name in files.names if "/" not in name]:
            raise UserError(f"{files.path / beside[0]}: lies in none of the folders of classes")
        of = [name.partition("/")[0] for name in files.names]
        if empty := sorted(set(files.folders) - set(of)):
            raise UserError(
                f"{files.path / empty[0]}: a class without images; remove it or add some"
            )
        return _name_classes(files.path, of)

    def read_arrays(self, path: Path, scratch: Path | None) -> Pictures:
        """Read an .npy or .npz. Raises UserError."""
        arrays = image_arrays.read_arrays(path)
        images = image_arrays.pick_images(path, arrays, self.array)
        _check_sizes(self.path, len(images), {})
        beside = {}
        for key, name in (("labels", self.labels), ("group", self.group)):
            if name is None:
                continue
            beside[key] = image_arrays.pick_rows(path, arrays, name, key)
            if len(beside[key]) != len(images):
                raise UserError(
                    f"dataset.{key}: {name} of {path} has {len(beside[key]):,} numbers for "
                    f"{len(images):,} images"
                )
        labels = None
        if "labels" in beside:
            labels = _name_classes(path, beside["labels"])
        scale = image_arrays.scale_of(path, images)
        kinds = {BYTES: np.uint8, WORDS: np.uint16}
        pixels = allocate((len(images), *self.shape), kinds.get(scale, np.float32), scratch)
        for i, image in enumerate(images):
            pixels[i] = image_arrays.fit_array(image, self.frame, scale)
        return Pictures(pixels, scale, labels, beside.get("group"))


def _check_sizes(path: str, total: int, parts: Mapping[str, int]) -> None:
    """Raise UserError if there are too few images, or too few in a part."""
    if total >= 3 * FEWEST and min(parts.values(), default=FEWEST) >= FEWEST:
        return
    counts = ", ".join(f"{n} for {part}" for part, n in parts.items())
    left = f", of which copies and groups kept together leave {counts}" if parts else ""
    raise UserError(
        f"dataset.path: {path} has {total:,} images{left}; figures need at least {FEWEST} of each "
        "part"
    )


def _name_classes(path: Path, labels: Sequence[str] | np.ndarray) -> Labels:
    """Return the classes' names in order, and each image's class by its number."""
    classes, numbers = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise UserError(f"dataset.labels: {path} has one class only; set labels to null")
    return tuple(map(str, classes)), numbers.astype(np.int64)
