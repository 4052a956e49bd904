"""Weights in a file of PyTorch's, read without PyTorch and without running what is in it.

`torch.save` writes a zip archive, whose member `data.pkl` says how each tensor lies in the bytes of
another; before version 1.6 it wrote one stream of pickles, and the bytes at its end.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from forger.core.archives import damaged, open_checked

MAGIC = 0x1950A86A20F9469CFC6C
MOST_BYTES = 2**30
MOST_MEMBERS = 10_000
DTYPES = {
    "DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "LongStorage": "<i8",
    "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "<i1", "ByteStorage": "<u1",
}  # fmt: skip


class _Tensor(NamedTuple):
    """Where a tensor lies: the key and type of its storage, its first number, and its layout."""

    key: str
    dtype: str
    start: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Reader(pickle.Unpickler):
    """Reads tensors' descriptions; every other object of a program's is refused."""

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _describe,
            ("torch._utils", "_rebuild_parameter"): lambda tensor, *_: tensor,
        }
        if (module, name) in known:
            return known[module, name]
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        raise pickle.UnpicklingError(f"found {module}.{name}, which is no tensor")

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        kind, dtype, key, *_ = pid
        if kind != "storage" or dtype not in DTYPES.values():
            raise pickle.UnpicklingError(f"found {kind}, which is no tensor")
        return str(key), dtype


def _describe(storage: tuple[str, str], start: int, shape: Any, strides: Any, *_: Any) -> _Tensor:
    return _Tensor(*storage, start, tuple(shape), tuple(strides))


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """Return the tensors of a state dict, by name.

    Raises:
        UserError: the file can't be read, or holds something else.
    """
    try:
        if zipfile.is_zipfile(path):
            found, storages = _read_zip(path)
        else:
            with path.open("rb") as file:
                found, storages = _read_stream(file)
        if not isinstance(found, Mapping):
            raise ValueError("holds no weights by name")
        tensors = {str(name): each for name, each in found.items() if isinstance(each, _Tensor)}
        return {name: _lay_out(each, storages[each.key]) for name, each in tensors.items()}
    except Exception as error:  # damaged pickles fail in many ways
        raise damaged(path, error, "expected weights as PyTorch saves them") from None


def _read_zip(path: Path) -> tuple[Any, dict[str, bytes]]:
    with open_checked(path, [], MOST_BYTES, MOST_MEMBERS) as archive:
        (about,) = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        folder = about.removesuffix("data.pkl")
        with archive.open(about) as file:
            found = _Reader(file).load()
        data = f"{folder}data/"
        return found, {
            name.removeprefix(data): archive.read(name)
            for name in archive.namelist()
            if name.startswith(data)
        }


def _read_stream(file: IO[bytes]) -> tuple[Any, dict[str, bytes]]:
    if _Reader(file).load() != MAGIC:
        raise ValueError("is not a file of PyTorch's")
    _Reader(file).load()  # the protocol's version
    _Reader(file).load()  # the system that wrote it
    sizes: dict[str, int] = {}

    class Sized(_Reader):
        def persistent_load(self, pid: Any) -> tuple[str, str]:
            key, dtype = super().persistent_load(pid)
            sizes[key] = np.dtype(dtype).itemsize
            return key, dtype

    found = Sized(file).load()
    storages = {}
    for key in _Reader(file).load():
        (count,) = np.frombuffer(file.read(8), "<i8").tolist()
        if not 0 <= count * sizes[key] <= MOST_BYTES:
            raise ValueError(f"says that {count:,} numbers follow")
        storages[key] = file.read(count * sizes[key])
    return found, storages


def _lay_out(tensor: _Tensor, content: bytes) -> np.ndarray:
    """Return a tensor's numbers. Raises ValueError if they do not lie in `content`."""
    numbers = np.frombuffer(content, tensor.dtype)
    last = tensor.start + sum(
        (side - 1) * stride for side, stride in zip(tensor.shape, tensor.strides, strict=True)
    )
    least = min((tensor.start, *tensor.strides, *tensor.shape))
    if least < 0 or (0 not in tensor.shape and last >= len(numbers)):
        raise ValueError("a tensor reaches beyond its numbers")
    size = numbers.itemsize
    strides = [stride * size for stride in tensor.strides]
    view = np.lib.stride_tricks.as_strided(numbers[tensor.start :], tensor.shape, strides)
    return view.copy()
