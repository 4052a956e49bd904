"""A contestant in a process of its own, so that libraries and their threads don't meet."""

from __future__ import annotations

import math
import multiprocessing
from contextlib import suppress
from multiprocessing.connection import Connection
from time import perf_counter
from typing import Any

import numpy as np
import psutil

from forger.compute import missing, prepare, resolve
from forger.core.errors import UserError
from jobs.benchmark.contestants import Entry
from jobs.benchmark.contestants.base import Contestant, Weights
from jobs.benchmark.limit import Limit, measure
from jobs.benchmark.problem import CHECKED_UPDATES, Problem


class MissingError(Exception):
    """The reason why a contestant can't take part."""


class Worker:
    """The near end of the process: it asks, and waits for the answer."""

    def __init__(self, entry: Entry, problem: Problem) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, far = context.Pipe()
        self._process = context.Process(target=_serve, args=(far, entry, problem), daemon=True)
        self._process.start()
        far.close()
        self._answer()

    def run(self, updates: int) -> tuple[int, float]:
        """Train at least this many updates; return how many, and the seconds that they took."""
        done, seconds = self._ask("run", updates)
        return done, seconds

    def memory(self) -> float:
        """Return the memory that the process holds, without mapped files, in MiB."""
        return float(self._ask("memory"))

    def limit(self) -> Limit:
        """Return the physical limit; the contestant must have Keras networks."""
        limit: Limit = self._ask("limit")
        return limit

    def check(self, peer: Entry, weights: Weights | None) -> tuple[Weights, Weights]:
        """Return the weights before and after some updates without chance.

        They start from `weights`, or from the contestant's own where that is None.
        """
        before, after = self._ask("check", peer, weights)
        return before, after

    def close(self) -> None:
        with suppress(BrokenPipeError):
            self._pipe.send(None)
        self._process.join(30)
        self._process.kill()

    def _ask(self, *question: Any) -> Any:
        self._pipe.send(question)
        return self._answer()

    def _answer(self) -> Any:
        try:
            answer = self._pipe.recv()
        except EOFError:
            raise UserError(f"the process of {self._process.name} ended by itself") from None
        if isinstance(answer, Exception):
            raise answer
        return answer


def _serve(pipe: Connection, entry: Entry, problem: Problem) -> None:
    try:
        kind = _load(entry, problem)
        contestant = kind(problem)
    except (MissingError, UserError) as error:
        pipe.send(error)
        return
    pipe.send("ready")
    while (question := pipe.recv()) is not None:
        match question:
            case ("run", updates):
                started = perf_counter()
                done = contestant.run(updates)
                pipe.send((done, perf_counter() - started))
            case ("memory",):
                pipe.send(_count_held() / 2**20)
            case ("limit",):
                pipe.send(measure(problem, contestant.networks))  # type: ignore[attr-defined]
            case ("check", peer, weights):
                tried = kind(problem.without_chance(peer))
                if weights is not None:
                    tried.load(weights)
                before = tried.weights()
                tried.run(CHECKED_UPDATES)
                pipe.send((before, tried.weights()))


def _load(entry: Entry, problem: Problem) -> type[Contestant]:
    """Set up Keras if need be, and return the entry's class. Raises MissingError, UserError."""
    if entry.uses_keras:
        if absent := missing(problem.compute.backend):
            raise MissingError(absent)
        prepare(problem.compute, resolve(problem.compute))
    try:
        return entry.load()
    except ModuleNotFoundError as error:
        raise MissingError(f"{error.name} is not installed") from None


def _count_held() -> int:
    """Return the bytes that this process holds.

    Pages of mapped files (libraries, data) are left out where the system counts them, as it may
    drop them at will.
    """
    info = psutil.Process().memory_info()
    return info.rss - getattr(info, "shared", 0)


def difference(before: Weights, one: Weights, other: Weights) -> float:
    """Return the distance of two results as a share of how far `one` moved (root mean squares)."""

    def distance(a: Weights, b: Weights) -> float:
        squares: list[float] = [
            float(np.sum((x.astype(float) - y) ** 2))
            for role in a
            for x, y in zip(a[role], b[role], strict=True)
        ]
        return math.sqrt(sum(squares))

    return distance(one, other) / distance(one, before)
