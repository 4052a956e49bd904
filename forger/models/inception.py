"""The Inception network of the Fréchet inception distance (Heusel et al. 2017).

It is that of Szegedy et al. (2015) as it was released on 2015-12-05, in the form that PyTorch's
users of the distance have it: averages leave the edges out, the last block has a maximum, and
images are resized as TensorFlow 1 did. Its weights are a person's file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from forger.core.archives import damaged
from forger.core.errors import UserError
from forger.models.inference import forward
from forger.models.torch_weights import read_weights

if TYPE_CHECKING:
    import keras

SIDE = 299
CHUNK = 50  # images at a time
EPSILON = 1e-3  # of batch normalisation
NAMED = re.compile(r"-([0-9a-f]{8,64})\.pth$")  # as PyTorch's hub names files


class Inception:
    """The network up to its last average: images to 2,048 features.

    Args:
        path: the weights, of a name such as weights-inception-2015-12-05-6726825d.pth.

    Raises:
        UserError: the file is missing, is not the one that its name says, or has other weights.
    """

    def __init__(self, path: Path) -> None:
        try:
            place = path.expanduser()
            digest = hashlib.sha256(place.read_bytes()).hexdigest()
        except (OSError, RuntimeError, ValueError) as error:  # also an unknown user's home
            raise damaged(path, error, "set evaluate.inception to a file of weights") from None
        named = NAMED.search(path.name)
        if named is None or not digest.startswith(named[1]):
            raise UserError(
                f"{path}: its name must end in -, the first eight or more digits of its SHA-256 "
                f"({digest[:8]}) and .pth, so that results hang on it"
            )
        weights = read_weights(place)
        try:
            self.network = build(weights)
        except (KeyError, ValueError) as error:
            raise damaged(path, error, "expected the weights of the Inception network") from None

    def extract(self, images: np.ndarray) -> np.ndarray:
        """Return features float32 `[n, 2048]` of images `[n, height, width, 1 or 3]` in 0 … 255."""
        found = []
        for start in range(0, len(images), CHUNK):
            chunk = np.round(images[start : start + CHUNK]).astype(np.float32)
            chunk = np.broadcast_to(chunk, (*chunk.shape[:3], 3))
            found.append(forward(self.network, {"images": (resize(chunk) - 128) / 128}))
        return np.concatenate(found)


def resize(images: np.ndarray) -> np.ndarray:
    """Resize images `[n, height, width, c]` to `SIDE` pixels as TensorFlow 1 did: bilinearly, with
    the first pixels on each other."""
    down, right = (_interpolation(side) for side in images.shape[1:3])
    return np.asarray(np.einsum("yh,nhwc,xw->nyxc", down, images, right, optimize=True))


@cache
def _interpolation(side: int) -> np.ndarray:
    """Return the weights `[SIDE, side]` of pixels in each new one."""
    places = np.arange(SIDE, dtype=np.float32) * np.float32(side / SIDE)
    low = np.floor(places).astype(int)
    rest = places - low
    weights = np.zeros((SIDE, side), np.float32)
    rows = np.arange(SIDE)
    weights[rows, low] += 1 - rest
    weights[rows, np.minimum(low + 1, side - 1)] += rest
    return weights


class Convolution(NamedTuple):
    """A convolution, without its bias, and a normalisation, whose weights have this name."""

    name: str
    filters: int
    size: int | tuple[int, int] = 1
    strides: int = 1
    padding: str = "same"


# Layers: a list of them follow each other, and a tuple take the same and are joined.
C = Convolution
ACROSS = (1, 7)
ALONG = (7, 1)
POOLS = {"average": ("AveragePooling2D", 1, "same"), "greatest": ("MaxPooling2D", 1, "same"),
         "halved": ("MaxPooling2D", 2, "valid")}  # fmt: skip
STEM = [
    C("Conv2d_1a_3x3", 32, 3, 2, "valid"), C("Conv2d_2a_3x3", 32, 3, 1, "valid"),
    C("Conv2d_2b_3x3", 64, 3), "halved", C("Conv2d_3b_1x1", 80),
    C("Conv2d_4a_3x3", 192, 3, 1, "valid"), "halved",
]  # fmt: skip


def _block_a(pooled: int) -> Any:
    return (
        C("branch1x1", 64),
        [C("branch5x5_1", 48), C("branch5x5_2", 64, 5)],
        [C("branch3x3dbl_1", 64), C("branch3x3dbl_2", 96, 3), C("branch3x3dbl_3", 96, 3)],
        ["average", C("branch_pool", pooled)],
    )


BLOCK_B = (
    C("branch3x3", 384, 3, 2, "valid"),
    [C("branch3x3dbl_1", 64), C("branch3x3dbl_2", 96, 3), C("branch3x3dbl_3", 96, 3, 2, "valid")],
    "halved",
)


def _block_c(n: int) -> Any:
    return (
        C("branch1x1", 192),
        [C("branch7x7_1", n), C("branch7x7_2", n, ACROSS), C("branch7x7_3", 192, ALONG)],
        [
            C("branch7x7dbl_1", n), C("branch7x7dbl_2", n, ALONG), C("branch7x7dbl_3", n, ACROSS),
            C("branch7x7dbl_4", n, ALONG), C("branch7x7dbl_5", 192, ACROSS),
        ],
        ["average", C("branch_pool", 192)],
    )  # fmt: skip


BLOCK_D = (
    [C("branch3x3_1", 192), C("branch3x3_2", 320, 3, 2, "valid")],
    [
        C("branch7x7x3_1", 192), C("branch7x7x3_2", 192, ACROSS), C("branch7x7x3_3", 192, ALONG),
        C("branch7x7x3_4", 192, 3, 2, "valid"),
    ],
    "halved",
)  # fmt: skip


def _block_e(pool: str) -> Any:
    return (
        C("branch1x1", 320),
        [C("branch3x3_1", 384), (C("branch3x3_2a", 384, (1, 3)), C("branch3x3_2b", 384, (3, 1)))],
        [
            C("branch3x3dbl_1", 448), C("branch3x3dbl_2", 384, 3),
            (C("branch3x3dbl_3a", 384, (1, 3)), C("branch3x3dbl_3b", 384, (3, 1))),
        ],
        [pool, C("branch_pool", 192)],
    )  # fmt: skip


BLOCKS = {
    "5b": _block_a(32), "5c": _block_a(64), "5d": _block_a(64),
    "6a": BLOCK_B, "6b": _block_c(128), "6c": _block_c(160), "6d": _block_c(160),
    "6e": _block_c(192),
    "7a": BLOCK_D, "7b": _block_e("average"), "7c": _block_e("greatest"),
}  # fmt: skip


def build(weights: Mapping[str, np.ndarray]) -> keras.Model:
    """Return the network with these weights, named as in PyTorch's `Inception3`.

    Raises KeyError or ValueError if some are missing or of another shape.
    """
    import keras
    from keras import layers

    def lead(x: Any, part: Any, block: str = "") -> Any:
        """Lead a tensor through a layer, or through layers."""
        if isinstance(part, Convolution):
            return _convolve(x, part, block, weights)
        if isinstance(part, str):
            kind, *options = POOLS[part]
            return getattr(layers, kind)(3, *options)(x)
        if isinstance(part, tuple):
            return layers.Concatenate()([lead(x, each, block) for each in part])
        for each in part:
            x = lead(x, each, block)
        return x

    entry = keras.Input((SIDE, SIDE, 3), name="images")
    x = lead(entry, STEM)
    for name, block in BLOCKS.items():
        x = lead(x, block, f"Mixed_{name}.")
    return keras.Model({"images": entry}, layers.GlobalAveragePooling2D()(x), name="inception")


def _convolve(x: Any, part: Convolution, block: str, weights: Mapping[str, np.ndarray]) -> Any:
    """Convolve, normalise by the moments of training, and cut at 0: all in one layer."""
    from keras import layers

    kernel, scale, shift, mean, variance = (
        weights[f"{block}{part.name}.{each}"]
        for each in ("conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")
    )
    factor = scale / np.sqrt(variance + EPSILON)
    layer = layers.Conv2D(part.filters, part.size, part.strides, part.padding, activation="relu")
    layer.build(x.shape)
    layer.set_weights(
        [np.transpose(kernel * factor[:, None, None, None], (2, 3, 1, 0)), shift - mean * factor]
    )
    return layer(x)
