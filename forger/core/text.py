"""Text for a person, always on one line, whatever it holds."""

import difflib
import json
from collections.abc import Iterable
from typing import Any

MOST = 300  # characters of a part of a line
LONGEST = 1000  # characters of a list of names


def printable(text: str, most: int = MOST) -> str:
    """Return the text as one line of at most `most` characters before escaping.

    Characters that would break the line, or move a terminal's cursor, are escaped.
    """
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def suggest(name: str, names: list[str]) -> str:
    """Return a hint: the allowed name nearest to `name`, or all of them."""
    near = difflib.get_close_matches(name[:MOST], names, n=1)
    every = printable(", ".join(names), LONGEST)
    return f"did you mean {printable(near[0])}?" if near else f"allowed: {every}"


def either(words: Iterable[str]) -> str:
    """Return the words as a choice: "a, b or c"."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def quote(value: Any) -> str:
    """Return a value as the messages show it."""
    return printable(json.dumps(value, default=str, ensure_ascii=False), 60)
