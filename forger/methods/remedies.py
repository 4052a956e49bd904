"""Remedies that steady an adversarial training: options of a method, each off by default.

Each is a section that changes what D is shown, what it is held against, or what it descends.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from forger.config.section import Positive, Real, Section, Share, Weight
from forger.core.lazy import ops
from forger.core.random import normal, uniform
from forger.methods.penalties import PENALTIES, Judge

Range = tuple[Real, Real]


class Labels(Section):
    """Soft and noisy targets of D, drawn for each example (Salimans et al. 2016, section 3.4)."""

    real: Range = Field((1.0, 1.0), description="targets of real examples: uniform in this range")
    fake: Range = Field((0.0, 0.0), description="targets of fakes, likewise")
    flip: Annotated[float, Field(ge=0, lt=0.5)] = Field(
        0.0, description="share of examples whose target is the other kind's"
    )

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        for name, (low, high) in {"real": self.real, "fake": self.fake}.items():
            if low > high:
                raise ValueError(f"{name}: the first number must not lie above the second")
        if self.fake[1] >= self.real[0]:
            raise ValueError("fake: its range must lie below that of real")
        return self

    def draw(self, kind: Literal["real", "fake"], shape: tuple[int, ...], seed: Any) -> Any:
        """Draw targets of D's outputs for examples of one kind; `shape` is the outputs'."""
        own, other = (self.real, self.fake) if kind == "real" else (self.fake, self.real)
        u = uniform((2, *shape), seed)
        flipped = u[0] < self.flip
        low, high = (ops.where(flipped, *ends) for ends in zip(other, own, strict=True))
        return low + (high - low) * u[1]


class InstanceNoise(Section):
    """Noise on all that D sees, decaying (Sønderby et al. 2017; Arjovsky and Bottou 2017).

    Under noise, the real and the fake distribution share their support, so that D's answers guide
    G from far away. As the noise decays, finer and finer structure counts.
    """

    stddev: Positive = Field(description="at the start, in the networks' units")
    final: Weight = Field(
        0.0, description="at the end; above 0 the decay is geometric, at 0 it is linear"
    )
    until: Share = Field(1.0, description="share of the training after which it is at its end")

    @model_validator(mode="after")
    def _decaying(self) -> Self:
        if self.final > self.stddev:
            raise ValueError(f"final ({self.final}) must not lie above stddev ({self.stddev})")
        return self

    def add(self, examples: Any, progress: Any, seed: Any) -> Any:
        """Add the noise that remains after a share `progress` of the training."""
        at = ops.minimum(progress / self.until, 1.0)
        if self.final > 0:
            stddev = self.stddev * (self.final / self.stddev) ** at
        else:
            stddev = self.stddev * (1 - at)
        return examples + stddev * normal(examples.shape, seed)


class Penalties(Section):
    """Weights of penalties on the slope of D's output, as in their papers.

    D descends ½ (real + fake + Σ weight × penalty).
    """

    r1: Weight = Field(
        default=0.0, description="½ |∇D|² on real data (Mescheder et al. 2018, equation 9)"
    )
    r2: Weight = Field(default=0.0, description="½ |∇D|² on fakes (the same, equation 10)")
    gradient_penalty: Weight = Field(
        default=0.0,
        description="(|∇D| − 1)² between real and fake: WGAN-GP (Gulrajani et al. 2017, equation "
        "3); 10 there",
    )
    dragan: Weight = Field(
        default=0.0,
        description="(|∇D| − 1)² at real data under normal noise of half their standard deviation: "
        "DRAGAN (Kodali et al. 2017, section 2.3, δ ~ N(0, c I)); 10 there",
    )

    @property
    def any(self) -> bool:
        """Whether any penalty is on."""
        return any(self.model_dump().values())

    def measure(self, judge: Judge, real: Any, fakes: Any, seed: Any) -> Any:
        """Return the weighted sum of the penalties, a scalar.

        Args:
            judge: D, from examples to raw outputs.
            real: real examples, as D is shown them.
            fakes: as many fakes, as D is shown them.
            seed: a `SeedGenerator`, for penalties that draw random numbers.
        """
        weights = {name: weight for name, weight in self.model_dump().items() if weight}
        return sum(w * PENALTIES[name](judge, real, fakes, seed) for name, w in weights.items())


def pack(examples: Any, m: int) -> Any:
    """Pack `[batch, …, channels]` into `[batch / m, …, m · channels]`: m as one (PacGAN)."""
    return ops.concatenate(ops.split(examples, m), axis=-1) if m > 1 else examples
