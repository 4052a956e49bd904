"""Reading YAML files as DVC does, safely whoever wrote them."""

import datetime
import math
import re
from itertools import accumulate, count
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from forger.core.errors import UserError
from forger.core.text import printable

MOST_BYTES = 2**19
MOST_VALUES = 50_000
MOST_LEVELS = 32
MOST_BITS = 1024


def load(path: Path) -> Any:
    """Return the content of a YAML file, as DVC reads it (YAML 1.2). Raises UserError."""
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MOST_BYTES and path.is_file() else b""
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UserError(printable(f"{path}: {why}")) from None
    if not path.is_file():
        raise UserError(printable(f"{path}: is no file"))
    if size > MOST_BYTES:
        raise UserError(printable(f"{path}: found {size:,} bytes; at most {MOST_BYTES:,}"))
    return parse_yaml(content, str(path))


def parse_yaml(content: bytes, file: str) -> Any:
    """Parse YAML into JSON's types. Raises UserError, which names `file`."""
    if _levels(content) > MOST_LEVELS:
        raise UserError(f"{printable(file)}: brackets in brackets, more than {MOST_LEVELS} levels")
    try:
        value = YAML(typ="safe", pure=True).load(content.decode("utf-8"))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        why = printable(f"{where}{error.problem or error.context}")
        raise UserError(f"{printable(file)}: not readable as YAML: {why}") from None
    except Exception as error:  # the parser raises whatever a scalar's constructor raises
        why = printable(str(error) or type(error).__name__)
        raise UserError(f"{printable(file)}: not readable as YAML: {why}") from None
    return plain(value, printable(file))


def _levels(content: bytes) -> int:
    """Return the depth of brackets, quoted or not: the parser's time grows with its square."""
    steps = (1 if found in b"[{" else -1 for found in re.findall(rb"[][{}]", content))
    return max(accumulate(steps), default=0)


def plain(value: Any, file: str) -> Any:
    """Return a value in JSON's types, if a person may have written one of its size.

    Raises UserError for other types, and where aliases, which may refer to themselves, expand to
    too much.
    """
    reader = _Plain(file)
    found = reader.of(value, ())
    if reader.problems:
        raise UserError(*reader.problems)
    return found


class _Plain:
    def __init__(self, file: str) -> None:
        self._file = file
        self._seen = count(1)
        self.problems: list[str] = []

    def of(self, value: Any, key: tuple[str, ...]) -> Any:
        if next(self._seen) > MOST_VALUES or len(key) > MOST_LEVELS:
            raise UserError(
                f"{self._file}: unfolds to more than {MOST_VALUES:,} values or {MOST_LEVELS} levels"
            )
        if isinstance(value, dict):
            return self._mapping(value, key)
        if isinstance(value, (list, tuple)):
            return [self.of(each, (*key, str(place))) for place, each in enumerate(value)]
        if why := _odd(value):
            return self._tell(key, why)
        return str(value) if isinstance(value, datetime.date) else value

    def _mapping(self, value: dict[Any, Any], key: tuple[str, ...]) -> dict[str, Any]:
        names = [_name(name) for name in value]
        for name, own in zip(names, value, strict=True):
            if why := _odd(own):
                self._tell((*key, name), f"as a key, {why}")
        if len(set(names)) < len(names):
            self._tell(key, "found the same key twice, once as text")
        return {
            name: self.of(each, (*key, name))
            for name, each in zip(names, value.values(), strict=True)
        }

    def _tell(self, key: tuple[str, ...], why: str) -> None:
        place = printable(".".join(key)) or "the whole file"
        self.problems.append(f"{self._file}: {place}: {why}")


def _name(key: Any) -> str:
    """Return a mapping's key as JSON writes it."""
    constants = {None: "null", True: "true", False: "false"}
    if key is None or isinstance(key, bool):
        return constants[key]
    return f"{key:#x}" if _huge(key) else str(key)


def _huge(value: Any) -> bool:
    return isinstance(value, int) and value.bit_length() > MOST_BITS


def _odd(value: Any) -> str:
    """Say why a value can't be a parameter; empty if it can."""
    if _huge(value):
        return f"found a whole number of {math.ceil(value.bit_length() * math.log10(2))} digits"
    if isinstance(value, str):
        whole = value.isascii() or value.encode("utf-8", "replace").decode() == value
        return "" if whole else "found text with half a character"
    if value is None or isinstance(value, (bool, int, float, datetime.date)):
        return ""
    kind = type(value).__name__
    return f"found a value of type {kind}; allowed: text, numbers, true, false, null, lists"
