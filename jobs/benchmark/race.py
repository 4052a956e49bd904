"""Forger and one peer, measured in turn."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from jobs.benchmark.contestants import PEERS, Entry, forger
from jobs.benchmark.problem import Problem
from jobs.benchmark.worker import MissingError, Worker, difference

SECONDS = 1.0  # the approximate length of a turn

# The ratios that Forger is to reach. Any other pair is to be at par: the lower end of its interval
# is at least `AT_PAR`.
TARGETS = {
    ("gaussian", "textbook_predict"): 1000,
    ("gaussian", "textbook"): 100,
    ("parabola", "textbook_predict"): 250,
    ("parabola", "textbook"): 20,
    ("sinusoid", "textbook_predict"): 35,
    ("sinusoid", "textbook"): 4,
    ("sinusoid", "pytorch"): 2.5,
    ("mnist_mlp", "textbook_predict"): 5,
    ("mnist_mlp", "textbook"): 2,
    ("mnist_mlp", "pytorch"): 1.2,
    ("mnist_dcgan", "textbook_predict"): 2,
    ("mnist_dcgan", "textbook"): 1.5,
}
AT_PAR = 0.95

HEADER = (
    f"{'recipe':<12}{'against':<27}{'ratio':>8}{'95 % interval':>17}{'target':>9}"
    f"{'Forger /s':>12}{'peer /s':>10}{'limit':>7}{'MiB':>12}{'same to':>9}"
)


@dataclass(frozen=True)
class Result:
    """Forger against one peer.

    Attributes:
        ratio: the median of the paired ratios of updates per second.
        ratio_low, ratio_high: the 95 % interval of their geometric mean, by Student's t.
        updates_per_second, peer_updates_per_second: medians over the turns.
        limit: the share of the physical limit that Forger reaches.
        memory, peer_memory: what each process holds after its turns, in MiB.
        difference: how far apart the weights are after eight updates without chance, as a share of
            how far Forger's have moved.
    """

    recipe: str
    peer: str
    backend: str
    ratio: float
    ratio_low: float
    ratio_high: float
    repeats: int
    updates_per_second: float
    peer_updates_per_second: float
    limit: float
    memory: float
    peer_memory: float
    difference: float

    def target(self) -> tuple[str, bool]:
        """Return the target, and whether it is met."""
        if (target := TARGETS.get((self.recipe, self.peer))) is not None:
            return f"≥ {target:g}", self.ratio >= target
        return "at par", self.ratio_low >= AT_PAR

    def line(self) -> str:
        """Return the result as a line below HEADER."""
        target, met = self.target()
        interval = f"{short(self.ratio_low)} … {short(self.ratio_high)}"
        return (
            f"{self.recipe:<12}{PEERS[self.peer].title:<27}{short(self.ratio):>8}{interval:>17}"
            f"{target:>8}{' ' if met else '✗'}{short(self.updates_per_second):>12}"
            f"{short(self.peer_updates_per_second):>10}{self.limit:>7.0%}"
            f"{self.memory:>6.0f}{self.peer_memory:>6.0f}{self.difference:>9.0e}"
        )

    def as_json(self) -> dict[str, Any]:
        return {
            key: float(f"{value:.4g}") if isinstance(value, float) else value
            for key, value in asdict(self).items()
        }


def short(value: float) -> str:
    """Format a number with three digits, or as a whole number where it has more."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def race(problem: Problem, name: str, peer: Entry, repeat: int) -> Result:
    """Measure both in turn, then compare the weights that they train.

    Args:
        problem: the recipe, not yet adapted to the peer.
        name: the peer's key in `PEERS`.
        peer: its entry there.
        repeat: turns of each.

    Raises:
        MissingError: the peer's library is not installed, or it can't train such networks.
    """
    if not peer.can_train(problem.networks):
        raise MissingError("it is written for dense layers only")
    problem = problem.for_race(peer)
    with (
        closing(Worker(peer, problem)) as theirs,
        closing(Worker(forger(peer.backend), problem)) as ours,
    ):
        updates = [calibrate(worker) for worker in (ours, theirs)]
        pair = tuple(zip((ours, theirs), updates, strict=True))
        rates = np.array([[rate(*each) for each in pair] for _ in range(repeat)])
        logs = np.log(rates[:, 0] / rates[:, 1])
        spread = stats.sem(logs) * stats.t.ppf(0.975, repeat - 1)
        memory = ours.memory(), theirs.memory()
        limit = ours.limit()
        before, after = ours.check(peer, None)
        _, other = theirs.check(peer, before)
    return Result(
        recipe=problem.recipe,
        peer=name,
        backend=peer.backend,
        ratio=float(np.exp(np.median(logs))),
        ratio_low=float(np.exp(logs.mean() - spread)),
        ratio_high=float(np.exp(logs.mean() + spread)),
        repeats=repeat,
        updates_per_second=float(np.median(rates[:, 0])),
        peer_updates_per_second=float(np.median(rates[:, 1])),
        limit=float(np.median(rates[:, 0])) / limit.updates_per_second,
        memory=memory[0],
        peer_memory=memory[1],
        difference=difference(before, after, other),
    )


def rate(worker: Worker, updates: int) -> float:
    """Run one turn and return its updates per second."""
    done, seconds = worker.run(updates)
    return done / seconds


def calibrate(worker: Worker) -> int:
    """Warm up, and return how many updates fill a turn."""
    worker.run(1)
    updates = 1
    while True:
        done, seconds = worker.run(updates)
        if seconds > SECONDS / 4:
            return max(1, round(done / seconds * SECONDS))
        updates = done * 4
