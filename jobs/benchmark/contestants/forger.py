"""Forger itself, as `train` runs it."""

from __future__ import annotations

from itertools import repeat

from forger.compute import resolve
from forger.training.assembly import Plan, adversarial
from forger.training.calls import ahead, run, updates_per_call
from jobs.benchmark.contestants.with_keras import WithKeras
from jobs.benchmark.problem import Problem


class Forger(WithKeras):
    """The project's engine: `train_on_batch` with many updates a call."""

    def __init__(self, problem: Problem) -> None:
        jit = resolve(problem.compute)["jit"]
        seed = problem.seed
        train = problem.train
        plan = Plan(problem.method, problem.networks, train)
        self.model = adversarial(plan, problem.fields, seed, jit, updates=1)
        self.networks = self.model.networks
        self.variables = self.model.moved
        k = problem.per_call(updates_per_call(self.model, problem.train.batch))
        self.calls = ahead(problem.batches.calls(repeat(k), k))

    def run(self, updates: int) -> int:
        done = 0
        while done < updates:
            arrays, count = next(self.calls)
            run(self.model, arrays, count)
            done += count
        return done
