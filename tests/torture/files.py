"""Damaged files of data and models."""

from __future__ import annotations

import copy
import gzip
import io
import json
import struct
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from forger.data.folder import DataFolder
from forger.data.mnist import MNIST
from tests.torture.inputs import Case

ROWS = 60


def _images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (ROWS, 28, 28), np.uint8)


def _labels() -> np.ndarray:
    return np.resize(np.arange(10, dtype=np.uint8), ROWS)


def broken(rng: Random, content: bytes) -> tuple[str, bytes]:
    """What was done to a file's bytes, and the bytes."""
    place, n = rng.randrange(len(content) + 1), rng.randrange(1, 9)
    noise = rng.randbytes(n)
    head = rng.randrange(min(len(content), 200) + 1)
    return rng.choice(
        [
            (f"cut at {place}", content[:place]),
            (f"cut at {head}", content[:head]),
            (f"{n} bytes at {place}", content[:place] + noise + content[place + n :]),
            (f"{n} bytes at {head}", content[:head] + noise + content[head + n :]),
            (f"{n} bytes more at {place}", content[:place] + noise + content[place:]),
            (f"{n} bytes fewer at {head}", content[:head] + content[head + n :]),
            ("empty", b""),
            ("noise", rng.randbytes(100)),
            ("twice", content * 2),
            ("zeros", bytes(len(content))),
        ]
    )


def idx_bytes(array: np.ndarray, shape: tuple[int, ...] | None = None) -> bytes:
    header = bytes([0, 0, 8, array.ndim]) + np.array(shape or array.shape, ">u4").tobytes()
    return header + array.tobytes()


@cache
def bomb() -> bytes:
    """A gzip of 64 MiB that its header says nothing of."""
    return gzip.compress(idx_bytes(_images()) + bytes(2**26))


def taken(data: Any) -> None:
    for part, arrays in data.arrays.items():
        for name, array in arrays.items():
            assert len(array) >= 10, (part, name)
            assert np.isfinite(array).all(), (part, name)


def idx(rng: Random, folder: Path) -> Iterator[Case]:
    """A folder of IDX files, one of them damaged."""
    whole = {
        "train-images-idx3-ubyte": idx_bytes(_images()),
        "train-labels-idx1-ubyte.gz": gzip.compress(idx_bytes(_labels())),
        "t10k-images-idx3-ubyte.gz": gzip.compress(idx_bytes(_images()), 1),
        "t10k-labels-idx1-ubyte": idx_bytes(_labels()),
    }
    huge = [(2**31, 28, 28), (2**32 - 1,) * 3, (ROWS, 0, 0), (0, 28, 28), (ROWS, 27, 28)]
    special = {
        "train-images-idx3-ubyte": [idx_bytes(_images(), shape) for shape in huge],
        "t10k-images-idx3-ubyte.gz": [bomb(), *(gzip.compress(idx_bytes(_images(),
        s)) for s in huge)],
        "t10k-labels-idx1-ubyte": [idx_bytes(_labels() + 1), idx_bytes(_labels()[:5]),
        idx_bytes(_labels(), (9,))],
    }  # fmt: skip
    while True:
        name = rng.choice(list(whole))
        what, content = broken(rng, whole[name])
        if rng.random() < 0.2 and name in special:
            i = rng.randrange(len(special[name]))
            what, content = f"special {i}", special[name][i]
        elif name.endswith(".gz") and rng.random() < 0.5:
            what, content = broken(rng, gzip.decompress(whole[name]))
            content = gzip.compress(content, 1)

        def read(name: str = name, content: bytes = content) -> None:
            for other, own in whole.items():
                (folder / other).write_bytes(content if other == name else own)
            taken(MNIST(kind="mnist", path=str(folder)).make(Path()))

        yield Case("IDX files", f"{name}: {what}", read)


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def header(shape: tuple[int, ...], descr: str = "|u1") -> bytes:
    """A .npy that says so much, and holds nothing."""
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


class Program:
    """Would write a file when it is unpickled."""

    def __reduce__(self) -> Any:
        return (Path.touch, (Path("/tmp/forger-was-executed"),))


def npz(rng: Random, folder: Path) -> Iterator[Case]:
    """An .npz in Keras's layout."""
    images, labels = _images(), _labels()
    whole = {
        "x_train.npy": npy(images),
        "y_train.npy": npy(labels),
        "x_test.npy": npy(images),
        "y_test.npy": npy(labels),
    }
    objects = np.array([Program(), None], object)
    others = [
        npy(images.astype(np.float32)), npy(images.astype(np.float64) * np.nan), npy(images[...,
        None]),
        npy(images[:3]), npy(images[:0]), npy(labels - 5), npy(labels.astype(float)), npy(objects),
        npy(images * 0), npy(np.array(5)), npy(np.array(["a"])), npy(np.zeros(3, "i4,f4")),
        header((2**40,)), header((-1, 28, 28)), header((10**30,)), header((ROWS, 28, 28), "|O"),
        header((ROWS, 28, 28), "<U9"), bytes(2**24), b"",
    ]  # fmt: skip
    path = folder / "mnist.npz"
    while True:
        name, members = rng.choice(list(whole)), dict(whole)
        compression = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
        match rng.randrange(5):
            case 0:
                what, content = broken(rng, zipped(members, compression))
            case 1:
                what, members[name] = broken(rng, members[name])
                content = zipped(members, compression)
            case 2:
                i = rng.randrange(len(others))
                what, members[name] = f"other {i}", others[i]
                content = zipped(members, compression)
            case 3:
                what = "gone"
                del members[name]
                content = zipped(members)
            case _:
                what = "an escape beside it"
                content = zipped({"../../escaped.npy": b"x", **members})

        def read(content: bytes = content) -> None:
            path.write_bytes(content)
            taken(MNIST(kind="mnist", path=str(path)).make(Path()))
            assert not Path("/tmp/forger-was-executed").exists()

        yield Case(".npz", f"{name}: {what}", read)


def made(rng: Random, folder: Path) -> Iterator[Case]:
    """What the dataset stage wrote, damaged since."""
    described = {"shape": [2, 2, 1], "units": "u", "view": "images", "axis": [],
                 "codec": {"kind": "affine", "scale": 1.0, "offset": 0.0, "resolution": 0.0,
                           "range": []}}  # fmt: skip
    about_it = {"fields": {"real": described}, "classes": ["a", "b"], "stack": 1, "law": {}}
    real, labels = np.zeros((9, 2, 2, 1), np.float32), np.resize([0, 1], 9)
    whole = {
        "train/real.npy": npy(real),
        "train/labels.npy": npy(labels),
        "data.json": json.dumps(about_it).encode(),
    }
    bad = real.copy()
    bad[3, 1] = np.nan
    others = {
        "train/real.npy": [npy(bad), npy(real.astype(float)), npy(real[0]), header((2**40, 2, 2, 1),
        "<f4"),
                      npy(np.array([Program()], object)), npy(real + np.inf)],
        "train/labels.npy": [npy(labels + 1), npy(labels - 1), npy(labels[:3]), npy(labels / 2)],
        "data.json": [b"[]", b"null", b"[" * 10**5, b'{"a": NaN}', b"\xff", b'{"view": "x"}'],
    }  # fmt: skip
    (folder / "train").mkdir(exist_ok=True)
    with np.errstate(all="ignore"):
        while True:
            name = rng.choice(list(whole))
            what, content = broken(rng, whole[name])
            if rng.random() < 0.4:
                i = rng.randrange(len(others[name]))
                what, content = f"other {i}", others[name][i]
            elif name == "data.json" and rng.random() < 0.5:
                about = copy.deepcopy(about_it)
                own = about["fields"]["real"]
                section = rng.choice((about, own, own["codec"]))
                key = rng.choice([key for key in section if key != "law"])
                section[key] = rng.choice(
                    (None, [], {}, "", "x", -1, 10**30, float("inf"), [[1]], True)
                )
                what, content = f"{key} = {section[key]!r}", json.dumps(about).encode()

            def read(name: str = name, content: bytes = content) -> None:
                for other, own in whole.items():
                    (folder / other).write_bytes(content if other == name else own)
                part = DataFolder(folder).part("train")
                assert {len(array) for array in part.values()} == {len(part["real"])} != {0}
                assert np.isfinite(part["real"]).all()

            yield Case("data/R", f"{name}: {what}", read)
