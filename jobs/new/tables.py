"""`forger new` of a table: its columns, and a small GAN that suits most."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, get_args

import numpy as np

from forger.config.section import FEWEST, parse
from forger.core.errors import UserError
from forger.core.text import printable, quote, suggest
from forger.data.codecs.columns import Category, Number
from forger.data.description import Description
from forger.data.rows import Column
from forger.data.table import Table
from forger.data.table_columns import Values, tells_rows_apart
from forger.data.table_files import CSV, PARQUET
from forger.data.table_rows import write_column
from jobs.new.proposal import Proposal, spread_updates

LISTED = 12  # categories that the recipe lists, so that new ones are refused
BATCH = 256
UPDATES = 4000  # more than all tables of CTGAN's benchmark need
MORE_UPDATES = 6000
SUFFIX = ".csv"  # of samples
WIDE = 100  # choices and numbers of a row from which on networks are wider
MOST_TEST = 20_000  # rows
RARE = 0.05  # share of the rows below which a class is
FIFTH = 5  # a test part is one of so many
KINDS = get_args(Column)


def recognise(path: Path) -> bool:
    """Tell whether a file is a table, by its name."""
    return path.suffix.lower() in (*CSV, *PARQUET)


def add_options(group: argparse._ArgumentGroup) -> None:
    """Add the options that only tables have."""
    group.add_argument("--target", help="the column that models shall predict from the samples")
    group.add_argument("--time", help="the column by which the latest rows are for the test")
    group.add_argument(
        "--column", type=_column, action="append", default=[], metavar="NAME=KIND",
        help="what a column holds: number, category, date or drop",
    )  # fmt: skip


def _column(text: str) -> tuple[str, str]:
    """Read NAME=KIND."""
    name, _, kind = text.rpartition("=")
    if not name or kind not in KINDS:
        raise argparse.ArgumentTypeError(f"found {text!r}; must be NAME={'|'.join(KINDS)}")
    return name, kind


def propose(path: Path, asked: argparse.Namespace) -> Proposal:
    """Propose a recipe for a table. Raises UserError if it is none, or too odd."""
    told = dict(asked.column)
    keys = ("target", "labels", "group", "time")
    named = {key: getattr(asked, key) for key in keys}
    dataset: dict[str, Any] = {
        "kind": "table", "path": str(path), **{key: name for key, name in named.items() if name},
    }  # fmt: skip
    parsed, dropped = _read(dataset, told)
    columns: dict[str, Any] = {name: _say(column) for name, column in parsed.items()}
    dataset["columns"] = columns | dict.fromkeys(dropped, "drop")
    rows = len(next(iter(parsed.values())).values)
    if rows * Table.model_fields["validation"].default < FEWEST + 4 <= rows / 3:
        dataset["validation"] = round((FEWEST + 4) / rows, 4)
        dataset["held_out"] = max(0.2, dataset["validation"])
    if rows > FIFTH * MOST_TEST:
        dataset["held_out"] = round(MOST_TEST / rows, 4)
        dataset["validation"] = dataset["held_out"]
    data = parse(Table, dataset, "dataset").make(Path.cwd())
    codec = data.description.real.codec
    train = len(data.arrays["train"]["real"])
    (width,) = codec.spread_shape(data.description.real.shape)
    findings = [f"{rows:,} rows of {len(parsed) + len(dropped)} columns"]
    findings += [f"  {line}" for line in _describe(codec, parsed, dropped)]
    if asked.labels:
        findings.append(_say_labels(asked.labels, data.description))
    batch = min(BATCH, max(8, train // 4))
    hidden = [256, 256] if width <= WIDE else [512, 512]
    adam = {"learning_rate": 1e-3, "beta_1": 0.0, "schedule": "cosine"}
    sections = {
        "dataset": dataset,
        "method": {
            "kind": "conditional_gan" if asked.labels else "gan",
            "latent": {"dim": 64, "law": "normal"},
            "objective": "relativistic",
            "discriminator_batches": "mixed",
            "penalties": {"r1": 0.1, "r2": 0.1},
        },
        "networks": {
            "generator": {"family": "mlp", "hidden": hidden, "activation": "relu"},
            "discriminator": {"family": "mlp", "hidden": hidden},
        },
        "train": {
            **spread_updates(UPDATES if width <= WIDE else MORE_UPDATES, train, batch),
            "batch": batch,
            "ema": 0.999,
            "snapshots": 21,
            "snapshot_samples": 500,
            "optimizers": {"discriminator": adam, "generator": dict(adam)},
        },
        "evaluate": {"samples": min(10_000, max(1000, rows)), "draws": 5},
    }
    return Proposal(sections, _remarks(), tuple(findings), data)


def _read(dataset: dict[str, Any], told: dict[str, str]) -> tuple[dict[str, Values], list[str]]:
    """Return the columns by name, and the names of those that are dropped."""
    texts = parse(Table, dataset, "dataset").read(Path.cwd())
    if unknown := [name for name in told if name not in texts]:
        raise UserError(f"--column: found {quote(unknown[0])}; {suggest(unknown[0], [*texts])}")
    kinds = dict(told)
    used = {dataset.get(key) for key in ("target", "labels", "time", "group")}
    for name, text in texts.items():
        if name not in kinds and name not in used and tells_rows_apart(text):
            kinds[name] = "drop"
    # A column that is not named here is found out, and of the others all is known.
    found = parse(Table, dataset, "dataset").model_copy(update={"columns": kinds})
    if all(kinds.get(name) == "drop" or name == found.group for name in texts):
        raise UserError(
            f"{found.path}: nearly every row has a text of its own in every column, which no "
            "generator can learn; say --column NAME=category of those that are meant as such"
        )
    return found.parse(texts), [name for name, kind in kinds.items() if kind == "drop"]


def _say(column: Values) -> str | list[str]:
    """Return what the recipe says of a column."""
    if column.kind == "category" and 1 < len(column.categories) <= LISTED:
        return [*column.categories]
    return column.kind


def _describe(codec: Any, parsed: dict[str, Values], dropped: list[str]) -> list[str]:
    """Say what each column was taken for, a line each."""
    known = {column.name: column for column in codec.columns}
    shown = {name: printable(name) for name in (*parsed, *dropped)}
    width = max(map(len, shown.values()))
    lines = []
    for name, column in parsed.items():
        lines.append(f"{shown[name]:<{width}}  {_describe_column(known.get(name), column)}")
    lines += [f"{shown[name]:<{width}}  dropped: nearly every row has its own" for name in dropped]
    return lines


def _describe_column(column: Number | Category | None, values: Values) -> str:
    if column is None:
        return "constant: one value in all rows"
    missing = np.isnan(values.values).mean()
    rest = f", {missing:.1%} missing" if missing else ""
    if isinstance(column, Category):
        some = [printable(category, 60) for category in column.categories[:4]]
        shown = ", ".join(some) + (", …" if len(column.categories) > 4 else "")
        return f"category, {len(column.categories)} of them ({shown}){rest}"
    low, high = write_column(column, np.array([column.low, column.high]))
    what = "dates or times" if column.format else "numbers"
    what = "whole numbers" if column.decimals == 0 and not column.format else what
    parts = f"{len(column.atoms)} single values" if column.atoms else ""
    modes = f"{len(column.modes)} modes" if column.modes else ""
    return f"{what}, {low} to {high}, {' and '.join(filter(None, (parts, modes)))}{rest}"


def _say_labels(name: str, data: Description) -> str:
    """Say what classes a table has, and what helps where one is rare."""
    rarest = int(np.argmin(data.counts))
    rows = data.counts[rarest]
    hint = "; train.sampling: log_frequency may help" if rows < RARE * sum(data.counts) else ""
    return (
        f"labels: {len(data.counts)} classes in {printable(name)}; the rarest, "
        f"{quote(data.classes[rarest])}, has {rows:,} rows to train with{hint}"
    )


def _remarks() -> dict[str, str]:
    return {
        "dataset.columns": "what the columns hold; listed categories are all that there may be",
        "method.objective": "with r1 and r2: what learns tables soonest without falling apart",
        "networks.generator": "its output is linear: choices and numbers of each column",
        "train.ema": "what is kept is the average of G's weights",
    }
