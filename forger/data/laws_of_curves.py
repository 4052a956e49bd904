"""The laws of curves, by which data are drawn and figures compare what samples show."""

from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from forger.config.section import Fraction, Positive, Section

Range = tuple[Positive, Positive]
INGRESS = 0.2  # share of a transit's duration in which the light falls, and in which it rises
# Where frequencies, in radians a step, and phases, in radians, are uniform.
ENDS: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "code": ((0.0, 0.1), (0.0, 0.1)),
    "paper": ((0.0, 2 * np.pi), (-np.pi, np.pi)),
}


class Stars(Section):
    """The law of `LightCurves`: what stars there are, and how they are measured."""

    points: Annotated[int, Field(ge=32, le=4096)] = Field(128, description="measurements of a star")
    cadence: Positive = Field(0.1, description="days from one to the next")
    transits: Fraction = Field(0.5, description="share of the stars that have a planet")
    period: Range = Field((3.0, 6.0), description="days from a transit to the next")
    duration: Range = Field((0.6, 1.2), description="days from a transit's begin to its end")
    depth: Range = Field((0.5, 1.5), description="light that a transit takes, in per cent")
    pulsation: Range = Field((1.0, 4.0), description="days that a pulsation takes")
    amplitude: Range = Field((0.3, 1.0), description="of a pulsation, in per cent")
    noise: Range = Field(
        (0.1, 0.2), description="standard deviation of a curve's noise, in per cent"
    )

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        for name in ("period", "duration", "depth", "pulsation", "amplitude", "noise"):
            low, high = getattr(self, name)
            if not low < high:
                raise ValueError(f"{name}: the first number must lie below the second")
        span = self.cadence * (self.points - 1)
        if self.period[1] > span / 2:
            raise ValueError(
                f"period: found {self.period[1]:g}; in {span:g} days a transit is seen twice if "
                f"its period is at most {span / 2:g}"
            )
        if self.duration[1] > self.period[0] / 2:
            raise ValueError(f"duration: must be at most half a period, {self.period[0] / 2:g}")
        if self.duration[0] < 4 * self.cadence:
            raise ValueError(f"duration: must be at least four times cadence, {self.cadence:g}")
        if self.pulsation[1] > span or self.pulsation[0] < 4 * self.cadence:
            raise ValueError(
                f"pulsation: must be from four times cadence to the curve's length, "
                f"{4 * self.cadence:g} to {span:g}"
            )
        return self

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw `n` curves in per cent, float64 `[n, points]`."""
        times = self.cadence * np.arange(self.points)
        transit = rng.random(n) < self.transits
        period = rng.uniform(*self.period, n)
        dips = show_transits(
            times,
            period,
            rng.uniform(0, 1, n) * period,
            rng.uniform(*self.duration, n),
            rng.uniform(*self.depth, n),
        )
        pulsation = rng.uniform(*self.pulsation, n)[:, None]
        maximum = rng.uniform(0, 1, (n, 1)) * pulsation
        waves = rng.uniform(*self.amplitude, n)[:, None] * np.cos(
            2 * np.pi * (times - maximum) / pulsation
        )
        noise = rng.uniform(*self.noise, (n, 1)) * rng.normal(size=(n, self.points))
        return np.asarray(np.where(transit[:, None], dips, waves) + noise)


def show_transits(
    times: np.ndarray,
    period: np.ndarray,
    middle: np.ndarray,
    duration: np.ndarray,
    depth: np.ndarray,
) -> np.ndarray:
    """Return the light `[n, points]` of stars behind planets: 0 but in transits, which repeat.

    Args:
        times: `[points]`.
        period: from a transit to the next, `[n]`, in the units of `times`.
        middle: the time of a transit's middle, `[n]`.
        duration: from its begin to its end, `[n]`.
        depth: of its flat part, `[n]`.
    """
    away = np.mod(times - middle[:, None] + period[:, None] / 2, period[:, None])
    away = np.abs(away - period[:, None] / 2)
    inside = (duration[:, None] / 2 - away) / (INGRESS * duration[:, None])
    return np.asarray(-depth[:, None] * np.clip(inside, 0, 1))
