"""What every section of params.yaml is made of, and how its problems are told."""

import difflib
import json
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from stages.gan.errors import UserError

FILE = "params.yaml"

Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
Real = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]


class Section(BaseModel):
    """A block of params.yaml: frozen, typed strictly, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse(schema: Any, values: Any, where: str = "", file: str = FILE) -> Any:
    """Validate what was read from YAML. Raises UserError with every problem, a line each.

    Args:
        schema: a Section, or a union of some.
        where: its own place in the file, such as `recipes.ring.train`.
        file: what the problems are told of.
    """
    # Through JSON, because there a list may be a tuple while "5" is still no number.
    text = json.dumps(values, default=str)
    try:
        return TypeAdapter(schema).validate_json(text, strict=True)
    except ValidationError as error:
        raise UserError(*_problems(schema, error, json.loads(text), where, file)) from None


def _problems(
    schema: Any, error: ValidationError, values: Any, where: str, file: str
) -> Iterator[str]:
    prefix = tuple(where.split(".")) if where else ()
    for detail in error.errors(include_url=False):
        loc = detail["loc"]
        absent = detail["type"] == "missing"
        key = ".".join(map(str, prefix + _keys(loc, values, absent))) or "the whole file"
        if detail["type"] == "extra_forbidden":
            yield f"{file}: {key}: unknown key; {allowed(str(loc[-1]), _names(schema, loc))}"
        elif detail["type"] == "missing":
            yield f"{file}: {key}: missing"
        elif detail["type"] == "value_error" and isinstance(detail["input"], dict):
            for line in str(detail["ctx"]["error"]).splitlines():
                yield f"{file}: {key}.{line}" if ": " in line else f"{file}: {key}: {line}"
        else:
            message = detail["msg"].removeprefix("Value error, ").replace("Input should", "should")
            found = _found(detail["input"])
            yield f"{file}: {key}: found {found}; {message[0].lower()}{message[1:]}"


def _found(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


def allowed(name: str, names: list[str]) -> str:
    """The nearest of the allowed names, or all of them."""
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"allowed: {', '.join(names)}"


def _keys(loc: tuple[int | str, ...], values: Any, absent: bool) -> tuple[int | str, ...]:
    """The key as it stands in the file: pydantic's location less the tags of its unions.

    `absent`: the last part is a key that should be there, and is not.
    """
    keys: list[int | str] = []
    for place, part in enumerate(loc):
        inside = (isinstance(values, dict) and part in values) or (
            isinstance(values, list) and isinstance(part, int) and part < len(values)
        )
        if inside:
            values = values[part]
        if inside or (absent and place == len(loc) - 1):
            keys.append(part)
    return tuple(keys)


def _names(schema: Any, loc: tuple[int | str, ...]) -> list[str]:
    """The keys allowed beside the last one of `loc`."""
    models = _sections(schema)
    for part in loc[:-1]:
        fields = [m.model_fields[part] for m in models if part in m.model_fields]
        tagged = [m for m in models if _is_tagged(m, part)]
        if fields:
            models = [m for field in fields for m in _sections(field.annotation)]
        elif tagged:
            models = tagged
    return sorted({name for m in models for name in m.model_fields})


def _is_tagged(model: type[Section], tag: int | str) -> bool:
    return any(
        get_origin(field.annotation) is Literal and tag in get_args(field.annotation)
        for field in model.model_fields.values()
    )


def _sections(annotation: Any) -> list[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    if get_origin(annotation) in (Annotated, Union, types.UnionType, dict, tuple):
        return [m for inner in get_args(annotation) for m in _sections(inner)]
    return []
