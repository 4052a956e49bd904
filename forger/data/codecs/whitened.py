"""The codec of curves by their principal components, each of which is as large as the others.

What a discriminator has to find may be a small share of a curve's variance: the phase of a slow
sine, say, beside its frequency. Whitened, it is as easily seen.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import Field, FiniteFloat, model_validator

from forger.data.codecs.base import Codec
from forger.data.codecs.channels import Channels, Scale

if TYPE_CHECKING:
    import keras

LEAST = 0.01  # of the largest component's spread, to which smaller ones are scaled
MOST_POINTS = 512  # of a curve, as data.json has the square of it for each channel

Row = Annotated[tuple[FiniteFloat, ...], Field(min_length=1)]


class Whitened(Codec):
    """Components = (curve - mean) · basis / spread, of each channel by itself.

    The curve is as `channels` encodes it. The components of `[points, channels]` are of the same
    shape, the largest first. A basis is orthonormal, so that nothing is lost.
    """

    kind: Literal["whitened"] = "whitened"
    channels: Channels = Field(description="the codec of the curve before; without a mask")
    mean: tuple[Row, ...] = Field(description="of each channel, its values at the points")
    basis: tuple[tuple[Row, ...], ...] = Field(
        description="of each channel, its components, each by its values at the points"
    )
    spread_of: tuple[tuple[Scale, ...], ...] = Field(
        description="of each channel, what 1 is in each component"
    )

    @model_validator(mode="after")
    def _check_shapes(self) -> Self:
        if self.channels.masked:
            raise ValueError("channels.masked: must be false, as components have no ends")
        points = len(self.mean[0]) if self.mean else 0
        wanted = {"mean": (points,), "basis": (points, points), "spread_of": (points,)}
        for name, shape in wanted.items():
            try:
                found = np.array(getattr(self, name)).shape
            except ValueError:
                found = ()
            if found != (len(self.channels.names), *shape):
                raise ValueError(f"{name}: needs {shape} numbers for each channel")
        return self

    def encode(self, values: np.ndarray) -> np.ndarray:
        own = self.channels
        curves = (np.asarray(values, np.float64) - own._offset) / own._scale - self._mean
        return (np.einsum("...tc,ckt->...kc", curves, self._basis) / self._spread).astype("f")

    def encode_in_order(self, values: np.ndarray) -> np.ndarray:
        return self.channels.encode(values)

    def decode(self, array: np.ndarray) -> np.ndarray:
        return self.channels.decode(self._restore(array))

    def _restore(self, array: np.ndarray) -> np.ndarray:
        """Return components as curves, float64, as `channels` encodes them."""
        scaled = np.asarray(array, np.float64) * self._spread
        return np.asarray(np.einsum("...kc,ckt->...tc", scaled, self._basis) + self._mean)

    def snap(self, samples: np.ndarray) -> np.ndarray:
        if not any(self.channels.resolution):
            return samples
        curves = self.channels.snap(self._restore(samples).astype(np.float32))
        return self.encode(self.channels.decode(curves))

    def misfit(self, values: np.ndarray) -> str:
        return self.channels.misfit(values)

    def vectors(self, values: np.ndarray) -> np.ndarray:
        return self.channels.vectors(values)

    @property
    def ends(self) -> tuple[float, float]:
        return self.channels.ends

    def encoder(self) -> keras.layers.Layer:
        scaled = self._basis / self._spread.T[:, :, None]
        shift = -np.einsum("tc,ckt->kc", self._mean, scaled)
        return _chain(self.channels.encoder(), _turn("ntc,ckt->nkc", scaled, shift, "components"))

    def decoder(self) -> keras.layers.Layer:
        scaled = self._basis * self._spread.T[:, :, None]
        turned = _turn("nkc,ckt->ntc", scaled, self._mean, "curves")
        return _chain(turned, self.channels.decoder())

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the channels."""
        return self.channels.names

    @property
    def resolution(self) -> tuple[float, ...]:
        """Steps of the grids that channels' values lie on."""
        return self.channels.resolution

    @cached_property
    def _mean(self) -> np.ndarray:
        return np.array(self.mean).T

    @cached_property
    def _basis(self) -> np.ndarray:
        return np.array(self.basis)

    @cached_property
    def _spread(self) -> np.ndarray:
        return np.array(self.spread_of).T


def whiten(curves: np.ndarray, channels: Channels) -> Whitened:
    """Return the codec by which the components of curves have a standard deviation of 1.

    Those whose own is less than `LEAST` of the largest are divided by that, and stay smaller.

    Args:
        curves: `[n, points, channels]`, in the data's units.
        channels: the codec that scales them before.
    """
    encoded = channels.encode(curves).astype(np.float64)
    mean = encoded.mean(axis=0)
    bases = []
    spreads = []
    for channel in np.moveaxis(encoded - mean, -1, 0):
        variances, vectors = np.linalg.eigh(channel.T @ channel / len(channel))
        spread = np.sqrt(np.maximum(variances[::-1], 0))
        largest = spread[0] or 1.0  # of a channel that does not vary
        bases.append(vectors.T[::-1])
        spreads.append(np.maximum(spread, LEAST * largest))
    return Whitened(
        channels=channels,
        mean=tuple(map(tuple, mean.T.tolist())),
        basis=tuple(tuple(map(tuple, basis.tolist())) for basis in bases),
        spread_of=tuple(tuple(spread.tolist()) for spread in spreads),
    )


def check_points(points: int) -> None:
    """Raise ValueError if curves of so many points have too many components to be written down."""
    if points > MOST_POINTS:
        raise ValueError(
            f"scaling: whitened takes curves of at most {MOST_POINTS} points; there are {points}"
        )


def _turn(equation: str, kernel: np.ndarray, shift: np.ndarray, name: str) -> keras.layers.Layer:
    import keras

    axes = equation[-2:]
    layer = keras.layers.EinsumDense(equation, shift.shape, bias_axes=axes, name=name)
    layer.build((None, *shift.shape))
    layer.set_weights([kernel, shift])
    return layer


def _chain(*layers: keras.layers.Layer) -> keras.layers.Layer:
    import keras

    return keras.Sequential(layers, name="_".join(layer.name for layer in layers))
