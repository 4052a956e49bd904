"""The codec of curves: each channel is shifted and scaled by itself, and some curves end early."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import Field, FiniteFloat, model_validator

from forger.data.codecs.base import Codec

if TYPE_CHECKING:
    import keras

Scale = Annotated[FiniteFloat, Field(gt=0, le=1e30)]
Step = Annotated[FiniteFloat, Field(ge=0)]
Range = tuple[()] | tuple[FiniteFloat, FiniteFloat]


class Channels(Codec):
    """Data units = offset + scale × networks' units, with numbers of each channel's own.

    Where curves are of unequal lengths, a last channel is a mask. In the data's units it is 1 up to
    a curve's end and 0 beyond, in the networks' 1 and −1. Beyond its end, a curve is 0 in the
    networks' units.
    """

    kind: Literal["channels"] = "channels"
    names: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description="of the channels, without the mask"
    )
    scale: tuple[Scale, ...]
    offset: tuple[FiniteFloat, ...]
    resolution: tuple[Step, ...] = Field(
        description="step of the grid that a channel's values lie on, as in `affine`"
    )
    range: tuple[Range, ...] = Field(
        description="a channel's lowest and highest value; empty if there are no limits"
    )
    masked: bool = Field(default=False, description="whether the last channel is a mask")

    @model_validator(mode="after")
    def _of_each_channel(self) -> Self:
        for name in ("scale", "offset", "resolution", "range"):
            if len(getattr(self, name)) != len(self.names):
                raise ValueError(f"{name}: needs one for each of {len(self.names)} channels")
        return self

    def encode(self, values: np.ndarray) -> np.ndarray:
        found = (np.asarray(values, np.float64) - self._offset) / self._scale
        return found.astype(np.float32)

    def decode(self, array: np.ndarray) -> np.ndarray:
        values = self._offset + self._scale * np.asarray(array, np.float64)
        for i, step in enumerate(self.resolution):
            if step:
                values[..., i] = step * np.round(values[..., i] / step)
        if self.masked:
            values[..., -1] = array[..., -1] > 0
        return values

    def snap(self, samples: np.ndarray) -> np.ndarray:
        if not self.masked and not any(self.resolution):
            return samples
        values = self.decode(samples)
        for i, ends in enumerate(self.range):
            if ends and self.resolution[i]:
                values[..., i] = np.clip(values[..., i], *ends)
        snapped = self.encode(values)
        for i, step in enumerate(self.resolution):
            if not step:  # not even rounded on the way
                snapped[..., i] = samples[..., i]
        if self.masked:
            inside = np.arange(samples.shape[-2]) < self._lengths(samples)[..., None]
            snapped[..., :-1] *= inside[..., None]
            snapped[..., -1] = np.where(inside, 1.0, -1.0)
        return snapped

    def _lengths(self, samples: np.ndarray) -> np.ndarray:
        """Return how long each curve of `[…, t, channels]` is, int `[…]`, by its mask.

        It is the length ≥ 1 to which the mask's values come nearest: the sum of those before it
        less those behind it is largest.
        """
        return np.asarray(np.cumsum(samples[..., -1], axis=-1).argmax(-1) + 1)

    def cut(self, values: np.ndarray) -> np.ndarray:
        """Return curves `[…, t, channels]` without a mask, NaN beyond their ends."""
        if not self.masked:
            return values
        return np.where(values[..., -1:] > 0.5, values[..., :-1], np.nan)

    def vectors(self, values: np.ndarray) -> np.ndarray:
        return self.encode(values)

    def misfit(self, values: np.ndarray) -> str:
        for i, name in enumerate(self.names):
            low, high = self.range[i] or (-np.inf, np.inf)
            channel = values[..., i]
            wrong = channel[~((channel >= low) & (channel <= high) & np.isfinite(channel))]
            if len(wrong):
                allowed = f"{low:g} to {high:g}" if self.range[i] else "finite numbers"
                return f"channel {name}: found {wrong[0]:g}; allowed: {allowed}"
        return ""

    @property
    def ends(self) -> tuple[float, float]:
        offset = np.array(self.offset)
        scale = np.array(self.scale)
        return float((offset - scale).min()), float((offset + scale).max())

    def encoder(self) -> keras.layers.Layer:
        import keras

        return keras.layers.Rescaling(
            (1 / self._scale).tolist(),
            (-self._offset / self._scale).tolist(),
            dtype="float32",
            name="network_units",
        )

    def decoder(self) -> keras.layers.Layer:
        import keras

        scale = self._scale.tolist()
        return keras.layers.Rescaling(
            scale, self._offset.tolist(), dtype="float32", name="data_units"
        )

    @property
    def _scale(self) -> np.ndarray:
        return np.array([*self.scale, *[0.5] * self.masked])

    @property
    def _offset(self) -> np.ndarray:
        return np.array([*self.offset, *[0.5] * self.masked])
