"""What every section of params.yaml and of a recipe's file is made of."""

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

from forger.config.problems import told
from forger.core.errors import UserError

FILE, RECIPES = "params.yaml", "recipes"

# A name becomes part of file names and of a command, so it is a plain identifier.
NAME = r"^[a-z][a-z0-9_]*$"


def _no_word_of_yaml(name: str) -> str:
    if name in ("null", "true", "false"):  # which DVC reads as that, quoted or not
        raise ValueError("must be none of YAML's own words")
    return name


Name = Annotated[
    str, StringConstraints(pattern=NAME, max_length=60), AfterValidator(_no_word_of_yaml)
]
Seed = Annotated[int, Field(ge=0, lt=2**32)]

FEWEST = 20  # examples, real ones and fakes, that figures are taken from

# What is beyond these can only be a mistake: networks compute in float32, which must hold the
# squares of squares of such numbers.
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
Real = Annotated[float, Field(ge=-1e6, le=1e6)]
Positive = Annotated[float, Field(ge=1e-12, le=1e6)]
# Less than 1 in float32 too.
Fraction = Annotated[float, Field(ge=0, le=0.999999)]


class Section(BaseModel):
    """A block of such a file: frozen, typed strictly, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def file_of(recipe: str) -> str:
    """Where a recipe is written."""
    return f"{RECIPES}/{recipe}.yaml"


def parse(schema: Any, values: Any, where: str = "", file: str = FILE) -> Any:
    """Validate what was read from YAML. Raises UserError with every problem, a line each.

    Args:
        schema: a Section, or a union of some.
        values: in the types of JSON, as params.file reads them.
        where: its own place in the file, such as `train.optimizers`.
        file: what the problems are told of.
    """
    # Through JSON, because there a list may be a tuple while "5" is still no number.
    text = json.dumps(values, default=str)
    try:
        return TypeAdapter(schema).validate_json(text, strict=True)
    except ValidationError as error:
        prefix = tuple(where.split(".")) if where else ()
        lines = told(schema, error, json.loads(text), prefix)
        raise UserError(*(f"{file}: {line}" for line in lines)) from None
