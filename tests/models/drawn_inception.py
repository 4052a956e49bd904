"""Weights for the Inception network that are drawn by chance, as PyTorch saves them.

The released weights are a download of 91 MB. What torch-fidelity 0.4.0 makes of these instead is
frozen in test_inception.py.
"""

import hashlib
import io
import pickle
import sys
import types
import zipfile
import zlib
from collections import OrderedDict
from unittest import mock

import numpy as np

from forger.models.inception import BLOCKS, STEM, Convolution

MAGIC = 0x1950A86A20F9469CFC6C


def shapes():
    """Return the shape of every convolution's kernel, `[filters, channels, …]`, by its name."""
    found = {}

    def lead(part, block, channels):
        if isinstance(part, Convolution):
            size = (part.size,) * 2 if isinstance(part.size, int) else part.size
            found[f"{block}{part.name}"] = (part.filters, channels, *size)
            return part.filters
        if isinstance(part, str):
            return channels
        if isinstance(part, tuple):
            return sum(lead(each, block, channels) for each in part)
        for each in part:
            channels = lead(each, block, channels)
        return channels

    channels = lead(STEM, "", 3)
    for name, block in BLOCKS.items():
        channels = lead(block, f"Mixed_{name}.", channels)
    assert channels == 2048
    return found


def draw_weights():
    """Return weights by name, such that features stay of the order of 1."""
    weights = {}
    for name, shape in shapes().items():
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        n = shape[0]
        deviation = np.sqrt(2 / np.prod(shape[1:]))
        weights[f"{name}.conv.weight"] = rng.normal(0, deviation, shape).astype(np.float32)
        weights[f"{name}.bn.weight"] = rng.uniform(0.6, 1.2, n).astype(np.float32)
        weights[f"{name}.bn.bias"] = rng.normal(0, 0.1, n).astype(np.float32)
        weights[f"{name}.bn.running_mean"] = rng.normal(0, 0.1, n).astype(np.float32)
        weights[f"{name}.bn.running_var"] = rng.uniform(0.7, 1.3, n).astype(np.float32)
    return weights


class _Storage:
    """What `torch.FloatStorage` is in a file: a name, and a pointer to a tensor's numbers."""

    def __init__(self, name):
        self.name = name


_Storage.__module__, _Storage.__qualname__ = "torch", "FloatStorage"


def _rebuild_tensor_v2(*_):
    raise AssertionError("only its name is written")


_rebuild_tensor_v2.__module__ = "torch._utils"


class _Tensor:
    def __init__(self, name, value):
        strides = tuple(stride // value.itemsize for stride in value.strides)
        self.parts = (_Storage(name), 0, value.shape, strides, False, OrderedDict())

    def __reduce__(self):
        return _rebuild_tensor_v2, self.parts


def _describe(thing, weights, stream):
    """Return a pickle of `thing`, in which numbers are only pointed to, as PyTorch has it."""
    places = {name: str(i) for i, name in enumerate(weights)}

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            if not isinstance(obj, _Storage):
                return None
            pid = ("storage", _Storage, places[obj.name], "cpu", weights[obj.name].size)
            return (*pid, None) if stream else pid

    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    torch.FloatStorage = _Storage
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    content = io.BytesIO()
    with mock.patch.dict(sys.modules, {"torch": torch, "torch._utils": utils}):
        Pickler(content, 2).dump(thing)
    return content.getvalue()


def save(folder, weights, stream=False, thing=None):
    """Write weights as `torch.save` does, and return the file: a zip archive or one stream.

    Args:
        thing: what to save instead of a mapping of the weights.
    """
    if thing is None:
        thing = OrderedDict((name, _Tensor(name, each)) for name, each in weights.items())
    about = _describe(thing, weights, stream)
    content = io.BytesIO()
    if stream:
        for part in (MAGIC, 1001, {"little_endian": True}):
            pickle.dump(part, content, 2)
        content.write(about)
        pickle.dump([str(i) for i in range(len(weights))], content, 2)
        for value in weights.values():
            content.write(value.size.to_bytes(8, "little") + value.tobytes())
    else:
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("drawn/data.pkl", about)
            for i, value in enumerate(weights.values()):
                archive.writestr(f"drawn/data/{i}", value.tobytes())
            archive.writestr("drawn/version", "3\n")
    digest = hashlib.sha256(content.getvalue()).hexdigest()
    path = folder / f"weights-{digest[:8]}.pth"
    path.write_bytes(content.getvalue())
    return path


def draw_images(n, shape, seed):
    """Return grey values uint8 `[n, *shape]`, in blocks and with some noise."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, 255, (n, 4, 4, shape[-1]))
    fine = np.repeat(np.repeat(coarse, shape[0] // 4, 1), shape[1] // 4, 2)
    return np.clip(fine + rng.normal(0, 20, fine.shape), 0, 255).astype(np.uint8)
