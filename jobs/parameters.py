"""Print the reference of params.yaml: `python -m jobs.parameters`.

Every key, its type and range, its default and its meaning, from the schema itself.
"""

import json
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from jobs.arguments import nothing
from stages.gan.errors import run
from stages.gan.params.section import Section
from stages.gan.recipe import Parameters


def main() -> None:
    """Print a paragraph a key."""
    nothing("jobs.parameters", __doc__)
    for key, kind, default, meaning in reference(Parameters, ""):
        shown = "required" if default is None else f"default {default}"
        print(f"{key}\n    {kind}; {shown}\n    {meaning}")


def reference(section: type[Section], prefix: str) -> Iterator[tuple[str, str, str | None, str]]:
    """Key, type and range, default (None: required) and meaning, of every key below `section`."""
    for name, field in section.model_fields.items():
        key = f"{prefix}{name}"
        kind = described(field.annotation, field.metadata)
        default = None if field.is_required() else json.dumps(field.default, default=what_is_set)
        meaning = field.description or (section.__doc__ or "").splitlines()[0]
        yield key, kind, default, meaning
        for inner, step in sections(field.annotation):
            yield from reference(inner, f"{key}{step}.")


def what_is_set(section: Section) -> dict[str, Any]:
    """A section that is a default."""
    return section.model_dump(exclude_unset=True)


def sections(annotation: Any, step: str = "") -> Iterator[tuple[type[Section], str]]:
    """The sections inside an annotation, and what stands between the key and theirs."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation, step
    elif get_origin(annotation) is dict:
        yield from sections(get_args(annotation)[1], f"{step}.<name>")
    elif get_origin(annotation) in (Annotated, Union, types.UnionType):
        inner = [a for a in get_args(annotation) if not isinstance(a, FieldInfo)]
        for each in inner:
            tag = f"[{tag_of(each)}]" if len(inner) > 1 and tag_of(each) else step
            yield from sections(each, tag)


def tag_of(annotation: Any) -> str:
    """What `kind` or `family` must say for this member of a union."""
    fields = getattr(annotation, "model_fields", {})
    tags = [
        str(get_args(fields[name].annotation)[0]) for name in ("kind", "family") if name in fields
    ]
    return tags[0] if tags else ""


def described(annotation: Any, metadata: list[Any]) -> str:
    """A type and its range, as a person says it."""
    return ", ".join([name_of(annotation), *(limit for m in metadata for limit in limits(m))])


def name_of(annotation: Any) -> str:
    """A type's name."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if origin is Annotated:
        return described(arguments[0], list(arguments[1:]))
    if origin in (Union, types.UnionType):
        if all(tag_of(a) for a in arguments):
            return "one of " + ", ".join(map(tag_of, arguments))
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
    """The bounds that a piece of pydantic metadata states."""
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
