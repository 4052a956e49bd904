"""A clone of what is committed, in which recipes train with any seed and their time is taken."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forger.config.file import load
from forger.config.section import file_of
from forger.core.errors import UserError
from forger.core.files import write_json
from forger.data.folder import DataFolder
from jobs.benchmark.committed import read_clock
from jobs.shared.checkout import clone, environment, reason
from jobs.shared.git import git

STAGES = ("check", "dataset", "train", "reference", "evaluate", "report")


@dataclass(frozen=True)
class Spent:
    """Processor time of a recipe, in seconds, that of child processes included.

    Attributes:
        train: of the stage that trains.
        every: of all stages, from `check` to `report`.
    """

    train: float
    every: float


class ScratchProject:
    """A project of its own, whose parameters and data are nobody else's."""

    def __init__(self, folder: Path) -> None:
        self.folder = clone(folder, git("rev-parse", "HEAD"))

    def propose(self, name: str, file: Path, *options: str) -> None:
        """Let `forger new` write the recipe NAME of a table."""
        self._job("new", name, str(file), "--kind", "tables", "--force", *options)

    def choose(self, recipe: str, seed: int, **changes: Mapping[str, Any]) -> None:
        """Make this recipe the only one, with this seed of its training, in one thread.

        Args:
            recipe: its name.
            seed: of the training; that of the data is one of the changes.
            changes: new values by section of the recipe, such as `dataset={"seed": 2}`.
        """
        place = self.folder / file_of(recipe)
        values = load(place)
        for section, new in changes.items():
            values[section] = {**values[section], **new}
        write_json(place, values)  # which is YAML, too
        general = self.folder / "params.yaml"
        known = load(general)
        # In one thread, as ctgan: with more, some of the processor time is spent waiting.
        known |= {"seed": seed, "run": [recipe], "compute": {**known["compute"], "threads": 1}}
        write_json(general, known)

    def make_data(self, recipe: str) -> DataFolder:
        """Run the stages up to `dataset`, and return what it wrote."""
        self._stage("check", recipe)
        self._stage("dataset", recipe)
        return DataFolder(self.folder / "data" / recipe)

    def train(self, recipe: str) -> Spent:
        """Run every stage of a recipe, and return what they took."""
        seconds = {stage: self._stage(stage, recipe) for stage in STAGES}
        return Spent(seconds["train"], sum(seconds.values()))

    def generate(self, recipe: str, rows: int, file: Path) -> Path:
        """Write so many samples to a CSV file, and return it."""
        self._job("generate", recipe, "-n", str(rows), "-o", str(file))
        return file

    def _stage(self, stage: str, recipe: str) -> float:
        words = [] if stage == "check" else [recipe]
        return self._run("-m", f"stages.{stage}", *words)

    def _job(self, name: str, *arguments: str) -> float:
        return self._run("-m", f"jobs.{name}", *arguments)

    def _run(self, *arguments: str) -> float:
        """Run Python in the clone and return the processor time. Raises UserError if it fails."""
        return run([sys.executable, *arguments], self.folder)[1]


def run(command: list[str], folder: Path) -> tuple[str, float]:
    """Return what a command prints, and its processor time in seconds.

    Raises UserError if it fails.
    """
    before = read_clock()
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise UserError(f"{' '.join(command[1:4])} failed: {reason(done.stderr)}")
    return done.stdout, read_clock() - before
