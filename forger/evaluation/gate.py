"""`recipes.R.gate`: what a training must reach before it is accepted. `dvc repro` ignores it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from forger.config.section import Real, Section
from forger.core.text import suggest
from forger.metrics.figures import FIGURES

OF_A_FLOOR = ("floors", "no_worse_than")  # bounds that need one


class Bound(Section):
    """Bounds on one figure; at least one key must be set."""

    min: Real | None = Field(None, description="the least it may be")
    max: Real | None = Field(None, description="the most it may be")
    floors: Annotated[float, Field(gt=0, le=1e6)] | None = Field(
        None, description="the most it may be, as a multiple of its floor"
    )
    no_worse_than: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        pattern=r"^[^-\s]\S*$",
        description="a git revision or experiment, than which it may not be further from its floor "
        "by more than both intervals explain",
    )

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one of min, max, floors, no_worse_than")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min ({self.min}) must not lie above max ({self.max})")
        return self


def _fitting(bounds: dict[str, Bound]) -> dict[str, Bound]:
    for name, bound in bounds.items():
        if name not in FIGURES:
            raise ValueError(f"no figure is called {name}; {suggest(name, sorted(FIGURES))}")
        extra = [key for key in OF_A_FLOOR if getattr(bound, key) is not None]
        if extra and not FIGURES[name].has_floor:
            raise ValueError(f"{name}.{extra[0]}: {name} has no floor; allowed: min, max")
    return bounds


Gate = Annotated[dict[str, Bound], AfterValidator(_fitting)]  # by the figure's name
