"""What is read of a revision, however it has been damaged."""

import json
from pathlib import Path, PurePosixPath

import pytest

from forger.core.errors import UserError
from jobs import check_lock
from jobs.shared.revisions import AbsentError, Revision
from tests.project import ROOT

FIGURES = "reports/recipes/ring/figures.json"
SOUND = {"acc_real": 0.5, "quality": {"c2st": 0.5}, "interval": {"c2st": [0.4, 0.6]}}


@pytest.fixture
def revision(tmp_path):
    """One with given files, none of which git or DVC know."""

    class Fake(Revision):
        def read(self, path: PurePosixPath | str) -> bytes:
            return (tmp_path / path).read_bytes()

    def make(path, text):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
        return Fake("HEAD")

    return make


def test_figures_are_what_the_file_has(revision):
    found = {**SOUND, "of a later version": [1]}
    assert revision(FIGURES, json.dumps(found)).figures("ring") == found


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("[]", "figures.json"),
        ("null", "figures.json"),
        ("[" * 200_000, "figures.json is not JSON"),
        ('{"quality": ', "figures.json is not JSON"),
        ('{"quality": []}', "figures.json: quality"),
        ('{"quality": {"c2st": "x"}}', "figures.json: quality.c2st"),
        ('{"quality": {"c2st": NaN}}', "figures.json: quality.c2st"),
        ('{"floor": {"c2st": null}}', "figures.json: floor.c2st"),
        ('{"interval": {"c2st": [0.4]}}', "figures.json: interval.c2st"),
        ('{"auc": "x"}', "figures.json: auc"),
        ('{"log_likelihood": "x"}', "figures.json: log_likelihood"),
        ('{"mae": NaN}', "figures.json: mae"),
        (
            '{"proportions": {"p_value": "x", "train": 1, "held_out": 1, "class": "a"}}',
            "figures.json: proportions.p_value",
        ),
        ('{"diagnosis": [{}]}', "figures.json: diagnosis.0.problem"),
    ],
)
def test_damaged_figures_are_told_by_file_and_key(revision, content, where):
    with pytest.raises(AbsentError) as told:
        revision(FIGURES, content).figures("ring")
    (line,) = told.value.problems
    assert line.startswith("HEAD: reports/recipes/ring/")
    assert where in line


@pytest.mark.parametrize(
    "entry", ["[]", "null", '{"seconds": "x"}', '{"seconds": 1, "machine": 3}']
)
def test_damaged_timings(revision, entry):
    damaged = revision("reports/timings.json", f'{{"ring": {entry}}}')
    with pytest.raises(AbsentError, match=r"timings\.json: ring"):
        damaged.timings()
    assert damaged.seconds("ring") is None


@pytest.mark.parametrize("rev", ["HEAD^{tree}", "HEAD:", "HEAD:dvc.yaml", "no_such_thing"])
def test_what_names_no_commit(monkeypatch, rev):
    monkeypatch.chdir(ROOT)
    with pytest.raises(UserError) as told:
        Revision(rev).figures("gaussian")
    (line,) = told.value.problems
    assert "commit or experiment" in line


def test_a_half_written_lock_is_told(tmp_path, monkeypatch):
    """DVC writes it in place: a kill may leave half."""
    monkeypatch.chdir(tmp_path)
    from dvc.repo import Repo

    Repo.init(no_scm=True)
    Path("dvc.yaml").write_text("stages: {one: {cmd: 'echo 1 > a', outs: [a]}}")
    Path("dvc.lock").write_text("schema: '2.0'\nstages:\n  one:\n    cm")
    for look in (lambda: Revision().figures("ring"), check_lock.forgotten):
        with pytest.raises(UserError, match=r"dvc\.lock: half-written.*`forger repro`"):
            look()


def test_a_folder_whose_name_looks_like_a_pattern(tmp_path, monkeypatch):
    """Files of DVC's and of git's, of the workspace."""
    monkeypatch.chdir(tmp_path)
    from dvc.repo import Repo

    Repo.init(no_scm=True)
    files = Path("big/x[1] ü#%/models/ring")
    (files / "sub").mkdir(parents=True)
    for name in ("a.txt", "sub/b[2].txt"):
        (files / name).write_text(name)
    Revision().fetch(files.as_posix(), tmp_path / "copy")
    copied = {p.relative_to("copy").as_posix() for p in Path("copy").rglob("*.txt")}
    assert copied == {"a.txt", "sub/b[2].txt"}
