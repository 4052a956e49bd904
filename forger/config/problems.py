"""Messages about parameters, a line each: the full key, what was found and what is allowed."""

import difflib
import re
import types
from collections.abc import Iterator
from itertools import groupby
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from forger.config.kinds import kinds_of
from forger.core.text import LONGEST, MOST, printable, quote, suggest

# Pydantic speaks of Python and JSON, but a person writes YAML.
WORDS = {
    "Value error, ": "",
    "Input should": "should",
    "a valid array": "a list",
    "a valid list": "a list",
    "a valid tuple": "a list",
    "a valid dictionary": "a mapping",
    "an object": "a mapping",
    "a valid string": "text",
    "boolean": "true or false",
    "a valid true or false": "true or false",
}
Place = tuple[int | str, ...]


class Problem(NamedTuple):
    """A problem of one value or section; `shown` quotes the value, or is empty."""

    key: str
    shown: str
    message: str


def describe_problems(
    schema: Any, error: ValidationError, values: Any, prefix: tuple[str, ...]
) -> Iterator[str]:
    """Yield a line per problem, without the file's name.

    Args:
        schema: what the values were validated against.
        error: what pydantic found.
        values: what was validated.
        prefix: the key of `values` in the file.
    """
    problems = [
        problem
        for detail in error.errors(include_url=False)
        for problem in _problems(schema, detail, values, prefix)
    ]
    # A value that fits no member of a union has a problem for each member.
    for (key, shown, _), group in groupby(problems, key=_value):
        first, *others = dict.fromkeys(problem.message for problem in group)
        rest = (message.removeprefix("should be ") for message in others)
        yield f"{key}: {' or '.join([shown + first, *rest])}"


def _value(problem: Problem) -> Problem:
    """Return what groups the problems of one value; where none is shown, they stay apart."""
    return problem._replace(message="") if problem.shown else problem


def _problems(schema: Any, detail: Any, values: Any, prefix: Place) -> Iterator[Problem]:
    loc = detail["loc"]
    kind = detail["type"]
    value = detail["input"]
    keys = prefix + _keys(loc, values, absent=kind == "missing")
    key = ".".join(printable(str(part), 60) for part in keys) or "the whole file"
    if kind == "extra_forbidden":
        yield Problem(key, "", f"unknown key; {suggest(str(loc[-1]), _names(schema, loc, values))}")
    elif kind == "missing":
        yield Problem(key, "", "missing")
    elif kind.startswith("union_tag"):
        yield from _tag_problems(key, kind, detail["ctx"], value)
    elif kind == "value_error" and isinstance(value, dict):
        for line in str(detail["ctx"]["error"]).splitlines():
            placed = re.fullmatch(r"([\w.]+): (.*)", line)
            place, message = (placed[1], placed[2]) if placed else ("", line)
            inside = ".".join(part for part in (key if keys else "", place) if part)
            yield Problem(inside or key, "", printable(message, LONGEST))
    else:
        message = detail["msg"]
        for theirs, ours in WORDS.items():
            message = message.replace(theirs, ours)
        if kind == "literal_error" and isinstance(value, str):
            message += _near(value, re.findall(r"'([^']*)'", detail["ctx"]["expected"]))
        message = printable(message[0].lower() + message[1:], LONGEST)
        yield Problem(key, f"found {quote(value)}; ", message)


def _tag_problems(key: str, kind: str, context: Any, value: dict[str, Any]) -> Iterator[Problem]:
    """Yield the problems of a tag (`kind` or `family`), which decides the keys that may follow."""
    field = context["discriminator"].strip("'")
    if kind == "union_tag_invalid":
        names = re.findall(r"'([^']*)'", context["expected_tags"])
        hint = suggest(context["tag"], names)
        yield Problem(f"{key}.{field}", f"found {quote(value[field])}; ", hint)
        return
    yield Problem(f"{key}.{field}", "", "missing")
    for misspelt in difflib.get_close_matches(field, [name for name in value if len(name) < MOST]):
        if misspelt != field:
            yield Problem(f"{key}.{printable(misspelt)}", "", f"unknown key; did you mean {field}?")


def _near(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name[:MOST], names, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _keys(loc: Place, values: Any, absent: bool) -> Place:
    """Return the key as the file has it: pydantic's location without the tags of its unions.

    `absent` says that the last part is a missing key.
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


def _names(schema: Any, loc: Place, values: Any) -> list[str]:
    """Return the keys allowed beside the last one of `loc`."""
    places = list(_choices(schema, values))
    for part in loc[:-1]:
        values = values[part]
        inner = [each for place in places for each in _inside(place, part)]
        places = [choice for each in inner for choice in _choices(each, values)]
    return sorted({name for place in places if _is_section(place) for name in place.model_fields})


def _choices(annotation: Any, value: Any) -> Iterator[Any]:
    """Yield the types that an annotation allows for the value, without unions and notes."""
    if get_origin(annotation) is Annotated:
        inner, *notes = get_args(annotation)
        kinds = kinds_of(notes)
        yield from [kinds[0].load(value[kinds[0].tag])] if kinds else _choices(inner, value)
    elif get_origin(annotation) in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from _choices(each, value)
    else:
        yield annotation


def _inside(place: Any, part: int | str) -> list[Any]:
    """Return the annotations of a part of a section, a mapping or a list."""
    if not _is_section(place):
        return [get_args(place)[1]] if get_origin(place) is dict else [*get_args(place)]
    if (field := place.model_fields.get(str(part))) is None:
        return []
    return [Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation]


def _is_section(place: Any) -> bool:
    return isinstance(place, type) and issubclass(place, BaseModel)
