"""What an experiment's end says of the experiment, and what only of the machine."""

import os
import signal
import subprocess
import sys
import time

import pytest

from forger.core.errors import REFUSALS, UserError, is_refusal
from jobs.shared import experiments
from jobs.shared.experiments import FailedError, Runner, namespace
from tests.project import ROOT

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def runner(tmp_path, monkeypatch):
    """Its experiments end as a test says."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(experiments, "git", lambda *_, **__: COMMIT)
    made = Runner(tmp_path, "x", COMMIT)

    def ends(code, log=""):
        made.log.write_text(log)
        monkeypatch.setattr(made, "_wait_for", lambda _: code)
        return made

    return ends


def test_what_fails_again_is_a_failure(runner):
    with pytest.raises(FailedError, match=r"params\.yaml: bad"):
        runner(1, "error: params.yaml: bad\n").run("a", [])
    with pytest.raises(FailedError, match="diverged"):
        runner(255, "error: diverged: d_loss is nan\nERROR: failed to reproduce\n").run("a", [])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_kill_is_none(number, runner):
    with pytest.raises(UserError, match=f"a: killed by signal {number:d}; the same command goes"):
        runner(-number).run("a", [])


@pytest.mark.parametrize("number", REFUSALS)
def test_nor_is_what_the_machine_refuses(number, runner):
    for log in (
        f"error: data: {os.strerror(number)}; free some space, then run again\nERROR: failed\n",
        f"ERROR: unexpected error - [Errno {number}] whatever: '/cache/x'\n",
    ):
        with pytest.raises(UserError, match=r"^a: "):
            runner(1, log).run("a", [])


@pytest.mark.parametrize("text", ["", "error: a batch of 3", "[Errno 2] No such file", "Errno 28"])
def test_other_errors_are_no_refusals(text):
    assert not is_refusal(text)


def test_only_a_commits_experiments_are_fetched():
    assert namespace(COMMIT) == f"refs/exps/01/{COMMIT[2:]}"


IMPATIENT = """
import sys, time
from jobs.shared.experiments import resumable

def main():
    try:
        print("begun", flush=True)
        time.sleep(30)
    finally:
        time.sleep(1)
        print("ended in order", flush=True)

resumable(main)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_impatient_second_signal_changes_nothing(number):
    process = subprocess.Popen(
        [sys.executable, "-c", IMPATIENT], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "begun\n"
    for _ in range(3):
        process.send_signal(number)
        time.sleep(0.1)
    assert process.wait(20) == 128 + number
    assert process.stdout.read().startswith("ended in order")
