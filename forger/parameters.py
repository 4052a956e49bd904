"""Everything that params.yaml and the recipes may say. Only `check` and the jobs read it all."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from forger import limits
from forger.checks import check
from forger.compute import Compute
from forger.config.file import load
from forger.config.section import FILE, NAME, RECIPES, Name, Section, Seed, file_of, parse
from forger.core.errors import UserError
from forger.core.text import printable, quote, suggest
from forger.recipe import Recipe

RESERVED = "raw"  # data/raw holds a person's own files
Checked = Annotated[Recipe, AfterValidator(check)]
Values = dict[str, Any]


def _some_distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("name at least one recipe")
    if len(set(names)) != len(names):
        raise ValueError("name each recipe once")
    return names


class Settings(Section):
    """The content of params.yaml."""

    seed: Seed = Field(description="every random number derives from it")
    compute: Compute = Field(description="what the arithmetic runs on")
    run: Annotated[tuple[Name, ...], AfterValidator(_some_distinct)] = Field(
        description=f"the recipes that `dvc repro` makes, files of {RECIPES}, each once"
    )


class Parameters(Settings):
    """The content of params.yaml, and all recipes by name."""

    recipes: dict[Name, Recipe] = Field(description="a file each")


def read(folder: Path = Path()) -> Parameters:
    """Read and validate a project's parameters.

    Raises:
        UserError: every problem, a line each.
    """
    return validate(read_values(folder))


def read_values(folder: Path = Path()) -> Any:
    """Read params.yaml, with the recipes' files as its `recipes`, in JSON's types, unvalidated.

    Raises:
        UserError: a file can't be read, or params.yaml has a `recipes` of its own.
    """
    problems: list[str] = []
    contents: Values = {}
    files = sorted((folder / RECIPES).glob("*.yaml"))
    for path in (folder / FILE, *files):
        try:
            contents[path.stem if path in files else ""] = load(path)
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(*problems)
    return join(contents.pop(""), contents)


def join(settings: Any, recipes: Values) -> Any:
    """Return the values of params.yaml and of the recipes' files as one mapping.

    Raises:
        UserError: params.yaml has a `recipes` of its own.
    """
    if not isinstance(settings, dict):
        return settings
    if "recipes" in settings:
        raise UserError(f"{FILE}: recipes: unknown key; a recipe is a file, {file_of('NAME')}")
    return {**settings, "recipes": recipes}


def validate(values: Any) -> Parameters:
    """Validate what `read_values` returns. Raises UserError with every problem, a line each."""
    own = (
        {k: v for k, v in values.items() if k != "recipes"} if isinstance(values, dict) else values
    )
    blocks: Mapping[str, Any] = values.get("recipes", {}) if isinstance(values, dict) else {}
    problems: list[str] = []
    settings: dict[str, Any] = {}
    recipes: dict[str, Recipe] = {}
    try:
        settings = dict(parse(Settings, own))
    except UserError as error:
        problems += error.problems
    for name, block in blocks.items():
        try:
            _check_name(name)
            recipes[name] = parse(Checked, block, file=file_of(name))
        except UserError as error:
            problems += error.problems
    problems += _unknown_recipes(own, blocks)
    if not problems:
        parameters = Parameters.model_construct(**settings, recipes=recipes)
        problems += _of_this_run(parameters)
    if problems:
        raise UserError(*problems)
    return parameters


def _check_name(name: str) -> None:
    """Raise UserError if a file's name can't be a recipe's name."""
    file = printable(file_of(name))
    if name == RESERVED:
        raise UserError(f"{file}: name it differently: data/{RESERVED} is for your own files")
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        why = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UserError(f"{file}: its name, {quote(name)}: {why[0].lower()}{why[1:]}") from None


def _of_this_run(parameters: Parameters) -> Iterator[str]:
    """Yield problems of batches that the devices can't share, or that are too many for a call."""
    devices = parameters.compute.devices
    k = parameters.compute.steps_per_call
    for name in parameters.run:
        recipe = parameters.recipes[name]
        train = recipe.train
        example = limits.numbers_of(recipe.dataset, recipe.method.needs)
        if train.batch % devices:
            yield (
                f"{file_of(name)}: train.batch: found {train.batch}; must be divisible by "
                f"compute.devices, which is {devices}"
            )
        rows = 1 if k == "auto" else k * train.batch * recipe.method.batches
        if limits.SINGLE * rows * example > limits.MOST_BYTES:
            yield (
                f"{FILE}: compute.steps_per_call: found {k}; the rows of so many updates of {name} "
                "would take more than 8 GiB"
            )


def _unknown_recipes(settings: Any, recipes: Mapping[str, Any]) -> list[str]:
    run = settings.get("run") if isinstance(settings, dict) else None
    if not isinstance(run, list):
        return []
    known = sorted(map(str, recipes))
    return [
        f"{FILE}: run: found {quote(name)}, which is no file of {RECIPES}; "
        f"{suggest(str(name), known)}"
        for name in run
        if re.fullmatch(NAME, str(name)) and name not in recipes
    ]
