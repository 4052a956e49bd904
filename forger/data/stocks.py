"""Google's share from 2004 to 2008, day by day, which comes with matplotlib: curves to try."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from forger.data.base import Data, Dataset
from forger.data.curves import scale
from forger.data.description import DataField, Layout
from forger.data.split import split

QUARTER = 63  # trading days
SHARES = {"test": 0.2, "validation": 0.2}
CHANNELS = ("price", "range", "volume")


class Stocks(Dataset):
    """Windows of consecutive days of one quarter, with three channels.

    Prices grow without end, so a window tells its own changes: `price`, the logarithm of the
    closing price over that of its first day, in per cent; `range`, that of a day's highest over its
    lowest price, in per cent; and `volume`, the logarithm of the shares traded over the window's
    mean. A quarter's windows share days, so all of them are in one part.
    """

    curved: ClassVar[bool] = True

    kind: Literal["stocks"]
    points: Annotated[int, Field(ge=2, le=40)] = Field(24, description="days in a window")

    @property
    def offers(self) -> frozenset[str]:
        return super().offers | {"curves"}

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.points, len(CHANNELS))

    @property
    def train_size(self) -> int | None:
        return None

    def make(self, folder: Path) -> Data:
        from matplotlib import cbook

        with np.load(cbook.get_sample_data("goog.npz", asfileobj=False)) as file:
            days = file["price_data"]
        starts = [
            start
            for start in range(len(days) - self.points + 1)
            if start // QUARTER == (start + self.points - 1) // QUARTER
        ]
        curves = np.stack([measure(days[start : start + self.points]) for start in starts])
        quarters = np.array(starts) // QUARTER
        fields = split({"real": curves}, SHARES, self.seed, quarters)
        parts = {part: each["real"] for part, each in fields.items()}
        real = DataField(
            shape=self.shape,
            codec=scale(parts["train"], CHANNELS, masked=False),
            view="curves",
            units="value",
            axis=tuple(np.arange(self.points, dtype=np.float64).tolist()),
            layout=Layout(array=True),
        )
        return self.encode_each(parts, real)


def measure(days: np.ndarray) -> np.ndarray:
    """Return a window's channels, float64 `[t, 3]`, from its days' prices and volumes, `[t]`."""
    price = 100 * np.log(days["close"] / days["close"][0])
    of_day = 100 * np.log(days["high"] / days["low"])
    volume = np.log(days["volume"] / days["volume"].mean())
    return np.stack([price, of_day, volume], axis=-1)
