"""Print the reference of the parameters: `forger parameters`.

It lists every key with its type and range, default and meaning, from the schema itself.
"""

import json
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from forger.config.kinds import Kinds, kinds_of
from forger.config.section import Section, file_of
from forger.core.errors import run
from forger.parameters import Settings
from forger.recipe import Recipe
from jobs.shared.arguments import nothing


def main() -> None:
    """Print one paragraph per key."""
    nothing("parameters", __doc__)
    every = (*reference(Settings, ""), *reference(Recipe, f"{file_of('<name>')}:"))
    for key, kind, default, meaning in every:
        shown = "required" if default is None else f"default {default}"
        print(f"{key}\n    {kind}; {shown}\n    {meaning}")


def reference(section: type[Section], prefix: str) -> Iterator[tuple[str, str, str | None, str]]:
    """Yield key, type and range, default (None: required) and meaning of all keys of `section`."""
    for name, field in section.model_fields.items():
        key = f"{prefix}{name}"
        kinds = kinds_of(field.metadata)
        kind = one_of(kinds[0]) if kinds else describe(field.annotation, field.metadata)
        default = None if field.is_required() else json.dumps(field.default, default=what_is_set)
        meaning = field.description or (section.__doc__ or "").splitlines()[0]
        yield key, kind, default, meaning
        for inner, step in sections(field.annotation, field.metadata):
            yield from reference(inner, f"{key}{step}.")


def what_is_set(section: Section) -> dict[str, Any]:
    """Return the keys that a default section sets itself."""
    return section.model_dump(exclude_unset=True)


def one_of(kinds: Kinds) -> str:
    """Name the kinds to choose from."""
    return f"one of {', '.join(kinds.table)}" if kinds.tag else " | ".join(kinds.table)


def sections(
    annotation: Any, metadata: Any = (), step: str = ""
) -> Iterator[tuple[type[Section], str]]:
    """Yield the sections inside an annotation, and what joins its key to theirs."""
    if kinds := kinds_of(metadata):
        if kinds[0].tag:
            yield from ((each, f"{step}[{name}]") for name, each in kinds[0].every().items())
    elif isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation, step
    elif get_origin(annotation) is dict:
        yield from sections(get_args(annotation)[1], (), f"{step}.<name>")
    elif get_origin(annotation) is Annotated:
        yield from sections(get_args(annotation)[0], get_args(annotation)[1:], step)
    elif get_origin(annotation) in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from sections(each, (), step)


def describe(annotation: Any, metadata: list[Any]) -> str:
    """Describe a type and its range in words."""
    return ", ".join([name_of(annotation), *(limit for m in metadata for limit in limits(m))])


def name_of(annotation: Any) -> str:
    """Name a type in words."""
    origin = get_origin(annotation)
    arguments = get_args(annotation)
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if origin is Annotated:
        return describe(arguments[0], list(arguments[1:]))
    if origin in (Union, types.UnionType):
        return " | ".join(map(name_of, arguments))
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return f"list of ({name_of(arguments[0])})"
        return f"[{', '.join(map(name_of, arguments))}]"
    if origin is dict:
        return "names with their settings"
    if annotation is type(None):
        return "null"
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return "section"
    return {int: "integer", float: "number", bool: "true or false", str: "text"}[annotation]


def limits(metadata: Any) -> Iterator[str]:
    """Yield the bounds that a piece of pydantic metadata states."""
    if isinstance(metadata, FieldInfo):
        for inner in metadata.metadata:
            yield from limits(inner)
    for attribute, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")):
        if (bound := getattr(metadata, attribute, None)) is not None:
            yield f"{sign} {bound}"
    if pattern := getattr(metadata, "pattern", None):
        yield f"like {pattern}"


if __name__ == "__main__":
    run(main)
