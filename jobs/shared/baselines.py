"""baselines/R.json: the figures of trainings of a recipe that differ in nothing but the seed.

`forger seeds R --keep` writes it, and git keeps it: what `jobs.gate`, `jobs.compare` and
`jobs.retrain` call better or worse is beyond what these say of training again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from math import isclose
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any, NamedTuple

from pydantic import Field, FiniteFloat, model_validator

from forger.config.section import Section, Seed, parse
from forger.core.errors import UserError
from forger.core.files import write_text
from forger.methods.settings import NEUTRAL
from forger.metrics.figures import FIGURES, noise, value
from forger.parameters import Parameters, validate
from jobs.shared.noise import LEVEL, Spread, failed
from jobs.shared.revisions import AbsentError, Revision

FOLDER = Path("baselines")
FEWEST = 5  # seeds
RECOMMENDED = 8
SECTIONS = ("dataset", "method", "networks", "train", "evaluate")


class NotComparedError(UserError):
    """Two trainings, or figures of them, can't be compared: why, and what to do, in a line."""


class Ruler(NamedTuple):
    """What figures were measured with.

    Attributes:
        about: a hash of how many examples they look at, of which part, and of the classifier.
        floor: real data's figures, which say what data it is.
    """

    about: str
    floor: Mapping[str, float]

    def same(self, other: Ruler) -> bool:
        """Whether what both have measured is comparable."""
        common = self.floor.keys() & other.floor.keys()
        # Up to what another machine makes of the same data.
        equal = all(isclose(self.floor[k], other.floor[k], rel_tol=1e-4) for k in common)
        return self.about == other.about and bool(common) and equal


# Of float32's size: their squares are numbers too.
Value = Annotated[FiniteFloat, Field(ge=-1e30, le=1e30)]


class Known(Section):
    """One figure of several trainings."""

    floor: Value = Field(description="the same of real data")
    noise: Annotated[Value, Field(ge=0)] = Field(
        description="the half width of the 95 % interval of a training's distance from it"
    )
    values: tuple[Value, ...] = Field(min_length=FEWEST, description="one a seed")


class Baseline(Section):
    """What is stored of a recipe."""

    parameters: str = Field(description="of which parameters, see `identity`")
    ruler: str = Field(description="what they were measured with, see `Ruler`")
    seeds: tuple[Seed, ...] = Field(min_length=FEWEST, description="the trainings' seeds")
    figures: dict[str, Known] = Field(description="by name")

    @model_validator(mode="after")
    def _one_a_seed(self) -> Baseline:
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError("seeds must differ")
        for name, known in self.figures.items():
            if len(known.values) != len(self.seeds):
                raise ValueError(
                    f"figures.{name}.values: found {len(known.values)}; there are "
                    f"{len(self.seeds)} seeds"
                )
        return self

    def measured_with(self) -> Ruler:
        """The ruler of all of them."""
        return Ruler(self.ruler, {name: known.floor for name, known in self.figures.items()})

    def spreads(self, names: Iterable[str]) -> dict[str, Spread]:
        """Of those of these figures that are known, the distances from the floor; which of the
        trainings have failed is told by all of these figures together."""
        found = {
            name: Spread([abs(value - known.floor) for value in known.values], known.noise)
            for name in names
            if (known := self.figures.get(name))
        }
        off = failed(found.values())
        return {name: replace(spread, failed=off) for name, spread in found.items()}

    def explained(self, names: Sequence[str]) -> dict[str, list[float]]:
        """Where another seed alone may lead, by the names of the figures that are held to it: what
        is outside of one of these is worse, however good the others are."""
        found = {}
        for name, spread in self.spreads(names).items():
            floor, limit = self.figures[name].floor, spread.limit(LEVEL / len(names))
            found[name] = FIGURES[name].within([floor - limit, floor + limit])
        return found


def write(recipe: str, found: Mapping[int, Mapping[str, Any]], parameters: Parameters) -> Path:
    """Store the figures of trainings, by their seeds. Returns the file. Raises UserError."""
    path = FOLDER / f"{recipe}.json"
    write_text(path, content(recipe, found, parameters))
    return path


def content(recipe: str, found: Mapping[int, Mapping[str, Any]], parameters: Parameters) -> str:
    """What `write` writes: JSON with a line a figure.

    Raises:
        UserError: fewer seeds than `FEWEST`, or not all measured with one ruler.
    """
    if len(found) < FEWEST:
        raise UserError(f"--keep: found {len(found)} seeds; training again needs at least {FEWEST}")
    own = ruler(next(iter(found.values())))
    if not all(own.same(ruler(each)) for each in found.values()):
        raise UserError(f"--keep: the seeds of {recipe} were not measured with one ruler")
    figures = {
        name: {
            "floor": own.floor[name],
            "noise": _short(fmean(noise(each, name) for each in found.values())),
            "values": [_short(each["quality"][name]) for each in found.values()],
        }
        for name in FIGURES
        if all(value(each, name) is not None and name in each["floor"] for each in found.values())
    }
    about = {"parameters": identity(parameters, recipe), "ruler": own.about, "seeds": [*found]}
    lines = [f"  {json.dumps(key)}: {json.dumps(each)}," for key, each in about.items()]
    rows = ",\n".join(f"    {json.dumps(k)}: {json.dumps(known)}" for k, known in figures.items())
    return "\n".join(["{", *lines, '  "figures": {', rows, "  }", "}\n"])


def read(revision: Revision, recipe: str) -> Baseline:
    """What is stored of a recipe as a revision has it: there, or, where that has nothing that fits
    it, in the workspace, as of an experiment that is older than the file.

    Raises:
        NotComparedError: nothing, or of other parameters than the revision has.
    """
    try:
        return _read(revision, recipe, revision)
    except NotComparedError as error:
        if revision.rev is not None:
            with suppress(NotComparedError):
                return _read(Revision(), recipe, revision)
        raise error


def _read(place: Revision, recipe: str, revision: Revision) -> Baseline:
    """What one revision stores, of another's parameters."""
    path, renew = (
        FOLDER / f"{recipe}.json",
        f"`forger seeds {recipe} -n {RECOMMENDED} --keep`",
    )
    try:
        values = json.loads(place.read(path.as_posix()))
        found: Baseline = parse(Baseline, values, file=str(path))
    except AbsentError:
        raise NotComparedError(
            f"{place.title} has no {path}, so what another seed explains is not known; "
            f"{renew} makes it"
        ) from None
    except (ValueError, RecursionError, UserError) as error:
        why = error.problems[0] if isinstance(error, UserError) else f"{path}: {error}"
        raise NotComparedError(f"{place.title}'s {why}; {renew} renews it") from None
    try:
        present = identity(validate(revision.parameters()), recipe)
    except (UserError, KeyError):
        present = ""
    if present != found.parameters:
        raise NotComparedError(
            f"{place.title}'s {path} is of other parameters than {recipe} of {revision.title}; "
            f"{renew} renews it"
        )
    return found


def identity(parameters: Parameters, recipe: str) -> str:
    """A hash of all parameters of a recipe that its figures depend on, but for the seed.

    Raises KeyError where there is no such recipe.
    """
    block = parameters.recipes[recipe].model_dump(mode="json", include=set(SECTIONS))
    compute = parameters.compute.model_dump(mode="json", exclude={"steps_per_call"})
    block["train"] = {key: v for key, v in block["train"].items() if key not in NEUTRAL}
    return _hash({**block, "compute": compute})


def ruler(figures: Mapping[str, Any]) -> Ruler:
    """What the figures of figures.json were measured with."""
    classifier = figures.get("classifier", {}).get("sha256")
    about = [figures.get("part"), figures.get("sizes"), classifier]
    return Ruler(_hash(about), {k: _short(v) for k, v in figures.get("floor", {}).items()})


def _hash(content: Any) -> str:
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _short(number: float) -> float:
    """Six digits, which is more than any of them are worth."""
    return float(f"{number:.6g}")
