"""`recipes.R.networks.latent`: the law the generator's input is drawn from."""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from stages.gan.params.section import Count, Real, Section
from stages.gan.seeds import stream


class Latent(Section):
    """Independent coordinates of one law."""

    dim: Annotated[int, Field(ge=1, le=65_536)] = Field(description="number of coordinates")
    law: Literal["normal", "uniform"] = Field(
        "normal", description="standard normal, or uniform on [low, high]"
    )
    low: Real = Field(-1.0, description="lower end of the uniform law")
    high: Real = Field(1.0, description="upper end of the uniform law")
    pool: Count | None = Field(
        None, description="draw this many latents once and reuse them throughout; null: draw afresh"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low}) must lie below high ({self.high})")
        return self

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Latents on the host: float32 `[n, dim]`."""
        if self.law == "uniform":
            return rng.uniform(self.low, self.high, (n, self.dim)).astype(np.float32)
        return rng.standard_normal((n, self.dim), np.float32)

    def drawn_once(self, seed: int) -> np.ndarray | None:
        """The pool, float32 `[pool, dim]`; None where latents are drawn afresh."""
        return None if self.pool is None else self.sample(self.pool, stream(seed, "train/pool"))
