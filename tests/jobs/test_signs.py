"""What a series of experiments shows while it runs."""

import contextlib
import io
import re
import sys

import pytest

from jobs.shared import experiments
from jobs.shared.experiments import Runner
from jobs.shared.signs import Signs
from tests.core.test_progress import terminal

COMMIT = "0123456789abcdef0123456789abcdef01234567"
# As DVC's log has it: a stage, what it prints, and one that comes from the cache.
STAGES = """
import sys, time
for stage in ("check", "train@ring", "evaluate@ring"):
    print(f"Running stage '{stage}':\\n> python -m x\\nRunning stage ends, say I", flush=True)
    time.sleep(1)
print("Stage 'report@ring' is cached - skipping run, checking out outputs", flush=True)
sys.exit(3)
"""


@pytest.fixture
def runner(tmp_path, monkeypatch):
    monkeypatch.setattr(experiments, "OFTEN", 0.2)
    monkeypatch.setattr(experiments, "prefix", lambda: "")
    made = Runner(tmp_path, "x", COMMIT)
    made.clone.mkdir()
    return made


def test_the_stages_of_an_experiment_are_watched(runner):
    seen = []
    runner.watch = lambda stage, seconds: seen.append((stage, seconds))
    assert runner._wait_for([sys.executable, "-c", STAGES]) == 3
    names = [stage for stage, _ in seen]
    assert list(dict.fromkeys(names)) == ["check", "train@ring", "evaluate@ring"]
    assert names == sorted(names, key=["check", "train@ring", "evaluate@ring"].index)
    for name in set(names):
        times = [seconds for stage, seconds in seen if stage == name]
        assert times == sorted(times)
        assert times[0] < 0.1
        assert 0.3 < times[-1] < 1.5


def test_what_nobody_watches_runs(runner):
    assert runner._wait_for([sys.executable, "-c", STAGES]) == 3


def series(signs):
    """Two seeds: of the first, two stages of some seconds."""
    signs.experiment("ring-s1")
    for seconds in range(70):
        signs.stage("train@ring", seconds)
    for seconds in range(3):
        signs.stage("evaluate@ring", seconds)
    signs.advance()
    signs.tell("a result")
    signs.experiment("ring-s2")
    signs.stage("train@ring", 0)


def test_elsewhere_a_line_a_stage(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", errors := io.StringIO())
    with Signs(2, "seed") as signs:
        series(signs)
    assert capsys.readouterr().out.splitlines() == [
        "Training ring-s1", "ring-s1: train", "ring-s1: evaluate", "a result",
        "Training ring-s2", "ring-s2: train",
    ]  # fmt: skip
    assert errors.getvalue() == ""
    with Signs(2, "seed", plain=errors) as signs:
        signs.stage("check", 1)
    assert errors.getvalue() == ": check\n"


def test_a_terminal_gets_one_line_that_ticks(monkeypatch, capsys):
    with terminal(100) as (stream, written), contextlib.redirect_stderr(stream):
        with Signs(2, "seed") as signs:
            series(signs)
            signs.bar.refresh()
        frames = re.split("[\r\n]+", written())
    assert "a result" in capsys.readouterr().out
    assert any(re.search(r" 0/2 .*ring-s1: train 01:09\]", frame) for frame in frames)
    assert any(re.search(r" 1/2 .*ring-s2: train 00:00\]", frame) for frame in frames)
    assert all(len(frame) <= 100 for frame in frames)
