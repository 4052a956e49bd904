"""Fields whose value is one of several kinds, chosen by name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from forger.core.errors import UserError
from forger.core.text import either


@dataclass(frozen=True)
class Kinds:
    """Makes a field's annotation a choice: `Annotated[Dataset, Kinds(KINDS, "kind")]`.

    Only the chosen kind's module is imported, so neither `check` nor a fingerprint (core/code.py)
    knows the others.

    Args:
        table: the dotted path of each kind by name, such as "forger.data.digits.Digits".
        tag: the key in which a section names its kind; empty if the field's value is the name.
    """

    table: Mapping[str, str]
    tag: str = ""

    def load(self, name: str) -> Any:
        """Import and return the kind with this name. Raises UserError if it is not there."""
        module, _, own = self.table[name].rpartition(".")
        try:
            return getattr(import_module(module), own)
        except (ModuleNotFoundError, AttributeError) as error:
            if isinstance(error, ModuleNotFoundError) and not module.startswith(str(error.name)):
                raise  # a library that the kind's module imports
            listed = f"the table that has {name} says {self.table[name]}"
            raise UserError(f"{listed}, which is not there: {error}") from None

    def every(self) -> dict[str, Any]:
        """Return all kinds by name."""
        return {name: self.load(name) for name in self.table}

    def target(self, value: Any) -> str:
        """Return the dotted path, from the table, of a validated value's kind."""
        return self.table[getattr(value, self.tag) if self.tag else value]

    def __hash__(self) -> int:
        return hash((tuple(self.table.items()), self.tag))

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._section if self.tag else self._name
        )

    def _name(self, value: Any) -> str:
        if isinstance(value, str) and value in self.table:
            return value
        raise PydanticKnownError("literal_error", {"expected": either(map(repr, self.table))})

    def _section(self, value: Any) -> Any:
        if isinstance(value, BaseModel):
            return value
        if not isinstance(value, dict):
            raise PydanticKnownError("dict_type")
        context = {"discriminator": repr(self.tag)}
        if self.tag not in value:
            raise PydanticKnownError("union_tag_not_found", context)
        name = value[self.tag]
        if not isinstance(name, str) or name not in self.table:
            expected = ", ".join(map(repr, self.table))
            context |= {"tag": str(name), "expected_tags": expected}
            raise PydanticKnownError("union_tag_invalid", context)
        # Through JSON, because there a list may become a tuple while "5" stays text.
        return self.load(name).model_validate_json(json.dumps(value), strict=True)


def list_kinds(section: BaseModel) -> Iterator[str]:
    """Yield the dotted path of every kind that a section, or one inside it, has chosen."""
    for name, field in type(section).model_fields.items():
        yield from _list_kinds(getattr(section, name), field.annotation, field.metadata)


def _list_kinds(value: Any, annotation: Any, metadata: Any) -> Iterator[str]:
    """Yield the kinds of a value that has this annotation, and this metadata beside it."""
    kinds = kinds_of(metadata)
    if get_origin(annotation) is Annotated:
        yield from _list_kinds(
            value, get_args(annotation)[0], [*metadata, *annotation.__metadata__]
        )
        return
    if get_origin(annotation) in (Union, UnionType):
        for each in get_args(annotation):
            if each is not NoneType and value is not None:
                yield from _list_kinds(value, each, metadata)
        return
    if kinds and value is not None:
        yield kinds[0].target(value)
    if isinstance(value, BaseModel):
        yield from list_kinds(value)
    elif isinstance(value, dict | list | tuple):
        inner = [each for each in get_args(annotation) if each is not Ellipsis][-1:] or [Any]
        for each in value.values() if isinstance(value, dict) else value:
            yield from _list_kinds(each, inner[0], ())


def kinds_of(metadata: Any) -> list[Kinds]:
    """Return the `Kinds` in an annotation's metadata."""
    return [each for each in metadata if isinstance(each, Kinds)]
