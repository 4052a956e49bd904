"""Where a training came from, beside how long it took."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from forger.report import timings


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a history and parameters."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(timings, "_run", lambda: "1-1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for name in ("params.yaml", "history.csv"):
        Path(name).write_text("")


def git(*arguments):
    identity = ("-c", "user.name=Tests", "-c", "user.email=tests@localhost")
    done = subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)
    return done.stdout.decode().strip()


def recorded():
    timings.record("ring", Path("history.csv"), 2.0, 100, "cpu")
    return json.loads(timings.FILE.read_text())["ring"]["commit"]


def test_the_commit_is_noted_and_whether_its_inputs_were_changed(project):
    git("init", "-q")
    git("add", "params.yaml")
    git("commit", "-qm", "as it is")
    commit = git("rev-parse", "HEAD")
    Path("dvc.lock").write_text("what the pipeline writes")
    assert recorded() == [commit]
    Path("params.yaml").write_text("seed: 2")
    assert recorded() == [commit, "with changes"]
    git("checkout", "-q", "params.yaml")
    Path("stages").mkdir()
    Path("stages/new.py").write_text("")
    assert recorded() == [commit, "with changes"]


def test_without_git_there_is_no_commit(project):
    assert recorded() == []


@pytest.mark.parametrize(
    "content",
    ["", "[]", "null", "<<<<<<< ours\n{}", "\ufeff{}", '{"ring": 1}', '{"ring": {"identity": 1}}'],
)
def test_a_damaged_file_keeps_nobody_waiting(content, project, capsys):
    timings.FILE.parent.mkdir(exist_ok=True)
    timings.FILE.write_text(content)
    timings.refresh(["ring"])
    assert json.loads(timings.FILE.read_text()) == {}
    told = capsys.readouterr().err
    assert (told == "") == (content[:1] in ("[", "n", "{"))
    timings.FILE.write_text(content)
    assert recorded() == []
