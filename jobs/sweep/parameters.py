"""A sweep's parameters, checked against its recipe."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Annotated, Any

from optuna.trial import BaseTrial

from forger.config.section import RECIPES, Section, file_of, parse
from forger.core.errors import UserError
from forger.core.text import printable, suggest
from forger.metrics.figures import lacking
from forger.parameters import validate
from forger.recipe import Recipe
from jobs.sweep.space import Space, Sweep, show

Values = dict[str, Any]
DIGITS = 4


@dataclass(frozen=True)
class Parameter:
    """One key of a recipe that a sweep varies.

    Attributes:
        key: dotted, below the recipe.
        present: its value in the recipe, defaults included.
    """

    key: str
    space: Space
    present: Any

    @property
    def whole(self) -> bool:
        """Whether its values are whole: as the recipe's is or, if that is None, as the bounds."""
        if self.present is None:
            return isinstance(self.space.low, int) and isinstance(self.space.high, int)
        return isinstance(self.present, int)

    def draw(self, trial: BaseTrial) -> Any:
        """Return a value that Optuna suggests."""
        space = self.space
        if space.choices is not None:
            label = trial.suggest_categorical(self.key, space.labels)
            return space.choices[space.labels.index(str(label))]
        assert space.low is not None
        assert space.high is not None
        if self.whole:
            step = int(space.step or 1)
            return trial.suggest_int(
                self.key, int(space.low), int(space.high), step=step, log=space.log
            )
        value = trial.suggest_float(self.key, space.low, space.high, step=space.step, log=space.log)
        return float(f"{value:.{DIGITS}g}")  # more digits only make tables wide

    def recipes_own(self) -> Any:
        """Return the recipe's value as Optuna knows it; None where the space does not hold it."""
        space = self.space
        value = self.present
        if space.choices is not None:
            return label if (label := show(value)) in space.labels else None
        if value is None or not isinstance(space.low, (int, float)) or space.high is None:
            return None
        on_a_step = space.step is None or ((value - space.low) / space.step).is_integer()
        return value if space.low <= value <= space.high and on_a_step else None

    def edges(self) -> Sequence[Any]:
        """Return the values that the parameter's type and range must allow."""
        space = self.space
        return (space.low, space.high) if space.choices is None else space.choices


def resolve(sweep: Sweep, file: str, values: Values) -> list[Parameter]:
    """Return the sweep's parameters, checked against these `values`.

    Raises UserError with every problem, a line each: faults of the values themselves, an unknown
    recipe or key, a value that the key's type or range forbids.
    """
    recipes = validate(values).recipes
    if sweep.recipe not in recipes:
        hint = suggest(sweep.recipe, sorted(recipes))
        named = printable(repr(sweep.recipe), 60)
        raise UserError(f"{file}: recipe: found {named}, which is no file of {RECIPES}; {hint}")
    recipe = recipes[sweep.recipe]
    if lacks := lacking(sweep.figure, recipe.offers):
        raise UserError(f"{file}: metric: {sweep.metric} {lacks}, which {sweep.recipe} lacks")
    leaves = {key: (kind, value) for key, kind, value in _leaves(recipe)}
    parameters = []
    problems = []
    for key, space in sweep.parameters.items():
        if key not in leaves:
            hint = suggest(key, list(leaves))
            where = f"parameters.{printable(key, 60)}"
            problems.append(f"{file}: {where}: no such key of {sweep.recipe}; {hint}")
            continue
        kind, present = leaves[key]
        parameter = Parameter(key, space, present)
        parameters.append(parameter)
        problems += _misfits(parameter, kind, file)
    if problems:
        raise UserError(*problems)
    return parameters


def _misfits(parameter: Parameter, kind: Any, file: str) -> list[str]:
    where = f"parameters.{parameter.key}"
    problems: list[str] = []
    for value in parameter.edges():
        try:
            parse(kind, value, where, file)
        except UserError as error:
            problems += error.problems
    step = parameter.space.step
    if parameter.whole and step is not None and int(step) != step:
        problems.append(f"{file}: {where}.step: found {step}; the recipe's value is a whole number")
    return problems


def _leaves(recipe: Recipe) -> Iterator[tuple[str, Any, Any]]:
    for key, kind, value in _below("", recipe):
        if not key.startswith(("source.", "gate.")):  # these change no result
            yield key, kind, value


def _below(prefix: str, section: Section) -> Iterator[tuple[str, Any, Any]]:
    """Yield every key below a section, with its type and value."""
    for name, field in type(section).model_fields.items():
        key = f"{prefix}{name}"
        value = getattr(section, name)
        inner = value.items() if isinstance(value, dict) else ()
        if isinstance(value, Section):
            yield from _below(f"{key}.", value)
        elif inner and all(isinstance(each, Section) for _, each in inner):
            for part, each in inner:
                yield from _below(f"{key}.{part}.", each)
        else:
            yield key, Annotated[field.annotation, field], value


def contradiction(values: Values, recipe: str, settings: Values) -> str | None:
    """Return why the recipe can't run with these settings; None where it can."""
    candidate = deepcopy(values)
    candidate["run"] = [recipe]
    for key, value in settings.items():
        *parents, last = key.split(".")
        place = candidate["recipes"][recipe]
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    try:
        validate(candidate)
    except UserError as error:
        own = f"{file_of(recipe)}: "
        return "; ".join(problem.removeprefix(own) for problem in error.problems)
    return None


def overrides(values: Values, recipe: str, seed: int, settings: Values) -> list[str]:
    """Return the values of `dvc exp run -S`, in order.

    A sweep chooses, so it measures on the validation part of the data.

    Args:
        values: all parameters of the commit that the experiment grows from.
        recipe: its name.
        seed: of the training.
        settings: new values, by key below the recipe.
    """
    changes = []
    settings = {**settings, "evaluate.part": "validation"}
    for key, value in settings.items():
        place: Any = values["recipes"][recipe]
        for part in key.split("."):
            place = place.get(part, ...) if isinstance(place, dict) else ...
        new = "+" if place is ... else ""  # without it, DVC refuses a new key
        changes.append(f"{file_of(recipe)}:{new}{key}={json.dumps(value)}")
    return [f"run=[{recipe}]", f"seed={seed}", *changes]
