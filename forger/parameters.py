"""All that params.yaml may say. Only `check` and the jobs read it whole."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from forger import limits
from forger.checks import check
from forger.compute import Compute
from forger.config.file import load
from forger.config.section import FILE, NAME, Name, Section, Seed, parse
from forger.core.errors import UserError
from forger.core.text import allowed, found
from forger.recipe import Recipe

RESERVED = "raw"  # data/raw, where a person's own files lie


def _some_distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("name at least one recipe")
    if len(set(names)) != len(names):
        raise ValueError("name each recipe once")
    return names


def _free(recipes: dict[str, Recipe]) -> dict[str, Recipe]:
    if RESERVED in recipes:
        raise ValueError(f"{RESERVED}: name it differently: data/{RESERVED} is for your own files")
    return recipes


class Parameters(Section):
    """The whole file."""

    seed: Seed = Field(description="every random number derives from it")
    compute: Compute = Field(description="what the arithmetic runs on")
    run: Annotated[tuple[Name, ...], AfterValidator(_some_distinct)] = Field(
        description="the recipes that `dvc repro` makes, at least one, each once"
    )
    recipes: Annotated[
        dict[Name, Annotated[Recipe, AfterValidator(check)]], AfterValidator(_free)
    ] = Field(description="all recipes, by name")


def read(path: Path = Path(FILE)) -> Parameters:
    """Read and validate params.yaml. Raises UserError with every problem, a line each."""
    return validate(load(path))


def validate(values: Any) -> Parameters:
    """Validate what was read, in the types of JSON. Raises UserError with every problem, a line
    each."""
    problems = _unknown_recipes(values)
    try:
        parameters: Parameters = parse(Parameters, values)
    except UserError as error:
        problems = [*error.problems, *problems]
    if problems := problems or [f"{FILE}: {line}" for line in _of_this_run(parameters)]:
        raise UserError(*problems)
    return parameters


def _of_this_run(parameters: Parameters) -> Iterator[str]:
    """Batches that can't be shared between the devices, or not so many in a call."""
    devices, k = parameters.compute.devices, parameters.compute.steps_per_call
    for name in parameters.run:
        recipe = parameters.recipes[name]
        train, example = recipe.train, math.prod(recipe.dataset.shape)
        if train.batch % devices:
            yield (
                f"recipes.{name}.train.batch: found {train.batch}; must be divisible by "
                f"compute.devices, which is {devices}"
            )
        rows = 1 if k == "auto" else k * train.batch * train.discriminator_steps
        if limits.SINGLE * rows * example > limits.MOST_BYTES:
            yield (
                f"compute.steps_per_call: found {k}; the rows of so many updates of {name} would "
                "take more than 8 GiB"
            )


def _unknown_recipes(values: Any) -> list[str]:
    # Outside of the schema, which stops at a file's first section with problems.
    parts = values if isinstance(values, dict) else {}
    run, recipes = parts.get("run"), parts.get("recipes")
    if not isinstance(run, list) or not isinstance(recipes, dict):
        return []
    known = sorted(map(str, recipes))
    return [
        f"{FILE}: run: found {found(name)}, which is not in recipes; {allowed(str(name), known)}"
        for name in run
        if re.fullmatch(NAME, str(name)) and name not in recipes
    ]
