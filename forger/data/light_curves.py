"""Light curves of stars: some lose light to a planet in front of them, the others pulsate."""

from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from forger.data.base import Data, Drawn
from forger.data.codecs.affine import Affine
from forger.data.description import DataField
from forger.data.laws_of_curves import Stars


class LightCurves(Stars, Drawn):
    """Relative brightness, in per cent around its median, at evenly spaced times, with white noise.

    A transit is a trapezoid, which repeats itself. A pulsation is a sine. All numbers of a curve
    are uniform and independent, and the time of a transit's middle, or of the maximum, is uniform
    within the period. The level of the noise is a curve's own.
    """

    law: ClassVar[str] = "light_curves"
    curved: ClassVar[bool] = True

    kind: Literal["light_curves"]

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.points,)

    @property
    def numbers_measured(self) -> int:
        return 16 * self.points  # what is tried to fit them

    def make(self, folder: Path) -> Data:
        times = self.cadence * np.arange(self.points)
        high = max(self.depth[1], self.amplitude[1]) + 2 * self.noise[1]
        real = DataField(
            shape=self.shape,
            codec=Affine(scale=high / 2, offset=0.0),
            view="curves",
            units="per cent",
            axis=tuple(times.tolist()),
        )
        return self.draw_parts(
            real, parameters=self.model_dump(mode="json", include={*Stars.model_fields})
        )
