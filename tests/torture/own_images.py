"""Damaged images of a person's own, for the dataset stage and `forger new`."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from zipfile import ZIP_DEFLATED, ZIP_STORED

import numpy as np
from PIL import Image

from tests.torture.files import broken, npy, zipped
from tests.torture.inputs import Case
from tests.torture.own_data import ROWS, Content, read_by

SIDE = 8
# What may stand where an image does, by what makes it there.
ODD_PLACES: tuple[Callable[[Path], object], ...] = (
    os.mkfifo,
    Path.mkdir,
    lambda place: place.symlink_to("nowhere.png"),
    lambda place: place.symlink_to(place.name),
    lambda place: place.symlink_to("/etc/passwd"),
    lambda place: place.symlink_to(".."),
)
OUTSIDE = ("../up.png", "/up.png", "C:/up.png", "0/../../up.png", "\\up.png", "0//x.png")


@cache
def _pictures() -> dict[str, bytes]:
    """Images by name, in folders of two classes."""
    rng = np.random.default_rng(0)
    forms = {"png": "PNG", "jpg": "JPEG", "tif": "TIFF"}
    made = {}
    for i in range(ROWS):
        ending = [*forms][i % len(forms)]
        file = io.BytesIO()
        pixels = rng.integers(0, 256, (SIDE, 2 * SIDE, 3), np.uint8)
        Image.fromarray(pixels).save(file, forms[ending])
        made[f"{i % 2}/{i:02}.{ending}"] = file.getvalue()
    return made


def _say_size(png: bytes, side: int) -> bytes:
    """Return a PNG whose header says that it has so long sides."""
    head = png[12:16] + side.to_bytes(4, "big") * 2 + png[24:29]
    return png[:12] + head + zlib.crc32(head).to_bytes(4, "big") + png[33:]


def images(rng: Random, folder: Path) -> Iterator[Case]:
    """Images of one's own: a folder, a zip archive or an array."""
    whole = _pictures()
    png = whole["0/00.png"]
    special = [
        _say_size(png, 2**14), _say_size(png, 2**31 - 1), b"", png[:8], b"GIF89a" + bytes(9),
        _say_size(png, 0), *ODD_PLACES,
    ]  # fmt: skip
    arrays = npy(np.random.default_rng(0).integers(0, 256, (ROWS, SIDE, SIDE, 3), np.uint8))
    while True:
        name = rng.choice([*whole])
        content: Content
        what, content = broken(rng, whole[name])
        if rng.random() < 0.3:
            i = rng.randrange(len(special))
            what, content = f"special {i}", special[i]
        members = whole | {name: content}
        packed = {key: own for key, own in members.items() if isinstance(own, bytes)}
        section = {"kind": "images", "size": [SIDE, SIDE], "held_out": 0.25, "validation": 0.3}
        match rng.randrange(4):
            case 0:
                path, content = "images", members
            case 1:
                path, content = "a.zip", zipped(packed, rng.choice((ZIP_STORED, ZIP_DEFLATED)))
            case 2:
                path = "b.zip"
                what, content = broken(rng, zipped(whole))
                if rng.random() < 0.3:
                    what = rng.choice(OUTSIDE)
                    content = zipped({**whole, what: png})
            case _:
                path = rng.choice(("a.npy", "b.npz"))
                what, content = broken(
                    rng, arrays if path == "a.npy" else zipped({"x.npy": arrays})
                )
        if rng.random() < 0.3 and path != "a.npy":
            section["labels"] = "x" if path == "b.npz" else "folders"
        yield read_by(folder, {**section, "path": path}, f"{name}: {what}", content, rng)
