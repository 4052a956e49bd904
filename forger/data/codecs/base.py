"""The interface of a codec: the way from the data's own units to the networks', and back."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import ConfigDict

from forger.config.section import Section

if TYPE_CHECKING:
    import keras


class Codec(Section):
    """A way to encode a field's values; its own fields are plain data, as data.json has them."""

    model_config = ConfigDict(extra="ignore")

    kind: str
    spreads: ClassVar[bool] = False  # whether networks are given something else than is encoded

    @property
    def dtype(self) -> type[np.floating]:
        """What encoded values are: float32 or, where that would round them, float64.

        Networks are given float32 in any case.
        """
        return np.float32

    @abstractmethod
    def encode(self, values: np.ndarray) -> np.ndarray:
        """Convert values `[n, …]` from the data's units to the networks', of `dtype`."""

    def encode_in_order(self, values: np.ndarray) -> np.ndarray:
        """Encode curves `[n, …]` such that their steps stay in the order of time."""
        return self.encode(values)

    @abstractmethod
    def decode(self, array: np.ndarray) -> np.ndarray:
        """Convert an array `[n, …]` from the networks' units to the data's, with its dtype."""

    @abstractmethod
    def snap(self, samples: np.ndarray) -> np.ndarray:
        """Move samples `[n, …]`, in the networks' units, to the nearest that the data can have.

        No generator's output is exactly a whole grey value, say, and that alone would tell the best
        samples from real data. Samples of continuous data stay as they are.
        """

    def cut(self, values: np.ndarray) -> np.ndarray:
        """Return examples `[n, …]`, in the data's units, NaN where they have no values at all."""
        return values

    @abstractmethod
    def misfit(self, values: np.ndarray) -> str:
        """Tell which of some values, in the data's units, no example can have; empty if all can."""

    def vectors(self, values: np.ndarray) -> np.ndarray:
        """Return values `[n, …]`, in the data's units, as figures take distances: `[n, …]`.

        They stay as they are, where all numbers of an example have the same unit.
        """
        return values

    def spread(self, encoded: Any) -> Any:
        """Return encoded examples, a tensor `[…, …]`, as networks are given them in training.

        Unless a codec says otherwise, that is as they are.
        """
        return encoded

    def spread_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of what `spread` makes of an example of this shape."""
        return shape

    @property
    def label_place(self) -> int | None:
        """Where an encoded example `[width]` has its own label; None if it does not say it."""
        return None

    @property
    def label_span(self) -> tuple[int, int] | None:
        """Where the numbers of that label begin and end once examples are spread out."""
        return None

    @property
    @abstractmethod
    def ends(self) -> tuple[float, float]:
        """The values, in the data's units, that are −1 and 1 to the networks."""

    @abstractmethod
    def encoder(self) -> keras.layers.Layer:
        """Return a layer that encodes values for a network."""

    @abstractmethod
    def decoder(self) -> keras.layers.Layer:
        """Return a layer that decodes a network's output, but without rounding it."""
