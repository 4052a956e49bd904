"""Series of experiments, run by DVC one by one in a private clone of the project.

`dvc exp run --temp` would stash the workspace, rewrite its params.yaml and reset it before every
run: a kill in between would cost uncommitted work, and an edit between two runs would reach the
second.
The clone shares DVC's cache, and what it finishes is fetched into the project.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import NoReturn

import psutil

from forger.core.errors import UserError, is_refusal, run
from forger.core.files import write_json
from jobs.shared.checkout import clone, environment, executable, reason
from jobs.shared.git import fetch, git, prefix

# What DVC says of a stage that runs, and how often its log is looked at, in seconds.
STAGE = re.compile(rb"Running stage '([^']+)':")
OFTEN = 1.0
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class FailedError(Exception):
    """An experiment did not finish; the message says why, in one line."""


def references(pattern: str) -> dict[str, str]:
    """Return the git refs of all experiments whose whole name matches: ref → commit.

    The commit that they grew from does not matter.
    """
    listed = git("for-each-ref", "--format=%(refname) %(objectname)", "refs/exps").splitlines()
    full = rf"refs/exps/[0-9a-f]{{2}}/[0-9a-f]{{38,62}}/{pattern}"
    found = dict(line.split() for line in listed)
    return {ref: commit for ref, commit in found.items() if re.fullmatch(full, ref)}


def namespace(commit: str) -> str:
    """Return where DVC keeps the experiments that grew from a commit.

    Other namespaces in refs/exps hold DVC's marks of running experiments.
    """
    return f"refs/exps/{commit[:2]}/{commit[2:]}"


class Runner:
    """Runs a series of experiments, each growing from the same commit.

    Args:
        folder: where the series keeps the clone and the last experiment's output.
        pattern: a regular expression that matches the names of its experiments.
        commit: the one that they grow from.

    Attributes:
        watch: called every second with the stage that runs, and its seconds so far.
    """

    watch: Callable[[str, float], object] | None = None

    def __init__(self, folder: Path, pattern: str, commit: str) -> None:
        self.folder = folder
        self.pattern = pattern
        self.commit = commit
        self.clone = self.folder / "clone"
        self.log = self.folder / "experiment.log"
        self._project = self.clone / prefix()
        self._running = self.folder / "running.json"
        self._namespace = namespace(commit)

    def prepare(self) -> None:
        """Make the clone anew, keeping what an interrupted series left running or finished."""
        scratch = self.folder / "scratch"  # so that `clone` is whole, whenever a kill comes
        if self.clone.exists():
            self._let_finish()
            self._fetch()
            self.clone.rename(scratch)
        if scratch.exists():
            shutil.rmtree(scratch)
        clone(scratch, self.commit)
        scratch.rename(self.clone)

    def list_finished(self) -> dict[str, str]:
        """Return the series' finished experiments that grew from this commit: name → commit."""
        prefix = f"{self._namespace}/"
        return {
            ref.removeprefix(prefix): commit
            for ref, commit in references(self.pattern).items()
            if ref.startswith(prefix)
        }

    def run(self, name: str, changes: Sequence[str], *targets: str) -> str:
        """Run one experiment, up to these stages or to the end, and return its commit.

        Raises:
            FailedError: it failed, as it would again.
            UserError: it was killed, or the machine refused something; it may yet succeed.
        """
        git("reset", "-q", "--hard", folder=self._project)  # undo what the last one changed
        settings = (f"-S{change}" for change in changes)
        command = ["dvc", "exp", "run", "-n", name, *settings, *targets]
        code = self._wait_for(command)
        if code < 0:
            raise UserError(f"{name}: killed by signal {-code}; the same command goes on from here")
        if code:
            why = reason(self.log.read_text(encoding="utf-8", errors="replace"))
            raise UserError(f"{name}: {why}") if is_refusal(why) else FailedError(why)
        self._fetch()
        return git("rev-parse", "--verify", f"{self._namespace}/{name}")

    def _wait_for(self, command: Sequence[str]) -> int:
        with self.log.open("w", encoding="utf-8") as log:
            process = subprocess.Popen(
                executable(*command),
                cwd=self._project,
                env={**environment(), "PYTHONIOENCODING": "utf-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            born = psutil.Process(process.pid).create_time()
            write_json(self._running, {"pid": process.pid, "created": born})
            try:
                return self._watch(process)
            except BaseException:  # the series is stopped, and will make the clone anew
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
            finally:
                self._running.unlink()

    def _watch(self, process: subprocess.Popen[bytes]) -> int:
        """Return the exit code of a process, and show its stages until then."""
        running = b""
        began = monotonic()
        rest = b""
        with self.log.open("rb") as log:
            while True:
                try:
                    return process.wait(OFTEN)
                except subprocess.TimeoutExpired:
                    *lines, rest = (rest + log.read()).split(b"\n")
                for stage in filter(None, map(STAGE.match, lines)):
                    running = stage[1]
                    began = monotonic()
                if self.watch is not None and running:
                    self.watch(running.decode(), monotonic() - began)

    def _fetch(self) -> None:
        refs = f"{self._namespace}/*"
        fetch(self.clone, f"+{refs}:{refs}")

    def _let_finish(self) -> None:
        """Wait for a DVC whose caller was killed; end the stage of a DVC that was killed itself."""
        if not self._running.exists():
            return
        left = json.loads(self._running.read_text(encoding="utf-8"))
        try:
            process = psutil.Process(left["pid"])
            if abs(process.create_time() - left["created"]) < 1:
                print("Waiting for the experiment that an interrupted run left.")
                process.wait()
        except psutil.NoSuchProcess:
            pass
        for orphan in _of_session(left["pid"], self.clone.resolve()):
            orphan.kill()
        self._running.unlink()


def _of_session(session: int, folder: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and Path(process.cwd()).is_relative_to(folder):
                yield process
        except (psutil.Error, OSError):
            continue


def resumable(main: Callable[[], object]) -> NoReturn:
    """Run a command that can resume where it was stopped; a stop ends its experiment too."""

    def stop(number: int, _: object) -> None:
        for each in STOPS:  # an impatient second signal would interrupt the clean-up
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)

    for each in STOPS:
        signal.signal(each, stop)

    def stoppable() -> None:
        try:
            main()
        except KeyboardInterrupt:
            print("\nStopped. The same command goes on from here.", file=sys.stderr)
            raise

    run(stoppable)
