"""Damaged inputs, many a second, in one process: what our reading code makes of each.

An input is *accepted* where it is one that training can handle, *refused* where a UserError tells
of it as errors are told here, and *bad* in any other case.
"""

from __future__ import annotations

import resource
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import NamedTuple

from forger.core.errors import UserError

ACCEPTED, REFUSED, BAD = "accepted", "refused well", "refused badly"
SLOW = 3.0  # seconds of a processor
HUNG = 60.0  # seconds
MOST_MEMORY = 500  # MiB by which an input may raise the process's peak
LONGEST = 1500  # characters of a line
EXAMPLES = 20  # of what went badly


class Case(NamedTuple):
    """One damaged input.

    Attributes:
        kind: what it is, a row of the table.
        what: was done to it.
        read: reads it as the project does, and complains (AssertionError) where it takes what
            nobody can use.
        told: what the complaint must hold, somewhere; empty: nothing in particular.
        key: whether each line must name a key after the file.
    """

    kind: str
    what: str
    read: Callable[[], object]
    told: str = ""
    key: bool = False


Source = Callable[[Random, Path], Iterator[Case]]


@dataclass
class Counts:
    """What came of them.

    Attributes:
        found: by kind and outcome.
        bad: some that went badly, and why.
        seconds: it took.
        peak: memory of the process, in MiB.
    """

    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)
    seconds: float = 0.0
    peak: int = 0

    def tried(self, outcome: str | None = None) -> int:
        """How many, or how many with this outcome."""
        return sum(n for (_, own), n in self.found.items() if outcome in (None, own))


def run(n: int, seed: int = 0, progress: Callable[[], object] = lambda: None) -> Counts:
    """Try `n` inputs of all kinds, the same ones for the same seed."""
    counts, started = Counts(), perf_counter()
    with TemporaryDirectory() as folder:
        for case in cases(n, seed, Path(folder)):
            outcome, why = judged(case)
            counts.found[case.kind, outcome] += 1
            if outcome == BAD and len(counts.bad) < EXAMPLES:
                counts.bad.append(f"{case.kind}: {case.what}: {why}"[:500])
            progress()
    counts.seconds = perf_counter() - started
    counts.peak = _peak()
    return counts


def _peak() -> int:
    """The most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@contextmanager
def ending(seconds: float) -> Iterator[None]:
    """Raise TimeoutError where something waits for ever, on a pipe say."""

    def end(*_: object) -> None:
        raise TimeoutError(f"had not ended after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def cases(n: int, seed: int, folder: Path) -> Iterator[Case]:
    """From all sources, each by its share."""
    from tests.torture import files, networks, own_data, own_images, parameters, texts

    sources: dict[Source, float] = {
        parameters.changed: 0.735,
        texts.text: 0.1,
        parameters.sweeps: 0.05,
        files.idx: 0.04,
        files.npz: 0.03,
        files.made: 0.02,
        networks.models: 0.01,
        own_data.tables: 0.005,
        own_data.curves: 0.005,
        own_images.images: 0.005,
    }
    for source, share in sources.items():
        rng, own = Random(f"{seed} {source.__module__}.{source.__name__}"), folder / source.__name__
        own.mkdir()
        made = source(rng, own)
        for _ in range(round(share * n)):
            yield next(made)


def judged(case: Case) -> tuple[str, str]:
    """The outcome, and why where it is bad."""
    started = process_time()
    before = _peak()
    try:
        with ending(HUNG):
            case.read()
        outcome, why = ACCEPTED, ""
    except UserError as error:
        outcome, why = REFUSED, _ill_told(case, error)
    except Exception as error:
        outcome, why = BAD, f"{type(error).__name__}: {error}"
    if (took := process_time() - started) > SLOW:
        why = f"took {took:.1f} s"
    if (grown := _peak() - before) > MOST_MEMORY:
        why = f"took {grown:,} MiB"
    if case.told and outcome == ACCEPTED:
        why = "was accepted"
    return (BAD, why) if why else (outcome, "")


def _ill_told(case: Case, error: UserError) -> str:
    for line in error.problems:
        parts = line.split(": ")
        if not line.isprintable():
            return f"more than a plain line: {line!r}"
        if len(line) > LONGEST:
            return f"{len(line)} characters: {line}"
        if len(parts) < 2 or (case.key and len(parts) < 3):
            return f"no file or no key: {line}"
    if not error.problems:
        return "no problem is told"
    if not any(case.told in line for line in error.problems):
        return f"expected {case.told!r} in: {' | '.join(error.problems)}"
    return ""


@contextmanager
def raising(message: str) -> Iterator[None]:
    """What fails within was accepted wrongly."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        raise AssertionError(f"{message}: {type(error).__name__}: {error}") from error
