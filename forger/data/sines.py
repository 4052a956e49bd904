"""TimeGAN's sines: curves of several channels, each a sine of its own frequency and phase."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from forger.core.seeds import stream
from forger.data.base import Data, Drawn
from forger.data.codecs.affine import IDENTITY, Affine
from forger.data.codecs.base import Codec
from forger.data.codecs.channels import Channels
from forger.data.codecs.whitened import check_points, whiten
from forger.data.description import DataField
from forger.data.laws_of_curves import ENDS


class Sines(Drawn):
    """`sin(b t + c)` at the steps t = 0, 1, …, with b and c uniform and each channel by itself.

    Both of the laws go by the name of TimeGAN's sines (Yoon et al. 2019). Its code draws b and c
    from [0, 0.1] and gives (sin + 1) / 2; its section 5 has sin(2πηt + θ), with η from [0, 1] and θ
    from [-π, π].
    """

    law: ClassVar[str] = "sines"
    curved: ClassVar[bool] = True

    kind: Literal["sines"]
    version: Literal["code", "paper"] = Field(
        "code", description="the law of TimeGAN's code, or that of its paper"
    )
    points: Annotated[int, Field(ge=8, le=4096)] = Field(24, description="steps of a curve")
    channels: Annotated[int, Field(ge=1, le=1000)] = Field(5, description="sines in a curve")
    scaling: Literal["range", "whitened"] = Field(
        "range",
        description="what networks are given: values, about from −1 to 1, or a channel's principal "
        "components, each as large as the others",
    )

    @model_validator(mode="after")
    def _check_scaling(self) -> Self:
        if self.scaling == "whitened":
            check_points(self.points)
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.points, self.channels)

    @property
    def numbers_measured(self) -> int:
        return 8 * self.points * self.channels

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        frequencies, phases = ENDS[self.version]
        b = rng.uniform(*frequencies, (n, 1, self.channels))
        c = rng.uniform(*phases, (n, 1, self.channels))
        sines = np.sin(b * np.arange(self.points)[:, None] + c)
        return (sines + 1) / 2 if self.version == "code" else sines

    def make(self, folder: Path) -> Data:
        real = DataField(
            shape=self.shape,
            codec=self._find_codec(),
            view="curves",
            units="value",
            axis=tuple(np.arange(self.points, dtype=float).tolist()),
        )
        return self.draw_parts(real, version=self.version)

    def _find_codec(self) -> Codec:
        # The code's sines hardly fall below 0.5, half of its range.
        codec = Affine(scale=0.25, offset=0.75) if self.version == "code" else IDENTITY
        if self.scaling == "range":
            return codec
        channels = Channels(
            names=tuple(f"sine {i + 1}" for i in range(self.channels)),
            scale=(codec.scale,) * self.channels,
            offset=(codec.offset,) * self.channels,
            resolution=(0.0,) * self.channels,
            range=((),) * self.channels,
        )
        return whiten(self.draw(self.train, stream(self.seed, "dataset/train")), channels)
