"""What `forger new` makes of curves: what the file holds, and networks that suit it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from forger.core.errors import UserError
from forger.core.text import printable
from forger.data.curves_found import Columns, Read, as_classes, count
from forger.data.curves_read import TABLES, read, read_headers
from forger.data.image_arrays import SHORTEST_SIDE
from jobs.new.proposal import Proposal

MANY_POINTS = 6  # numeric columns from which a table without other ones has a row a curve
SUFFIX = ".npy"  # of samples
IMAGES = 4  # axes of an array of images
SHORTEST = 5  # steps of the short curve from which a generator starts, about
MOST_DOUBLINGS = 5
UPDATES = 6000  # of a training
LEAST_EPOCHS = 10
BATCH = 128
FEW = 1000  # curves below which a discriminator learns them by heart
HELD_OUT = 0.2
VALIDATION = 0.15


def recognise(path: Path) -> bool:
    """Tell whether a file holds curves: an array [n, t] or [n, t, c], or a table of numbers alone.

    A table of few columns may be long, which only `--layout` can tell.
    """
    try:
        if path.suffix.lower() == ".npy":
            array = np.load(path, mmap_mode="r", allow_pickle=False)
            return _is_line(array.shape, array.dtype)
        if path.suffix.lower() == ".npz":
            headers = read_headers(path)
            images = any(len(shape) == IMAGES for shape, _ in headers)
            return not images and any(_is_line(*header) for header in headers)
        if path.suffix.lower() in TABLES and path.is_file():
            found = read(path, Columns())
            return found.curves.shape[1] >= MANY_POINTS and _is_smooth(found.curves[..., 0])
    except Exception:  # what can't be read is told of by the kind that the file is taken for
        return False
    return False


def add_options(group: Any) -> None:
    """Add the options that only curves have."""
    group.add_argument(
        "--layout", nargs="+", metavar="COLUMN",
        help="a row of the table is a point: the columns of its curve's name, of the time, and of "
        "the values, a channel each; default: a row is a curve",
    )  # fmt: skip
    group.add_argument(
        "--axis", type=float, nargs=2, metavar=("START", "STOP"),
        help="where the first and the last point lie; default: read, or numbered from 0",
    )  # fmt: skip


def propose(path: Path, asked: argparse.Namespace) -> Proposal:
    """Look at the curves of a file, and choose networks and a training. Raises UserError."""
    layout = list(getattr(asked, "layout", None) or ())
    if layout and len(layout) < 3:
        raise UserError(
            f"--layout: found {' '.join(layout)}; needs the columns of the curve's name, of the "
            "time, and of at least one value"
        )
    labels, group, array = (getattr(asked, key, None) or "" for key in ("labels", "group", "array"))
    found = read(path, Columns(array, labels, group, tuple(layout)))
    as_classes(found)  # which tells of curves without a label
    dataset = _dataset(path, asked, found)
    n, points, _ = found.curves.shape
    train = round(n * (1 - HELD_OUT - VALIDATION))
    sections = {
        "dataset": dataset,
        "method": _method(train, bool(labels)),
        "networks": _networks(points, train),
        "train": _train(train),
        "evaluate": {"samples": 2000 if n < 20_000 else 10_000, "draws": 5},
    }
    return Proposal(sections, _remarks(found, train), _findings(found, labels))


def _is_line(shape: tuple[int, ...], dtype: np.dtype) -> bool:
    """Tell whether an array may hold curves: the last of three axes is channels, not pixels.

    Bytes of two sides as long as those of an image are pixels.
    """
    if dtype.kind not in "biuf":
        return False
    if len(shape) == 3 and dtype == np.uint8 and min(shape[1:]) >= SHORTEST_SIDE:
        return False
    if len(shape) == 3:
        return shape[2] < shape[1] and shape[2] <= 64
    return len(shape) == 2 and shape[1] >= 2


def _is_smooth(curves: np.ndarray) -> bool:
    """Tell whether neighbours in a row are closer than any two columns: so is a curve.

    A table's columns, each in units of its own, differ from one to the next by as much as from any.
    """
    rows = curves[~np.isnan(curves).any(axis=1)]
    if not len(rows):
        return False
    steps = np.square(np.diff(rows, axis=1)).mean()
    any_two = 2 * np.var(rows, axis=1).mean()
    return bool(steps < any_two / 2)


def _dataset(path: Path, asked: argparse.Namespace, found: Read) -> dict[str, Any]:
    _, points, channels = found.curves.shape
    lengths = count(found.curves)
    made: dict[str, Any] = {
        "kind": "curves",
        "path": str(path),
        "points": points,
        "channels": channels,
    }
    if lengths.min() < points:
        made["unequal"] = True
    if layout := getattr(asked, "layout", None):
        made["layout"] = {"id": layout[0], "time": layout[1], "values": list(layout[2:])}
    for key in ("labels", "group", "array"):
        if value := getattr(asked, key, None):
            made[key] = value
    if axis := getattr(asked, "axis", None):
        made["axis"] = list(axis)
    elif found.layout.long and found.axis is None:
        made["axis"] = [0.0, float(points - 1)]
    return made | {"held_out": HELD_OUT, "validation": VALIDATION}


def _method(train: int, labelled: bool) -> dict[str, Any]:
    few = 1.0 if train < FEW else 0.3
    return {
        "kind": "conditional_gan" if labelled else "gan",
        "latent": {"dim": 32, "law": "normal"},
        "objective": "relativistic",
        "discriminator_batches": "mixed",
        "penalties": {"r1": few, "r2": few},
    }


def _networks(points: int, train: int) -> dict[str, Any]:
    """Return convolutions that start from about `SHORTEST` steps, wider where there are more."""
    doublings = int(np.clip(round(np.log2(points / SHORTEST)), 1, MOST_DOUBLINGS))
    width = 32 if train < FEW else 64
    filters = [max(16, width >> max(0, i - 1)) for i in range(doublings)]
    return {
        "generator": {"family": "conv1d_generator", "filters": filters},
        "discriminator": {"family": "conv1d_discriminator", "filters": filters[::-1]},
    }


def _train(train: int) -> dict[str, Any]:
    batch = min(BATCH, max(8, train // 4))
    epochs = max(LEAST_EPOCHS, round(UPDATES / max(1, train // batch)))
    rates = {"learning_rate": 1e-3, "beta_1": 0.0, "schedule": "linear"}
    return {
        "epochs": epochs,
        "batch": batch,
        "ema": 0.999,
        "optimizers": {"discriminator": dict(rates), "generator": dict(rates)},
        "snapshots": 11,
        "snapshot_samples": 16,
    }


def _remarks(found: Read, train: int) -> dict[str, str]:
    remarks = {
        "dataset.points": "of the longest curve",
        "networks.generator": "another family for curves: recurrent_generator, which takes units",
        "train.epochs": f"about {UPDATES:,} updates",
    }
    if found.layout.long and found.axis is None:
        remarks["dataset.axis"] = "curves are at different times: their points are only counted"
    if train < FEW:
        remarks["method.penalties"] = "strong, as there are few curves to learn"
    return remarks


def _findings(found: Read, labels: str) -> tuple[str, ...]:
    n, points, channels = found.curves.shape
    lengths = count(found.curves)
    size = f"{points} points"
    if lengths.min() < points:
        size = f"{lengths.min()} to {points} points"
    lines = [f"{n:,} curves of {size} and {channels} {'channel' if channels == 1 else 'channels'}"]
    for i, name in enumerate(found.names):
        values = found.curves[..., i][~np.isnan(found.curves[..., i])]
        kind = "whole numbers" if (values % 1 == 0).all() else "numbers"
        lines.append(f"{printable(name)}: {kind} from {values.min():g} to {values.max():g}")
    if found.axis is not None:
        lines.append(f"axis: from {found.axis[0]:g} to {found.axis[-1]:g}")
    if labels and found.labels is not None:
        lines.append(f"labels: {len(np.unique(found.labels))} classes in {labels}")
    return tuple(lines)
