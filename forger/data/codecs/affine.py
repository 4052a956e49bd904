"""The codec of numbers that are only shifted and scaled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, FiniteFloat

from forger.data.codecs.base import Codec

if TYPE_CHECKING:
    import keras


class Affine(Codec):
    """Data units = offset + scale × networks' units, on a grid and in a range if they have any."""

    kind: Literal["affine"] = "affine"
    scale: Annotated[FiniteFloat, Field(gt=0, le=1e30)]
    offset: FiniteFloat
    resolution: Annotated[FiniteFloat, Field(ge=0)] = Field(
        default=0.0,
        description="step of the grid that all values lie on, in data units (1 for whole grey "
        "values); 0 for continuous data",
    )
    range: tuple[()] | tuple[FiniteFloat, FiniteFloat] = Field(
        default=(),
        description="lowest and highest value, in data units; empty if there are no limits",
    )

    def encode(self, values: np.ndarray) -> np.ndarray:
        # All in float32, whatever the values are in, so that equal examples are equal to the bit.
        scale = np.float32(self.scale)
        offset = np.float32(self.offset / self.scale)
        return values.astype(np.float32) / scale - offset

    def decode(self, array: np.ndarray) -> np.ndarray:
        values = self.offset + self.scale * array
        step = self.resolution
        return step * np.round(values / step) if step else values

    def snap(self, samples: np.ndarray) -> np.ndarray:
        if not self.resolution:
            return samples
        values = self.decode(samples)
        if self.range:
            values = np.clip(values, *self.range)
        return self.encode(values)

    def misfit(self, values: np.ndarray) -> str:
        low, high = self.range or (-np.inf, np.inf)
        wrong = values[~((values >= low) & (values <= high) & np.isfinite(values))]
        allowed = f"{low:g} to {high:g}" if self.range else "finite numbers"
        return f"found {wrong[0]:g}; allowed: {allowed}" if len(wrong) else ""

    @property
    def ends(self) -> tuple[float, float]:
        return self.offset - self.scale, self.offset + self.scale

    def encoder(self) -> keras.layers.Layer:
        import keras

        scale = 1 / self.scale
        offset = -self.offset / self.scale
        return keras.layers.Rescaling(scale, offset, dtype="float32", name="network_units")

    def decoder(self) -> keras.layers.Layer:
        import keras

        return keras.layers.Rescaling(self.scale, self.offset, dtype="float32", name="data_units")


IDENTITY = Affine(scale=1.0, offset=0.0)  # of data whose units are the networks'
