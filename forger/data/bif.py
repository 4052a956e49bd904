"""Bayesian networks in BIF, the interchange format of the networks that the field shares.

Its grammar is that of Cozman 1998, "The Interchange Format for Bayesian Networks".
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from forger.core.errors import UserError
from forger.core.text import printable, quote

MOST_BYTES = 2**24  # of a file, unpacked
MOST_NUMBERS = 2**22  # of one table
SLACK = 0.02  # that published probabilities may miss 1 by, as they are rounded
TOKEN = re.compile(r'"[^"]*"|[{}()\[\],;|]|[^\s{}()\[\],;|"]+')
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
Tables = dict[str, tuple[tuple[str, ...], np.ndarray]]


class Node(NamedTuple):
    """A variable, given its parents.

    Attributes:
        name: the variable's.
        states: what it may be, in alphabetical order.
        parents: the variables that it depends on.
        table: the probability of each state, float64 `[states of each parent …, states]`.
    """

    name: str
    states: tuple[str, ...]
    parents: tuple[str, ...]
    table: np.ndarray


def read_network(path: Path) -> tuple[Node, ...]:
    """Read a network from a .bif or .bif.gz file, in the file's order of variables.

    Raises UserError if it can't be read, or is no network.
    """
    try:
        with (gzip.open if path.suffix.lower() == ".gz" else open)(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise UserError(
            f"{path}: {printable(str(error))}; set dataset.path to a .bif or .bif.gz file"
        ) from None
    if len(content) > MOST_BYTES:
        raise UserError(f"{path}: has over {MOST_BYTES // 2**20} MiB; a network has fewer")
    try:
        return _parse(text)
    except ValueError as error:
        raise UserError(f"{path}: {printable(str(error), 300)}") from None


def order_nodes(parents: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return variables such that each comes after its parents. Raises ValueError at a cycle."""
    try:
        return [*TopologicalSorter(parents).static_order()]
    except CycleError as error:
        raise ValueError(f"variables depend on each other: {' → '.join(error.args[1])}") from None


class _Tokens:
    """The words and signs of a text, one after the other."""

    def __init__(self, text: str) -> None:
        self._all = TOKEN.findall(COMMENT.sub(" ", text))
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._all)

    def take(self, *wanted: str) -> str:
        """Return the next one. Raises ValueError if it is none of those that are wanted."""
        if not self:
            raise ValueError(f"ends where {' or '.join(wanted) or 'more'} should follow")
        token: str = self._all[self._at]
        if wanted and token not in wanted:
            raise ValueError(f"found {quote(token)} instead of {' or '.join(wanted)}")
        self._at += 1
        return token.strip('"')

    def take_until(self, end: str) -> list[str]:
        """Return all words until a sign, which is taken, too; commas are left out."""
        words = []
        while (word := self.take()) != end:
            words.append(word)
        return [word for word in words if word != ","]

    def skip(self, start: str, end: str) -> None:
        """Skip what stands between two signs, and may have such in it."""
        self.take(start)
        depth = 1
        while depth:
            word = self.take()
            depth += (word == start) - (word == end)


def _parse(text: str) -> tuple[Node, ...]:
    tokens = _Tokens(text)
    states: dict[str, tuple[str, ...]] = {}
    tables: Tables = {}
    while tokens:
        kind = tokens.take("network", "variable", "probability")
        if kind == "network":
            tokens.take()
            tokens.skip("{", "}")
        elif kind == "variable":
            _read_variable(tokens, states)
        else:
            _read_probability(tokens, states, tables)
    if not states:
        raise ValueError("has no variable")
    if absent := [name for name in states if name not in tables]:
        raise ValueError(f"variable {quote(absent[0])} has no probability")
    order_nodes({name: parents for name, (parents, _) in tables.items()})
    return tuple(_sort_states(name, states, tables) for name in states)


def _read_variable(tokens: _Tokens, states: dict[str, tuple[str, ...]]) -> None:
    name = tokens.take()
    if name in states:
        raise ValueError(f"variable {quote(name)} is there twice")
    tokens.take("{")
    found: list[str] = []
    while (word := tokens.take("type", "property", "}")) != "}":
        if word == "property":
            tokens.take_until(";")
            continue
        tokens.take("discrete")
        tokens.take("[")
        count = tokens.take()
        tokens.take("]")
        tokens.take("{")
        found = tokens.take_until("}")
        tokens.take(";")
        if count != str(len(found)):
            raise ValueError(f"variable {quote(name)} has {len(found)} states instead of {count}")
    if not found:
        raise ValueError(f"variable {quote(name)} has no states")
    if len({*found}) < len(found):
        raise ValueError(f"variable {quote(name)} has a state twice")
    states[name] = tuple(found)


def _read_probability(tokens: _Tokens, states: dict[str, tuple[str, ...]], tables: Tables) -> None:
    tokens.take("(")
    name, *rest = tokens.take_until(")")
    parents = tuple(rest[1:])
    if rest and rest[0] != "|":
        raise ValueError(f"probability of {quote(name)}: found {quote(rest[0])} instead of |")
    if unknown := [each for each in (name, *parents) if each not in states]:
        raise ValueError(f"probability of {quote(name)}: there is no variable {quote(unknown[0])}")
    if name in tables:
        raise ValueError(f"probability of {quote(name)} is there twice")
    shape = [len(states[each]) for each in (*parents, name)]
    if np.prod(shape, dtype=float) > MOST_NUMBERS or len({name, *parents}) < len(shape):
        raise ValueError(f"probability of {quote(name)}: too many parents, or one of them twice")
    table = np.full(shape, np.nan)
    tokens.take("{")
    while (word := tokens.take("table", "default", "property", "(", "}")) != "}":
        if word == "property":
            tokens.take_until(";")
        elif word == "table":
            table[...] = _read_numbers(tokens, name, table.size).reshape(shape)
        elif word == "default":
            table[np.isnan(table)] = np.broadcast_to(_read_numbers(tokens, name, shape[-1]), shape)[
                np.isnan(table)
            ]
        else:
            place = _find_row(name, tokens.take_until(")"), [states[each] for each in parents])
            table[place] = _read_numbers(tokens, name, shape[-1])
    tables[name] = (parents, _check_table(name, table, [states[each] for each in parents]))


def _find_row(name: str, given: list[str], known: list[tuple[str, ...]]) -> tuple[int, ...]:
    if len(given) != len(known):
        raise ValueError(
            f"probability of {quote(name)}: found ({', '.join(given)}) for {len(known)} parents"
        )
    for state, states in zip(given, known, strict=True):
        if state not in states:
            raise ValueError(
                f"probability of {quote(name)}: {quote(state)} is none of {', '.join(states)}"
            )
    return tuple(states.index(state) for state, states in zip(given, known, strict=True))


def _read_numbers(tokens: _Tokens, name: str, wanted: int) -> np.ndarray:
    words = tokens.take_until(";")
    if len(words) != wanted:
        raise ValueError(f"probability of {quote(name)}: {len(words)} numbers instead of {wanted}")
    try:
        return np.array([float(word) for word in words])
    except ValueError as error:
        raise ValueError(f"probability of {quote(name)}: {error}") from None


def _check_table(name: str, table: np.ndarray, known: list[tuple[str, ...]]) -> np.ndarray:
    """Return the table with rows that add up to 1. Raises ValueError if they hardly do."""
    totals = table.sum(-1)
    wrong = ~((table >= 0).all(-1) & (np.abs(totals - 1) <= SLACK))  # a NaN is wrong, too
    if wrong.any():
        given = _name_row(wrong, product(*known))
        found = "are missing" if np.isnan(totals[wrong][0]) else f"add up to {totals[wrong][0]:g}"
        raise ValueError(
            f"probability of {quote(name)}{given}: numbers {found}; they must be ≥ 0 and add up to "
            "1"
        )
    return table / totals[..., None]


def _name_row(wrong: np.ndarray, rows: Iterator[tuple[str, ...]]) -> str:
    given = next(row for row, bad in zip(rows, wrong.ravel(), strict=True) if bad)
    return f" ({', '.join(given)})" if given else ""


def _sort_states(name: str, states: Mapping[str, tuple[str, ...]], tables: Tables) -> Node:
    """Return a variable with its states, and its parents', in alphabetical order."""
    parents, table = tables[name]
    orders = [
        sorted(range(len(states[each])), key=states[each].__getitem__) for each in (*parents, name)
    ]
    return Node(name, tuple(sorted(states[name])), parents, table[np.ix_(*orders)])
