"""What `forger new` makes of images: a folder or a zip archive of files, or an array."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import numpy as np

from forger.config.section import FEWEST
from forger.core.errors import UserError
from forger.data import image_arrays
from forger.data.image_files import SUFFIXES, open_files
from forger.data.images import FOLDERS
from jobs.new.image_look import Found, look_at_arrays, look_at_files
from jobs.new.proposal import Proposal

SUFFIX = ".zip"  # of samples
SHORT = 32  # pixels of the shorter side, at most, unless asked for
LONG = 64
SMALLEST = range(4, 8)  # sides of a generator's smallest image
FEW = 5000  # images below which D would know them by heart
WORK = 3_000 * 32 * 32  # updates × pixels: six minutes of two cores


def recognise(path: Path) -> bool:
    """Tell whether a path is one of images, by the names of files or an array's axes."""
    if image_arrays.is_array(path):
        return any(_is_image(array) for array in image_arrays.read_arrays(path).values())
    if path.is_dir():
        return any(each.suffix.lower() in SUFFIXES for each in path.rglob("*"))
    return path.suffix.lower() == ".zip"


def add_options(group: Any) -> None:
    """Add the options of images to an argparse group."""
    group.add_argument(
        "--size", type=int, nargs=2, metavar=("H", "W"), help="of images: height and width"
    )
    group.add_argument(
        "--fit", choices=("crop", "pad", "stretch"),
        help="of images: how those of another proportion get the size; default crop",
    )  # fmt: skip


def _is_image(array: np.ndarray) -> bool:
    """Tell whether an array may hold images, of those that hold no curves."""
    return array.ndim == 4 or (
        array.ndim == 3 and min(array.shape[1:]) >= image_arrays.SHORTEST_SIDE
    )


def propose(path: Path, asked: argparse.Namespace) -> Proposal:
    """Look at the images, and choose networks and a training for their number and size.

    Raises:
        UserError: they can't be read, or are too few.
    """
    if image_arrays.is_array(path):
        found = look_at_arrays(path, asked)
    else:
        with open_files(path) as files:
            found = look_at_files(files, asked)
    if found.images < 3 * FEWEST:
        raise UserError(
            f"{path}: has {found.images} images; figures need at least {FEWEST} for each of "
            "training, validation and test"
        )
    size = tuple(asked.size) if asked.size else _choose_size(found)
    fit = asked.fit or "crop"
    if len({*map(tuple, found.sizes)}) > 1 or tuple(found.sizes[0]) != size:
        found.lines.append(f"each becomes {size[0]} × {size[1]} pixels (dataset.fit: {fit})")
    dataset = {
        "kind": "images",
        "path": str(path),
        "size": list(size),
        "fit": fit,
        "mode": found.mode,
        "labels": found.labels,
        "group": asked.group,
        **({"array": asked.array} if asked.array else {}),
        **_choose_shares(found.images),
    }
    sections = {
        "dataset": dataset,
        "method": _choose_method(found),
        "networks": _choose_networks(size),
        "train": _choose_training(size, found.images),
        "evaluate": {"samples": int(np.clip(found.images, 1000, 10_000)), "draws": 5},
    }
    return Proposal(sections, _remarks(found), tuple(found.lines))


def _choose_size(found: Found) -> tuple[int, int]:
    """Return the images' own size if networks can have it, or a small one of their proportion."""
    own = {tuple(size) for size in found.sizes.tolist()}
    if len(own) == 1 and max(found.sizes[0]) <= LONG and _halvings(own_size := own.pop()):
        return own_size
    height, width = np.median(found.sizes, axis=0)
    proportions = np.log(found.sizes[:, 0] / found.sizes[:, 1])
    alike = np.mean(np.abs(proportions - np.median(proportions)) < 0.1) > 0.9
    most = min(SHORT, int(min(height, width)))
    short = max(m * 2**k for m in SMALLEST for k in range(4) if m * 2**k <= max(most, 8))
    if not alike:
        return short, short
    factor = 2 ** _halvings((short, short))
    long = min(LONG, factor * round(short * max(height, width) / min(height, width) / factor))
    return (short, long) if width >= height else (long, short)


def _halvings(size: tuple[int, ...]) -> int:
    """Return how often both sides halve, until the shorter is at most 7; 0 if they don't."""
    times = max(0, math.ceil(math.log2(min(size) / SMALLEST[-1])))
    return times if all(side % 2**times == 0 for side in size) else 0


def _choose_shares(images: int) -> dict[str, float]:
    """Return the held-out shares: a sixth, or more where that would be too few images."""
    least = FEWEST + 4
    if images >= 6 * least / (5 / 6):
        return {}
    part = max(least, images // 6) if images > 3 * least else images // 3
    return {
        "held_out": round(part / images, 3),
        "validation": round(part / (images - part), 3),
    }


def _choose_method(found: Found) -> dict[str, Any]:
    method: dict[str, Any] = {
        "kind": "conditional_gan" if found.classes else "gan",
        "latent": {"dim": 64},
        "objective": "hinge",
        "discriminator_batches": "mixed",
    }
    if found.images < FEW:
        colours = {"brightness": 0.5, "contrast": 0.5}
        if found.mode != "grey":
            colours["saturation"] = 1.0
        method["augmentation"] = {
            "translation": 0.125, "flip": "horizontal", **colours, "cutout": 0.5,
            "adaptive": {"images": 50_000},
        }  # fmt: skip
    return method


def _choose_networks(size: tuple[int, ...]) -> dict[str, Any]:
    times = _halvings(size)
    if not times:
        raise UserError(
            f"--size: found {size[0]} {size[1]}; both sides must halve to whole numbers until the "
            "shorter is 4 to 7, such as 32 32, 48 32 or 64 64"
        )
    filters = [32 * 2**i for i in range(times)]
    return {
        "generator": {
            "family": "dcgan_generator", "filters": [min(each, 128) for each in filters[::-1]],
            "up": "resize",
        },
        "discriminator": {
            "family": "dcgan_discriminator", "filters": [min(each, 128) for each in filters],
            "normalization": "none", "spectral": True,
        },
    }  # fmt: skip


def _choose_training(size: tuple[int, ...], images: int) -> dict[str, Any]:
    epochs = 16
    updates = int(np.clip(WORK / math.prod(size), 1000, 16_000))
    optimizer = {"beta_1": 0.0, "schedule": "linear"}
    return {
        "epochs": epochs,
        "steps_per_epoch": updates // epochs,
        "batch": min(64, 2 ** int(math.log2(images // 3))),  # a third are for training, at least
        "ema": 0.999,
        "optimizers": {
            "discriminator": {"learning_rate": 0.002, **optimizer},
            "generator": {"learning_rate": 0.001, **optimizer},
        },
        "snapshots": epochs + 1,
        "snapshot_samples": 100,
    }


def _remarks(found: Found) -> dict[str, str]:
    """Return comments for the recipe's file."""
    made = {
        "dataset.size": "larger images take longer: 64 × 64 four times as long as 32 × 32",
        "dataset.fit": "crop, pad or stretch",
        "dataset.mode": "grey, rgb or rgba",
        "dataset.labels": f"{FOLDERS}: each folder is a class; empty: none",
        "dataset.group": "a pattern of an image's path: images of equal matches are not split",
        "networks.generator": "with time or a GPU: family residual_generator, and for D "
        "residual_discriminator",
    }
    if found.images < FEW:
        made["method.augmentation"] = "so that D does not know the few images by heart"
        made["method.augmentation.flip"] = "none where left and right differ, as in writing"
    return made
