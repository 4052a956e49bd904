"""What a sweep tries: the schema of its YAML file."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

from forger.config.file import load
from forger.config.section import Count, Positive, Real, Section, parse
from forger.core.errors import UserError
from forger.core.text import suggest
from forger.metrics.figures import FIGURES

# A sweep's name becomes part of the names of its experiments, which are git refs.
NAME = r"[a-z0-9][a-z0-9_-]{0,39}"
FOLDER = Path(".dvc/tmp/sweeps")  # one folder per sweep: Optuna's study, the clone
# As figures.json has them: those with a floor below `quality`, and all that has a best value.
METRICS = {f"quality.{name}": name for name, figure in FIGURES.items() if figure.has_floor} | {
    name: name for name, figure in FIGURES.items() if figure.best is not None
}


class Space(Section):
    """The values of one parameter: `choices`, or a range from `low` to `high`."""

    choices: Annotated[tuple[JsonValue, ...], Field(min_length=1)] | None = Field(
        None, description="the values, of any type that the parameter has"
    )
    low: int | Real | None = Field(None, description="the least value")
    high: int | Real | None = Field(None, description="the greatest value")
    log: bool = Field(False, description="drawn evenly by order of magnitude")
    step: int | Positive | None = Field(None, description="only low, low + step, …")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        between = {"low", "high", "log", "step"} & self.model_fields_set
        if (self.choices is not None) == bool(between):
            raise ValueError("give either choices, or low and high")
        if self.choices is not None:
            if len(set(self.labels)) != len(self.choices):
                raise ValueError("name each choice once")
            return self
        if self.low is None or self.high is None:
            raise ValueError("low and high go together")
        if self.low >= self.high:
            raise ValueError(f"low ({self.low}) must lie below high ({self.high})")
        if self.log and self.low <= 0:
            raise ValueError(f"low ({self.low}) must lie above 0 where log is true")
        if self.log and self.step is not None:
            raise ValueError("log and step exclude each other")
        return self

    @property
    def labels(self) -> list[str]:
        """The choices as text."""
        return [show(choice) for choice in self.choices or ()]


def _distinct(seeds: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(seeds)) != len(seeds):
        raise ValueError("name each seed once")
    return seeds


def _growing(rungs: tuple[int, ...]) -> tuple[int, ...]:
    if any(later <= earlier for earlier, later in pairwise(rungs)):
        raise ValueError("each rung must have more epochs than the one before")
    return rungs


def _check_metric(metric: str) -> str:
    if metric not in METRICS:
        raise ValueError(f"no such figure; {suggest(metric, list(METRICS))}")
    return metric


class Sweep(Section):
    """A sweep, as its file describes it."""

    recipe: str = Field(description="the recipe whose parameters are tried")
    metric: Annotated[str, AfterValidator(_check_metric)] = Field(
        description="the figure that is to come close to its floor, or to what is best, on the "
        "validation part of the data, such as quality.rmse or mae"
    )
    trials: Annotated[int, Field(ge=1, le=10_000)] = Field(description="combinations to try")
    seeds: Annotated[
        tuple[Annotated[int, Field(ge=0, lt=2**32)], ...],
        Field(min_length=1),
        AfterValidator(_distinct),
    ] = Field((1,), description="a trial trains with each of them; the mean counts")
    rungs: Annotated[tuple[Count, ...], AfterValidator(_growing)] = Field(
        (), description="growing numbers of epochs; empty: those of the recipe, and no halving"
    )
    reduction: Annotated[int, Field(ge=2, le=100)] = Field(
        3, description="a trial goes on while it is among the best of so many: 3 for the best third"
    )
    parameters: Annotated[dict[str, Space], Field(min_length=1)] = Field(
        description="the space: keys of the recipe's file, such as train.batch"
    )

    @model_validator(mode="after")
    def _epochs_once(self) -> Self:
        if self.rungs and "train.epochs" in self.parameters:
            raise ValueError("parameters.train.epochs is what rungs sets; leave out one of them")
        return self

    @property
    def figure(self) -> str:
        """The metric's name in forger.metrics.figures."""
        return METRICS[self.metric]

    @property
    def objective(self) -> str:
        """What is minimised, as a formula."""
        best = FIGURES[self.figure].best
        return f"|{self.metric} − {'its floor' if best is None else f'{best:g}'}|"

    @property
    def most_experiments(self) -> int:
        return self.trials * len(self.seeds) * max(1, len(self.rungs))

    def promise(self) -> dict[str, Any]:
        """Return what may not change while a sweep is under way: all but the number of trials."""
        return self.model_dump(mode="json", exclude={"trials"})


def show(value: Any) -> str:
    """Return a value as a person reads it."""
    return value if isinstance(value, str) else json.dumps(value)


def read(path: Path) -> Sweep:
    """Read and validate a sweep's file. Raises UserError with every problem, a line each."""
    if not re.fullmatch(NAME, path.stem):
        raise UserError(f"{path}: a sweep's file is named in a-z, 0-9, - and _, at most 40 of them")
    sweep: Sweep = parse(Sweep, load(path), file=str(path))
    return sweep


def describe(settings: dict[str, Any], keys: Sequence[str]) -> str:
    """Return a trial's parameters in a line."""
    return " ".join(f"{key}={show(settings[key])}" for key in keys if key in settings)


def title(sweep: str, number: int, seed: int, epochs: int | None) -> str:
    """Return an experiment's name, such as `sinusoid-sweep-007-s1-e16`.

    Args:
        sweep: the sweep's name.
        number: the trial's.
        seed: the training's.
        epochs: the rung's; None where the sweep has no rungs.
    """
    return f"{sweep}-sweep-{number:03}-s{seed}" + (f"-e{epochs}" if epochs else "")


def match_names(sweep: str) -> str:
    """Return a regular expression for the names of a sweep's experiments."""
    return rf"{re.escape(sweep)}-sweep-\d{{3,}}-s\d+(-e\d+)?"
