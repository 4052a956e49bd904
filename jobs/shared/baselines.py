"""baselines/R.json: the figures of trainings of a recipe that differ only in the seed.

`forger seeds R --keep` writes it, and git keeps it. Its figures show how far another seed alone may
lead; `jobs.gate`, `jobs.compare` and `jobs.retrain` call better or worse only what lies beyond.
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
from jobs.shared.noise import LEVEL, Spread, find_failed
from jobs.shared.revisions import AbsentError, Revision

FOLDER = Path("baselines")
FEWEST = 5  # seeds
RECOMMENDED = 8
SECTIONS = ("dataset", "method", "networks", "train", "evaluate")


class NotComparedError(UserError):
    """Trainings or their figures can't be compared; says why and what to do, in one line."""


class Ruler(NamedTuple):
    """What figures were measured with.

    Attributes:
        about: a hash of how many examples they look at, of which part, and with which classifier.
        floor: real data's figures, which identify the data.
    """

    about: str
    floor: Mapping[str, float]

    def same(self, other: Ruler) -> bool:
        """Tell whether figures measured with the two are comparable."""
        common = self.floor.keys() & other.floor.keys()
        # Allow for another machine's rounding of the same data's figures.
        equal = all(isclose(self.floor[k], other.floor[k], rel_tol=1e-4) for k in common)
        return self.about == other.about and bool(common) and equal


# Within float32's range, so that their squares are finite too.
Value = Annotated[FiniteFloat, Field(ge=-1e30, le=1e30)]


class Known(Section):
    """One figure of several trainings."""

    floor: Value = Field(description="the same of real data")
    noise: Annotated[Value, Field(ge=0)] = Field(
        description="the half width of the 95 % interval of a training's distance from it"
    )
    values: tuple[Value, ...] = Field(min_length=FEWEST, description="one a seed")


class Baseline(Section):
    """The stored figures of a recipe's trainings."""

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

    def find_ruler(self) -> Ruler:
        """Return the ruler of all figures."""
        return Ruler(self.ruler, {name: known.floor for name, known in self.figures.items()})

    def spreads(self, names: Iterable[str]) -> dict[str, Spread]:
        """Return the distances from the floor, for those of these figures that are stored.

        All of these figures together decide which of the trainings have failed.
        """
        found = {
            name: Spread([abs(value - known.floor) for value in known.values], known.noise)
            for name in names
            if (known := self.figures.get(name))
        }
        off = find_failed(found.values())
        return {name: replace(spread, failed=off) for name, spread in found.items()}

    def explain(self, names: Sequence[str]) -> dict[str, list[float]]:
        """Return the range that another seed alone may lead to, by figure.

        A training outside one of these ranges is worse, however good its other figures are.

        Args:
            names: all figures that the training is held to.
        """
        found = {}
        for name, spread in self.spreads(names).items():
            floor = self.figures[name].floor
            limit = spread.limit(LEVEL / len(names))
            found[name] = FIGURES[name].within([floor - limit, floor + limit])
        return found


def write(recipe: str, found: Mapping[int, Mapping[str, Any]], parameters: Parameters) -> Path:
    """Store the figures of trainings, by seed, and return the file. Raises UserError."""
    path = FOLDER / f"{recipe}.json"
    write_text(path, content(recipe, found, parameters))
    return path


def content(recipe: str, found: Mapping[int, Mapping[str, Any]], parameters: Parameters) -> str:
    """Return what `write` writes: JSON with one line per figure.

    Raises:
        UserError: there are fewer seeds than `FEWEST`, or more than one ruler.
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
    """Return the baseline that fits a revision's recipe.

    If the revision has none, as with an experiment that is older than the file, the workspace's is
    taken.

    Raises:
        NotComparedError: there is none, or it is of other parameters than the revision's.
    """
    try:
        return _read(revision, recipe, revision)
    except NotComparedError as error:
        if revision.rev is not None:
            with suppress(NotComparedError):
                return _read(Revision(), recipe, revision)
        raise error


def _read(place: Revision, recipe: str, revision: Revision) -> Baseline:
    """Return what `place` stores, if it is of the parameters of `revision`."""
    path = FOLDER / f"{recipe}.json"
    renew = f"`forger seeds {recipe} -n {RECOMMENDED} --keep`"
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
    """Hash all parameters of a recipe that its figures depend on, except the seed.

    Those that are at their defaults are left out, so that a new key makes nothing stale.

    Raises KeyError if there is no such recipe.
    """
    block = parameters.recipes[recipe].model_dump(
        mode="json", include=set(SECTIONS), exclude_defaults=True
    )
    compute = parameters.compute.model_dump(
        mode="json", exclude={"steps_per_call"}, exclude_defaults=True
    )
    block["train"] = {key: v for key, v in block["train"].items() if key not in NEUTRAL}
    return _hash({**block, "compute": compute})


def ruler(figures: Mapping[str, Any]) -> Ruler:
    """Return what the figures of figures.json were measured with."""
    classifier = figures.get("classifier", {}).get("sha256")
    about = [figures.get("part"), figures.get("sizes"), classifier]
    return Ruler(_hash(about), {k: _short(v) for k, v in figures.get("floor", {}).items()})


def _hash(content: Any) -> str:
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _short(number: float) -> float:
    """Round to six digits, which is more than any figure is worth."""
    return float(f"{number:.6g}")
