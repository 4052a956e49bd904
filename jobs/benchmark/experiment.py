"""What stands around a training: the processor time of whole commands, and which stages take it.

All run in a clone of what is committed, beside what the workspace's cache has of its results.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from forger.core.errors import UserError
from jobs.benchmark.committed import check_committed, read_clock
from jobs.shared.checkout import call, clone, environment, executable
from jobs.shared.git import git

RECIPES = ("gaussian", "digits")  # the one epoch of which hardly counts
REVISIONS = 5  # that a comparison reads
TWO_STAGES = """\
stages:
  one: {cmd: echo 1 > a, outs: [a]}
  two: {cmd: cat a > b, deps: [a], outs: [b]}
"""
# Notes the processor time of each stage; it is `python3` of the commands measured.
NOTING = """\
#!{python} -SE
import json, resource, subprocess, sys
code = subprocess.call([{python!r}, *sys.argv[1:]])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open({log!r}, "a") as file:
    print(json.dumps([sys.argv[1:], used.ru_utime + used.ru_stime]), file=file)
sys.exit(code)
"""


@dataclass(frozen=True)
class Measured:
    """A command's processor time, the median of several runs, in seconds.

    Attributes:
        name: what was run.
        total: of the command and all that it started.
        stages: of that, what each stage took.
    """

    name: str
    total: float
    stages: dict[str, float]

    def line(self) -> str:
        """Return a line of the table."""
        split = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in self.stages.items())
        return f"{self.name:<44}{self.total:>7.2f} s  {split}".rstrip()

    def as_json(self) -> dict[str, Any]:
        return {
            "command": self.name,
            "seconds": round(self.total, 3),
            "stages": {stage: round(seconds, 3) for stage, seconds in self.stages.items()},
        }


def measure_experiment(repeat: int) -> list[dict[str, Any]]:
    """Measure every command so many times; print a line each, and return them."""
    check_committed()
    found = []
    with TemporaryDirectory() as folder:
        bench = Bench(Path(folder), repeat)
        for measured in bench.everything():
            print(measured.line(), flush=True)
            found.append(measured.as_json())
    return found


class Bench:
    """A clone with all results of its commit, in which commands are measured."""

    def __init__(self, folder: Path, repeat: int) -> None:
        self.repeat = repeat
        self.log = folder / "log"
        self.outside = folder
        self.project = clone(folder / "project", git("rev-parse", "HEAD"))
        call(self.project, "dvc", "checkout", "--quiet")
        commands = folder / "commands"
        note_stages(commands, self.log)
        self.environment = environment()
        self.environment["PATH"] = f"{commands}{os.pathsep}{self.environment['PATH']}"

    def everything(self) -> Iterator[Measured]:
        """Yield the time of every command."""
        small = self.outside / "small"
        small.mkdir()
        call(small, "git", "init", "--quiet")
        call(small, "dvc", "init", "--quiet")
        (small / "dvc.yaml").write_text(TWO_STAGES)
        call(small, "dvc", "repro", "--quiet")
        yield self.measure("dvc repro, nothing to do, two stages", ["dvc", "repro"], folder=small)
        yield self.measure("dvc repro, nothing to do", ["dvc", "repro"])
        yield self.measure("dvc repro, from the run-cache", ["dvc", "repro"], before=self.forget)
        for recipe in RECIPES:
            yield self.one_epoch(recipe)
        call(self.project, "git", "reset", "--quiet", "--hard")
        call(self.project, "dvc", "checkout", "--quiet", "--force")
        yield self.measure("import tensorflow", [sys.executable, "-c", "import tensorflow"])
        samples = _job("generate", "sinusoid", "-n1000", "-o", str(self.outside / "samples.npz"))
        yield self.measure("forger generate sinusoid -n 1000", samples)
        one, all_of_them = (
            self.measure(f"forger compare, {n} revisions", _job("compare", *["HEAD"] * n))
            for n in (1, REVISIONS)
        )
        each = (all_of_them.total - one.total) / (REVISIONS - 1)
        yield from (one, all_of_them, Measured("forger compare, a further revision", each, {}))

    def one_epoch(self, recipe: str) -> Measured:
        """Measure an experiment of one epoch, with a seed of its own each time."""
        changes = [f"run=[{recipe}]", f"recipes/{recipe}.yaml:train.epochs=1"]
        seeds = iter(range(1000, 2000))

        def command() -> list[str]:
            every = (*changes, f"seed={next(seeds)}")
            return ["dvc", "exp", "run", *(word for change in every for word in ("-S", change))]

        return self.measure(f"dvc exp run, {recipe}, one epoch", command)

    def forget(self) -> None:
        """Remove all results, and what dvc.lock says of them."""
        (self.project / "dvc.lock").unlink(missing_ok=True)
        git("clean", "-fdXq", "data", "models", "reports", folder=self.project)

    def measure(
        self, name: str, command: Any, folder: Path | None = None, before: Any = None
    ) -> Measured:
        """Run a command, or what a function says, several times after one that does not count."""
        totals = []
        splits = []
        for _ in range(1 + self.repeat):
            if before is not None:
                before()
            self.log.unlink(missing_ok=True)
            words = command() if callable(command) else command
            totals.append(self._time(words, folder or self.project))
            splits.append(self._stages())
        stages = {stage: median(each[stage] for each in splits[1:]) for stage in splits[-1]}
        return Measured(name, median(totals[1:]), stages)

    def _time(self, command: Sequence[str], folder: Path) -> float:
        before = read_clock()
        done = subprocess.run(
            executable(*command), cwd=folder, env=self.environment, capture_output=True, check=False
        )
        if done.returncode != 0:
            raise UserError(f"{' '.join(command[:3])} failed: {done.stderr.decode()[-500:]}")
        return read_clock() - before

    def _stages(self) -> dict[str, float]:
        """Return what each stage took, of all recipes together."""
        found: dict[str, float] = {}
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        for words, seconds in map(json.loads, lines):
            stage = words[1].removeprefix("stages.")
            found[stage] = found.get(stage, 0.0) + seconds
        return found


def note_stages(folder: Path, log: Path) -> None:
    """Write a `python3` that notes each stage's processor time in a file, a line each."""
    folder.mkdir()
    noting = folder / "python3"
    noting.write_text(NOTING.format(python=sys.executable, log=str(log)))
    noting.chmod(0o755)


def _job(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"jobs.{name}", *arguments]
