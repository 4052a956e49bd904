"""Damaged tables and curves of a person's own, for the dataset stage and `forger new`."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stdout
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZIP_DEFLATED

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from forger.config.file import load, plain
from forger.config.section import parse
from forger.data.folder import DataFolder
from forger.data.kinds import AnyDataset
from jobs.new import __main__ as new
from jobs.new.recipe_file import describe
from stages import dataset as stage
from tests.torture.files import broken, header, npy, taken, zipped
from tests.torture.inputs import Case

ROWS = 150
POINTS = 6
# What may stand where a value of a table does.
ODD = (
    b"", b" ", b"inf", b"-inf", b"nan", b"1e400", b"1e31", b"1,5", b"1.234,5", b"2021-02-30",
    b"31.12.2021", b"2021-01-01T00:00:00+02:00", b"0000-00-00", b"true", b"x" * 5000, b"\xff",
    b"\0", b'"', b'""', b'"a\nb"', b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"9" * 400, b"0x1F",
    b"1_000", b"\xef\xbb\xbf", "\u2028".encode(), "\u0663".encode(), b"\x1b[2J", b"-0",
    b"5%", b"=cmd()",
)  # fmt: skip


Content = bytes | dict[str, bytes | Callable[[Path], object]]


class Declared:
    """A recipe's dataset, as the stage asks for it."""

    recipe = "mine"

    def __init__(self, section: dict[str, Any]) -> None:
        self._section = section

    def section(self, key: str, schema: Any) -> Any:
        return parse(schema, self._section, where=key)


def make(section: dict[str, Any], folder: Path) -> None:
    """Run the dataset stage of a recipe in a folder, and check what it has written.

    The file is read as `path`, relative to the folder.
    """
    with chdir(folder), redirect_stdout(io.StringIO()) as said:
        stage.main(Declared(section))  # type: ignore[arg-type]
        taken(DataFolder(Path("data/mine")).read())
    assert said.getvalue().replace("\n", "").isprintable()


def propose(path: str, options: list[str], folder: Path) -> None:
    """Let `forger new` look at a file, and make the data of the recipe that it would write."""
    asked = new.command_line().parse_args(["mine", path, *options])
    with chdir(folder), redirect_stdout(io.StringIO()) as said:
        proposal = new._choose(asked).propose(asked.path, asked)
        print(*proposal.findings, sep="\n")
    assert said.getvalue().replace("\n", "").isprintable()
    written = describe("mine", proposal).encode()
    (folder / "mine.yaml").write_bytes(written)
    section = load(folder / "mine.yaml")["dataset"]
    assert section == plain(proposal.sections["dataset"], "mine.yaml")
    if proposal.data is None:
        make(section, folder)
    else:
        parse(AnyDataset, section)


def read_by(
    folder: Path, section: dict[str, Any], what: str, content: Content, rng: Random
) -> Case:
    """Return a case of a file or a folder that the stage or `forger new` reads."""
    path = section["path"]
    kind = {"table": "tables"}.get(section["kind"], section["kind"])
    new_one = rng.random() < 0.4
    options = ["--kind", kind] if rng.random() < 0.5 else []

    def read() -> None:
        write(folder / path, content)
        if new_one:
            propose(path, options, folder)
        else:
            make(section, folder)

    return Case(f"own {kind}", f"{path}: {what}{' (new)' * new_one}", read)


def write(place: Path, content: Content) -> None:
    """Write a file, or a folder of files; a function makes something else of the place."""
    if isinstance(content, bytes):
        place.write_bytes(content)
        return
    shutil.rmtree(place, ignore_errors=True)
    for name, own in content.items():
        inside = place / name
        inside.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(own, bytes):
            inside.write_bytes(own)
        else:
            own(inside)


@cache
def _frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 700, ROWS), unit="D")
    return pd.DataFrame(
        {
            "size": rng.normal(170, 10, ROWS).round(1),
            "colour": rng.choice(["red", "grün"], ROWS),
            "day": days,
            "sort": rng.integers(0, 3, ROWS),
        }
    )


@cache
def _tables() -> dict[str, bytes]:
    frame = _frame()
    made = {
        "a.csv": frame.to_csv(index=False).encode(),
        "b.tsv": frame.to_csv(index=False, sep="\t").encode("cp1252"),
        "c.txt": frame.to_csv(index=False, sep=";", decimal=",").encode("utf-16"),
    }
    for name, compression in (("d.parquet", "snappy"), ("e.pq", "none")):
        file = io.BytesIO()
        parquet.write_table(pa.Table.from_pandas(frame), file, compression=compression)
        made[name] = file.getvalue()
    return made


def tables(rng: Random, folder: Path) -> Iterator[Case]:
    """A table of one's own."""
    while True:
        name = rng.choice([*_tables()])
        whole = _tables()[name]
        what, content = broken(rng, whole)
        if not name.endswith(("parquet", "pq")) and rng.random() < 0.7:
            what, content = _change_text(rng, whole)
        section: dict[str, Any] = {"kind": "table", "path": name, "validation": 0.2}
        if rng.random() < 0.3:
            section["columns"] = dict.fromkeys(_frame(), "number") | {
                "colour": "category", "day": "date",
            }  # fmt: skip
        yield read_by(folder, section, what, content, rng)


def _change_text(rng: Random, whole: bytes) -> tuple[str, bytes]:
    """Put something odd into a place of a table's text, or instead of a value or a line."""
    odd = rng.choice(ODD)
    ends = [i for i, byte in enumerate(whole) if byte in b",;\t\n"]
    first, last = sorted(rng.sample(range(len(ends)), 2))
    if rng.random() < 0.7:
        last = min(first + 1, len(ends) - 1)
    start = ends[first] + 1
    if rng.random() < 0.3:
        start = ends[last]
    return f"{odd[:30]!r} at {start}", whole[:start] + odd + whole[ends[last] :]


@cache
def _curves() -> dict[str, tuple[bytes, dict[str, Any]]]:
    curves = np.cumsum(np.random.default_rng(0).normal(size=(ROWS, POINTS)), axis=1)
    frame = pd.DataFrame(curves, columns=[f"t{i}" for i in range(POINTS)])
    long = frame.reset_index().melt("index")
    long["variable"] = long["variable"].str[1:]
    labels = np.arange(ROWS) % 2
    return {
        "a.npy": (npy(curves), {}),
        "b.npz": (
            zipped({"x.npy": npy(curves), "y.npy": npy(labels)}),
            {"array": "x", "labels": "y"},
        ),
        "c.npz": (zipped({"x.npy": npy(curves)}, ZIP_DEFLATED), {}),
        "d.csv": (frame.round(3).to_csv(index=False).encode(), {}),
        "e.txt": (frame.round(3).to_csv(index=False, sep=";", decimal=",").encode("utf-16"), {}),
        "f.csv": (
            long.round(3).to_csv(index=False).encode(),
            {"layout": {"id": "index", "time": "variable", "values": ["value"]}},
        ),
    }


def curves(rng: Random, folder: Path) -> Iterator[Case]:
    """Curves of one's own."""
    shapes = [(2**40, 2), (10**30,), (ROWS, -1), (0, POINTS), (ROWS, 0), (ROWS, POINTS), ()]
    types = ["<f8", "|O", "<U9", "<c16", "<M8[s]", "|b1", ">f2", "|V8", "[('a', '<f8')]"]
    while True:
        name = rng.choice([*_curves()])
        whole, options = _curves()[name]
        what, content = broken(rng, whole)
        if name.endswith(("csv", "txt")) and rng.random() < 0.7:
            what, content = _change_text(rng, whole)
        elif rng.random() < 0.3:
            shape, kind = rng.choice(shapes), rng.choice(types)
            what, content = f"{kind} {shape}", header(shape, kind)
            if name.endswith("npz"):
                content = zipped({"x.npy": content, "y.npy": npy(np.arange(ROWS))})
        section = {"kind": "curves", "path": name, "points": POINTS, "validation": 0.2, **options}
        if rng.random() < 0.3:
            section["unequal"] = True
        yield read_by(folder, section, what, content, rng)
