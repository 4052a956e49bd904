"""Kill the pipeline at random moments of every stage, start it again, and compare dvc.lock."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from jobs.shared.lock import hashes, intact
from tests.pipeline.clone import Clone

STAGES = ("check", "dataset", "train", "reference", "evaluate", "report", "summary")
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
STARTED = re.compile(r"^Running stage '(\w+)(.*?)(?=^Running|\Z)", re.MULTILINE | re.DOTALL)
EPOCH = re.compile(r"^ +(\d+) ", re.MULTILINE)  # a line of the training's table
EPOCHS = 5000  # some 16 s
LAST = 4000  # epoch that is waited for, at most: a fast machine, too, still has seconds to train
LONGEST = 4.0  # seconds from a stage's start to its kill, at most
BRIEF = 0.1  # seconds from an epoch's line to its kill, at most
GONE = 5.0  # seconds in which a stage must have ended
SLACK = 1.5  # of a busy machine


@dataclass(frozen=True)
class Kill:
    """One kill: of what, when.

    Attributes:
        stage: whose start is waited for.
        epoch: that is waited for, too, where the stage is a training: however fast the machine is,
            the kill finds it at work.
        after: seconds after that.
        group: whether all processes are hit, or DVC alone.
    """

    stage: str
    epoch: int
    after: float
    number: signal.Signals
    group: bool

    def __str__(self) -> str:
        whom = "the whole group" if self.group else "dvc alone"
        epoch = f"'s epoch {self.epoch}" if self.epoch else ""
        return f"{self.number.name} to {whom}, {self.after:.1f} s into {self.stage}{epoch}"


@dataclass
class Outcome:
    """What came of some kills.

    Attributes:
        hit: kills that met a running pipeline, by stage.
        resumed: trainings that went on where they were.
        mended: times that DVC had left half of dvc.lock.
        problems: what must not happen, a line each.
    """

    hit: Counter[str] = field(default_factory=Counter)
    resumed: int = 0
    mended: int = 0
    problems: list[str] = field(default_factory=list)


def prepared(folder: Path, backend: str) -> Clone:
    """A clone whose one recipe has every stage, and trains for some seconds."""
    clone = Clone(folder / "forger")
    clone.shrink()
    recipe = "recipes__digits_conditional__"
    method, train, networks = (f"{recipe}{name}__" for name in ("method", "train", "networks"))
    clone.change(
        run=["digits_conditional"],
        compute__backend=backend,
        compute__jit="auto",  # its updates are quick: a stage has some seconds to end in
        **{f"{train}epochs": EPOCHS, f"{train}save_every": 0.3, f"{train}snapshots": 4},
        **{f"{method}penalties": {}, f"{method}objective": "non_saturating"},
        **{f"{networks}{player}__hidden": [64] for player in ("generator", "discriminator")},
    )
    return clone


def differing(clone: Clone, reference: Clone) -> list[str]:
    """The outputs whose bytes are not the reference's, by dvc.lock."""
    ours, theirs = (hashes(each.text("dvc.lock")) for each in (clone, reference))
    return [path for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path)]


def plan(n: int, seed: int) -> list[Kill]:
    """`n` kills, in the order of the stages and epochs; half of them in training."""
    rng = random.Random(seed)
    stages = [rng.choice(("train", rng.choice(STAGES))) for _ in range(n)]
    ways = [(number, group) for number in SIGNALS for group in (True, False)]
    moments = [
        (stage, rng.randint(1, LAST), rng.uniform(0, BRIEF))
        if stage == "train"
        else (stage, 0, rng.uniform(0, LONGEST))
        for stage in stages
    ]
    moments.sort(key=lambda moment: (STAGES.index(moment[0]), moment[1]))
    return [Kill(*moment, *ways[i % len(ways)]) for i, moment in enumerate(moments)]


def survive(clone: Clone, kills: list[Kill], *targets: str) -> Outcome:
    """Run the pipeline through the kills to its end."""
    outcome, run = Outcome(), Run(clone, *targets)
    for kill in kills:
        if run.process.poll() is not None:
            run.close(outcome)
            run = Run(clone, *targets)
        if run.wait_for(kill):
            run.kill(kill, outcome)
    if run.process.wait(600) != 0:
        run.close(outcome)
        run = Run(clone, *targets)
        if run.process.wait(600) != 0:
            outcome.problems.append(f"the last run failed: {run.output()[-2000:]}")
    run.close(outcome)
    return outcome


class Run:
    """One `dvc repro`, in a session of its own."""

    def __init__(self, clone: Clone, *targets: str) -> None:
        self.folder, self.log = clone.folder, clone.folder.parent / "kills.log"
        lock = clone.folder / "dvc.lock"
        self._mended = lock.exists() and intact(lock) is None
        command = ["dvc", "repro", *targets]
        if self._mended:
            command = [sys.executable, "-m", "jobs.repro"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                cwd=clone.folder,
                env=clone.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, kill: Kill) -> bool:
        """Wait for the kill's moment; whether it came, before a later stage or the end."""
        while self.process.poll() is None:
            *_, (stage, told) = [("", ""), *STARTED.findall(self.output())]
            if stage == kill.stage and kill.epoch <= max(map(int, EPOCH.findall(told)), default=0):
                time.sleep(kill.after)
                return self.process.poll() is None
            if stage and STAGES.index(stage) > STAGES.index(kill.stage):
                return False
            time.sleep(0.05)
        return False

    def kill(self, kill: Kill, outcome: Outcome) -> None:
        """Kill, and see that everything ends in time."""
        outcome.hit[kill.stage] += 1
        if kill.group:
            os.killpg(self.process.pid, kill.number)
        else:
            self.process.send_signal(kill.number)
        if kill.number == signal.SIGINT and not kill.group:
            return  # while a stage runs DVC ignores it
        deadline = time.monotonic() + GONE + SLACK
        while time.monotonic() < deadline:
            if self.process.poll() is not None and not self.alive():
                return
            time.sleep(0.1)
        outcome.problems.append(f"{kill}: still there: {self.alive()}")
        for left in self.alive():
            left.kill()
        self.process.kill()
        self.process.wait(10)

    def alive(self) -> list[psutil.Process]:
        """What runs in the clone, notebooks' kernels included."""
        found = []
        for process in psutil.process_iter():
            try:
                inside = Path(process.cwd()).is_relative_to(self.folder)
                if inside and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    def close(self, outcome: Outcome) -> None:
        """Take note of what this run said."""
        output = self.output()
        outcome.mended += self._mended
        outcome.resumed += output.count("Going on after update")
        if "Traceback" in output:
            outcome.problems.append(f"a traceback: {output[output.index('Traceback') :][:2000]}")
