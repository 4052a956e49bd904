"""`recipes.R.gate`: what a training must reach before it is accepted. `dvc repro` ignores it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from forger.config.section import Real, Section
from forger.core.text import allowed
from forger.metrics.figures import APART, FIGURES

QUALITY = sorted(name for name, figure in FIGURES.items() if figure.has_floor)
ABSOLUTE = ("min", "max")


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


class Gate(Section):
    """Bounds on figures of figures.json; `quality.rmse:` is short for `rmse:` in `quality:`."""

    acc_real: Bound | None = Field(
        default=None, description="bounds of D's accuracy on held-out real data"
    )
    acc_fake: Bound | None = Field(
        default=None, description="bounds of D's accuracy on fresh samples"
    )
    auc: Bound | None = Field(default=None, description="bounds of the area under D's ROC")
    reconstruction_error: Bound | None = Field(
        default=None, description="bounds of an encoder's reconstruction error"
    )
    log_likelihood: Bound | None = Field(
        default=None, description="bounds of the log-likelihood of held-out data"
    )
    quality: dict[str, Bound] = Field(
        default={}, description=f"bounds of figures of quality: {', '.join(QUALITY)}"
    )

    @model_validator(mode="before")
    @classmethod
    def _dotted(cls, values: Any) -> Any:
        """Move keys such as `quality.rmse` into `quality`."""
        if not isinstance(values, dict):
            return values
        dotted = [key for key in values if str(key).startswith("quality.")]
        inner = values.get("quality", {})
        if not dotted or not isinstance(inner, dict):
            return values
        moved = {str(key).removeprefix("quality."): values[key] for key in dotted}
        rest = {key: value for key, value in values.items() if key not in dotted}
        return {**rest, "quality": {**inner, **moved}}

    @field_validator("quality")
    @classmethod
    def _known(cls, bounds: dict[str, Bound]) -> dict[str, Bound]:
        for name in bounds:
            if name not in QUALITY:
                raise ValueError(f"no figure is called {name}; {allowed(name, QUALITY)}")
        return bounds

    @field_validator(*APART)
    @classmethod
    def _absolute(cls, bound: Bound | None) -> Bound | None:
        said = {} if bound is None else bound.model_dump(exclude_none=True)
        if extra := sorted(set(said) - set(ABSOLUTE)):
            raise ValueError(
                f"{extra[0]}: D's decisions and an encoder's figures have no floor; allowed: min, "
                "max"
            )
        return bound

    def bounds(self) -> dict[str, Bound]:
        """Return every bound, by the figure's name."""
        top = {name: getattr(self, name) for name in APART}
        return {name: bound for name, bound in {**top, **self.quality}.items() if bound}
