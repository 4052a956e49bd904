"""Words for a person: a line each, whatever is in them."""

import difflib
import json
from typing import Any

MOST, LONGEST = 300, 1000  # characters of a part of a line, and of one that lists names


def printable(text: str, most: int = MOST) -> str:
    """The text in a line: what would break it, or move a terminal's cursor, is escaped, and what
    would fill a screen is cut."""
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def allowed(name: str, names: list[str]) -> str:
    """The nearest of the allowed names, or all of them."""
    near = difflib.get_close_matches(name[:MOST], names, n=1)
    every = printable(", ".join(names), LONGEST)
    return f"did you mean {printable(near[0])}?" if near else f"allowed: {every}"


def found(value: Any) -> str:
    """A value as it is shown."""
    return printable(json.dumps(value, default=str, ensure_ascii=False), 60)
