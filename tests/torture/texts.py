"""Damaged text of params.yaml."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

from ruamel.yaml import YAML

from forger.config.file import parsed
from forger.config.section import FILE
from forger.parameters import validate
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
        lines = dumped(rng.choice(list(VALUES["recipes"]))).splitlines(keepends=True)
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
        yield Case("params.yaml", what, lambda c=content: usable(validate(parsed(c, FILE))))


@cache
def dumped(name: str) -> bytes:
    """params.yaml with one recipe, as it is written."""
    written = io.BytesIO()
    YAML(typ="safe", pure=True).dump(project(name), written)
    return written.getvalue()
