"""Damaged text of params.yaml and of a recipe's file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from ruamel.yaml import YAML

from forger.config.file import parse_yaml
from forger.config.section import FILE, file_of
from forger.parameters import join, validate
from tests.torture.inputs import Case
from tests.torture.parameters import VALUES, project, usable

SNIPPETS = (
    b"\t", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"- ", b": ", b"[", b"{", b"'", b'"', b"*a",
    b"&a ",
    b"!!python/object/apply:os.system ['id']", b"!!timestamp 2020-99-99", b"!!float x",
    b"!!binary @",
    b"!!set {a, b}", b"<<: *a", b"%YAML 9.9\n", b"---\n", b"...\n", b"? [a, b]\n: 1\n",
    b"2020-01-01: 1\n",
    b"x: &x [*x]\n", b"9" * 5000, b"0x" + b"f" * 5000, b"[" * 2000, b"{a: " * 2000, b"#", b"|\n",
    b">\n",
    b"a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
    b"d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
    b"f: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
)  # fmt: skip


def text(rng: Random, folder: Path) -> Iterator[Case]:
    """The file's bytes."""
    while True:
        name, of_recipe = rng.choice(list(VALUES["recipes"])), rng.random() < 0.8
        lines = dumped(name, of_recipe).splitlines(keepends=True)
        i, snippet = rng.randrange(len(lines)), rng.choice(SNIPPETS)
        whole = b"".join(lines)
        place = rng.randrange(len(whole))
        content = rng.choice(
            [
                whole[:place],
                b"".join([*lines[:i], *lines[i + 1 :]]),
                b"".join([*lines[: i + 1], lines[i], *lines[i + 1 :]]),
                b"".join([*lines[:i], b"  ", *lines[i:]]),
                whole[:place] + snippet + whole[place:],
                b"".join([*lines[:i], snippet, *lines[i:]]),
                lines[i].join([b"", b""]) + snippet,
            ]
        )
        what = f"{snippet[:30]!r} or a loss at line {i + 1} or byte {place}"

        def read(content: bytes = content, name: str = name, of_recipe: bool = of_recipe) -> None:
            settings, block = parts(name)
            if of_recipe:
                block = parse_yaml(content, file_of(name))
            else:
                settings = parse_yaml(content, FILE)
            usable(validate(join(settings, {name: block})))

        yield Case(file_of(name) if of_recipe else FILE, what, read)


def parts(name: str) -> tuple[Any, Any]:
    """What params.yaml and the file of the one recipe that is run say."""
    values = project(name)
    recipes = values.pop("recipes")
    return values, recipes[name]


@cache
def dumped(name: str, of_recipe: bool) -> bytes:
    """One of these files, as it is written."""
    written = io.BytesIO()
    YAML(typ="safe", pure=True).dump(parts(name)[of_recipe], written)
    return written.getvalue()
