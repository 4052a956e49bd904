"""The jobs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from forger.core.errors import UserError
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from forger.methods.reports import publishable
from forger.metrics.figures import FIGURES
from forger.parameters import Settings
from forger.recipe import Recipe
from jobs import check_reproducible, retrain
from jobs.parameters import reference
from jobs.repro import set_aside_damaged
from jobs.shared import checkout, lock
from jobs.shared.lock import comparison, hashes, outputs
from tests.pipeline.clone import BIN
from tests.project import ROOT

LOCK = """
schema: '2.0'
stages:
  train@a:
    cmd: x
    outs:
    - path: models/a
      md5: one
    - path: reports/a.csv
      md5: two
"""


def test_comparison_of_locks():
    now = hashes(LOCK)
    assert now == {"models/a": "one", "reports/a.csv": "two"}
    told = comparison(now, {"models/a": "one", "reports/a.csv": "other", "gone": "x"})
    assert "same       models/a" in told
    assert "different  reports/a.csv" in told
    assert "1 artefacts reproduced to the byte, 1 different, 0 without a reference" in told
    assert "0 artefacts reproduced to the byte, 0 different, 2 without" in comparison(now, {})
    assert hashes("") == {}


@pytest.mark.parametrize(
    "end",
    ["", "schema", "'2.0'\nstag", "stages:", "train@a:", "    cm", "    -", "models/a\n      md"],
)
def test_a_lock_that_dvc_would_refuse_is_set_aside(tmp_path, monkeypatch, capsys, end):
    """DVC writes it in place: a kill leaves it at any length."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "dvc.lock"
    path.write_text(half := LOCK[: LOCK.index(end) + len(end)])
    with pytest.raises(UserError) as refused:
        lock.read_stages()
    assert set_aside_damaged() == {}
    assert not path.exists()
    assert (tmp_path / "dvc.lock.damaged").read_text() == half
    told, mended = (line.split("; ") for line in (str(refused.value), capsys.readouterr().out))
    assert told[0] == mended[0] == "dvc.lock: half-written, as when a run is killed"
    assert mended[1:] == ["it is now dvc.lock.damaged\n"]


def test_every_command_is_listed():
    told = subprocess.run(
        [sys.executable, "-m", "jobs"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    listed = re.findall(r"^forger (\w+).*?  \S", told, re.MULTILINE)
    modules = [path.stem for path in (ROOT / "jobs").glob("*.py") if not path.stem.startswith("_")]
    folders = [path.parent.name for path in (ROOT / "jobs").glob("*/__main__.py")]
    assert listed == sorted([*modules, *folders])


def test_a_sound_lock_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert set_aside_damaged() == {}
    (tmp_path / "dvc.lock").write_text(LOCK)
    assert outputs(set_aside_damaged()) == hashes(LOCK)
    assert (tmp_path / "dvc.lock").exists()


def test_the_reference_tells_every_key_with_its_meaning():
    rows = {
        key: (kind, default, meaning)
        for section, file in ((Settings, ""), (Recipe, "recipes/<name>.yaml:"))
        for key, kind, default, meaning in reference(section, file)
    }
    assert all(kind and meaning for kind, _, meaning in rows.values())
    assert rows["recipes/<name>.yaml:train.epochs"][:2] == ("integer, ≥ 1, ≤ 1000000000", None)
    assert rows["compute.threads"][1] == "2"
    assert rows["recipes/<name>.yaml:dataset[mnist].path"][0] == "text | null"
    known = {re.split(r"[.:\[\]]", key)[-1] for key in rows}
    reported = publishable(GAN(kind="gan", latent=Latent(dim=2)).reports)
    roles = {"discriminator", "generator", "encoder", "autoencoder"}  # and a player
    for path in (ROOT / "params.yaml", *ROOT.glob("recipes/*.yaml")):
        for key in re.findall(r"^ *(\w+):", path.read_text(), re.MULTILINE):
            assert key in known | {*roles, *FIGURES, *reported}, key


@pytest.mark.parametrize(("command", "same"), [("pwd > /dev/null; echo 1", True), ("pwd", False)])
def test_two_clean_clones_are_compared(tmp_path, monkeypatch, capsys, command, same):
    """A pipeline of one stage, which writes the same everywhere, or where it ran."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{BIN}:{os.environ['PATH']}")
    monkeypatch.setattr(sys, "argv", ["jobs.check_reproducible"])
    pipeline = f"stages: {{only: {{cmd: '({command}) > out', outs: [out]}}}}\n"
    (tmp_path / "dvc.yaml").write_text(pipeline)
    (tmp_path / "dvc.lock").write_text("what this machine had")
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\n    analytics = false\n")
    identity = ("-c", "user.name=Tests", "-c", "user.email=tests@localhost")
    for words in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "all")):
        subprocess.run(["git", *words], check=True)
    if same:
        check_reproducible.main()
        assert capsys.readouterr().out.endswith("dvc.lock is byte-identical.\n")
    else:
        with pytest.raises(UserError, match="differ"):
            check_reproducible.main()
        assert "1 different" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("gate", "believed"),
    [
        ("print('19 of 19 hold.')", True),
        ("print('x  FAILS\\n18 of 19 hold.'); raise SystemExit(1)", True),
        ("print('18 of 19 h'); raise SystemExit(1)", False),
        ("raise SystemExit(1)", False),
        ("raise SystemExit(2)", False),
        ("raise SystemExit(70)", False),
        ("import os; os.kill(os.getpid(), 9)", False),
    ],
)
def test_only_what_a_gate_says_rejects(tmp_path, gate, believed):
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs/__init__.py").touch()
    (tmp_path / "jobs/gate.py").write_text(gate)
    if believed:
        assert retrain.judge(tmp_path).returncode == ("FAILS" in gate)
    else:
        with pytest.raises(UserError, match="could not be judged"):
            retrain.judge(tmp_path)


def test_dvc_is_found_whatever_is_on_the_path(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert checkout.read(Path(), "dvc", "--version").startswith("3.")
