"""Building blocks of the sections of params.yaml and of a recipe's file."""

import json
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from forger.config.problems import describe_problems
from forger.core.errors import UserError

FILE = "params.yaml"
RECIPES = "recipes"

# Names become parts of file names and commands, so they are plain identifiers.
NAME = r"^[a-z][a-z0-9_]*$"


def _no_word_of_yaml(name: str) -> str:
    if name in ("null", "true", "false"):  # DVC reads these as YAML's own, quoted or not
        raise ValueError("must be none of YAML's own words")
    return name


Name = Annotated[
    str, StringConstraints(pattern=NAME, max_length=60), AfterValidator(_no_word_of_yaml)
]
Seed = Annotated[int, Field(ge=0, lt=2**32)]

FEWEST = 20  # the fewest examples, real or generated, that figures may rest on

# Numbers beyond these can only be mistakes: networks compute in float32, which must hold the
# squares of squares of such numbers.
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
Real = Annotated[float, Field(ge=-1e6, le=1e6)]
Positive = Annotated[float, Field(ge=1e-12, le=1e6)]
Weight = Annotated[float, Field(ge=0, le=1e6)]
Share = Annotated[float, Field(ge=1e-12, le=1)]
# Below 1 in float32 too.
Fraction = Annotated[float, Field(ge=0, le=0.999999)]


class Section(BaseModel):
    """A section of a parameters file: frozen, strictly typed, without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def file_of(recipe: str) -> str:
    """Return the path of a recipe's file."""
    return f"{RECIPES}/{recipe}.yaml"


def parse(schema: Any, values: Any, where: str = "", file: str = FILE) -> Any:
    """Validate what was read from YAML.

    Args:
        schema: a Section, or a union of several.
        values: what was read, in JSON's types, as config/file.py reads it.
        where: the key of `values` in the file, such as `train.optimizers`; empty for all of it.
        file: the file that the problems name.

    Raises:
        UserError: every problem, a line each.
    """
    # Through JSON, because there a list may become a tuple while "5" stays text.
    text = json.dumps(values, default=str)
    try:
        return TypeAdapter(schema).validate_json(text, strict=True)
    except ValidationError as error:
        prefix = tuple(where.split(".")) if where else ()
        lines = describe_problems(schema, error, json.loads(text), prefix)
        raise UserError(*(f"{file}: {line}" for line in lines)) from None
