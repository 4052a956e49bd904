"""`method.latent` of a recipe: the law that the generator's input is drawn from."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from forger.config.section import Count, Positive, Real, Section
from forger.core.lazy import ops, stats
from forger.core.random import normal, one_hot, uniform
from forger.core.seeds import stream

OF_ONE_LAW = {"uniform": ("low", "high"), "truncated": ("bound",)}


class Latent(Section):
    """Coordinates drawn from one law and, if asked for, a category."""

    dim: Annotated[int, Field(ge=1, le=65_536)] = Field(description="continuous coordinates")
    law: Literal["normal", "uniform", "spherical", "truncated"] = Field(
        default="normal",
        description="standard normal; uniform on [low, high]; spherical: normal, scaled to the "
        "length √dim; truncated: normal within ± bound",
    )
    low: Real = Field(default=-1.0, description="lower end of the uniform law")
    high: Real = Field(default=1.0, description="upper end of the uniform law")
    categories: Annotated[int, Field(ge=0, le=65_536)] = Field(
        default=0,
        description="more coordinates: one of so many, at random, is 1 and the others are 0, which "
        "lets samples be in pieces (Khayatkhoei et al. 2018)",
    )
    bound: Positive = Field(default=2.0, description="of the truncated law")
    pool: Count | None = Field(
        default=None,
        description="draw this many latents once and reuse them throughout; null: draw afresh",
    )

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low}) must lie below high ({self.high})")
        return self

    @model_validator(mode="after")
    def _many(self) -> Self:
        if self.law == "spherical" and self.dim == 1:
            raise ValueError("dim: spherical needs at least 2, as a sphere in 1 is two points")
        return self

    @property
    def size(self) -> int:
        """Number of coordinates, those of the category included."""
        return self.dim + self.categories

    @property
    def reach(self) -> tuple[float, float]:
        """The ends between which nearly all draws of a coordinate lie."""
        match self.law:
            case "uniform":
                return self.low, self.high
            case "truncated":
                return -self.bound, self.bound
        return -2.0, 2.0

    def description(self) -> dict[str, Any]:
        """Return just the fields that it takes to draw latents, as model.json has them.

        A `Latent` can be made of them.
        """
        own = OF_ONE_LAW.get(self.law, ())
        return self.model_dump(include={"dim", "law", "categories", *own})

    def draw(self, n: int, seed: Any) -> Any:
        """Draw latents on the device, a tensor `[n, size]`; `seed` is a `SeedGenerator`."""
        continuous = self._draw_coordinates((n, self.dim), seed)
        if not self.categories:
            return continuous
        return ops.concatenate([continuous, one_hot(n, self.categories, seed)], axis=1)

    def _draw_coordinates(self, shape: tuple[int, int], seed: Any) -> Any:
        match self.law:
            case "uniform":
                return uniform(shape, seed, self.low, self.high)
            case "truncated":
                return normal(shape, seed, self.bound)
            case "spherical":
                directions = normal(shape, seed)
                return directions * (self.dim**0.5 / ops.norm(directions, axis=1, keepdims=True))
        return normal(shape, seed)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw latents on the host, float32 `[n, size]`."""
        if not self.categories:
            return self._continuous(n, rng)
        picked = rng.integers(self.categories, size=n)
        category = np.zeros((n, self.categories), np.float32)
        category[np.arange(n), picked] = 1
        return np.hstack([self._continuous(n, rng), category])

    def _continuous(self, n: int, rng: np.random.Generator) -> np.ndarray:
        shape = (n, self.dim)
        match self.law:
            case "uniform":
                return rng.uniform(self.low, self.high, shape).astype(np.float32)
            case "truncated":
                drawn = stats.truncnorm.rvs(-self.bound, self.bound, size=shape, random_state=rng)
                return np.asarray(drawn, np.float32)
        normal = rng.standard_normal(shape, np.float32)
        if self.law == "spherical":
            normal *= self.dim**0.5 / np.linalg.norm(normal, axis=1, keepdims=True)
        return normal

    def walk(self, start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
        """Walk from one latent `[size]` to another through latents that the law could give.

        Normal and spherical latents follow the great circle. The uniform and the truncated law
        live in a box, which a great circle may leave and a straight line does not. Categories have
        nothing in between, so a change of category happens halfway.

        Returns:
            float32 `[steps, size]`, `start` and `end` included.
        """
        a = start[: self.dim]
        b = end[: self.dim]
        boxed = self.law in ("uniform", "truncated")
        path = (straight_line if boxed else great_circle)(a, b, steps)
        second_half = np.linspace(0, 1, steps)[:, None] > 0.5
        category = np.where(second_half, end[self.dim :], start[self.dim :])
        return np.hstack([path, category]).astype(np.float32)

    def draw_once(self, seed: int) -> np.ndarray | None:
        """Return the pool, float32 `[pool, size]`; None if latents are drawn afresh."""
        return None if self.pool is None else self.sample(self.pool, stream(seed, "train/pool"))


class Joint:
    """Laws side by side, as one law of all their coordinates.

    Args:
        laws: by the input of the network that takes their coordinates.

    Attributes:
        size: the number of coordinates.
    """

    def __init__(self, laws: Mapping[str, Latent]) -> None:
        self.laws = laws
        self.size = sum(law.size for law in laws.values())

    @property
    def is_normal(self) -> bool:
        """Whether all coordinates are standard normal."""
        return all(law.law == "normal" and not law.categories for law in self.laws.values())

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw latents, float32 `[n, size]`."""
        none = np.empty((n, 0), np.float32)
        return np.concatenate([none, *(law.sample(n, rng) for law in self.laws.values())], axis=1)

    def walk(self, start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
        """Walk from one latent `[size]` to another as each law does, float32 `[steps, size]`."""
        ends = zip(self.split(start).values(), self.split(end).values(), strict=True)
        walks = [law.walk(*pair, steps) for law, pair in zip(self.laws.values(), ends, strict=True)]
        return np.concatenate(walks, axis=1)

    def with_category(self, latents: np.ndarray, picked: Mapping[str, int]) -> np.ndarray:
        """Return latents `[n, size]` with categories set, by the input that takes them, from 0."""
        latents = latents.copy()
        parts = self.split(latents)
        for name, category in picked.items():
            parts[name][:, self.laws[name].dim :] = np.eye(self.laws[name].categories)[category]
        return latents

    def categories_of(self, latent: np.ndarray) -> dict[str, int]:
        """Return the categories of one latent `[size]`, by the input that takes them."""
        parts = self.split(latent)
        return {
            name: int(parts[name][law.dim :].argmax())
            for name, law in self.laws.items()
            if law.categories
        }

    def split(self, latents: np.ndarray) -> dict[str, np.ndarray]:
        """Return the coordinates `[…, size]` by the input that takes them, as views."""
        ends = np.cumsum([law.size for law in self.laws.values()], dtype=int)
        return {
            name: latents[..., end - law.size : end]
            for (name, law), end in zip(self.laws.items(), ends, strict=True)
        }


def straight_line(start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """Return `steps` evenly spaced points `[steps, dim]` from `start` to `end`."""
    t = np.linspace(0, 1, steps)[:, None]
    return np.asarray((1 - t) * start + t * end, np.float32)


def great_circle(start: np.ndarray, end: np.ndarray, steps: int) -> np.ndarray:
    """Return `steps` points `[steps, dim]` from `start` to `end` along the great circle (slerp).

    Between normal latents, a straight line passes through lengths that the generator has hardly
    seen (White 2016, "Sampling generative networks"); here the length changes evenly. With a single
    coordinate there is no circle, so the path is the straight line.
    """
    if len(start) == 1:
        return straight_line(start, end, steps)
    lengths = np.linalg.norm(start), np.linalg.norm(end)
    a = start / lengths[0]
    b = end / lengths[1]
    across = b - (a @ b) * a
    angle = np.arctan2(np.linalg.norm(across), a @ b)
    if np.linalg.norm(across) < 1e-6:  # the same or the opposite direction: any circle will do
        across = np.eye(len(a))[np.argmin(np.abs(a))]
        across -= (a @ across) * a
    across /= np.linalg.norm(across)
    t = np.linspace(0, 1, steps)[:, None]
    direction = np.cos(t * angle) * a + np.sin(t * angle) * across
    return np.asarray(((1 - t) * lengths[0] + t * lengths[1]) * direction, np.float32)
