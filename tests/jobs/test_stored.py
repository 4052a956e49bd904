"""What is read of a commit without DVC's index is what DVC itself would give."""

import subprocess
from pathlib import Path

import pytest
from dvc.api import DVCFileSystem
from dvc.repo import Repo
from ruamel.yaml import YAML

from forger.core.errors import UserError
from jobs.shared import stored
from jobs.shared.revisions import AbsentError, Revision
from jobs.shared.stored import Stored, outputs
from tests.project import ROOT

PATHS = ("source", "file.csv", "odd: name", "metrics.json", "models/a/x", "models/a/b/y")
STAGES = """\
stages:
  make:
    cmd: make
    deps: [source]
    outs: [models/a, file.csv, 'odd: name']
    metrics: [metrics.json: {cache: false}]
"""


def git(*arguments):
    own = ("-c", "user.name=x", "-c", "user.email=x@localhost")
    done = subprocess.run(["git", *own, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(params=["", "below/it"])
def project(request, tmp_path, monkeypatch):
    """Two commits of a project, at its repository's root or below it, whose outputs differ."""
    monkeypatch.chdir(tmp_path)
    stored._cache.cache_clear()
    git("init", "-q", "-b", "main")
    folder = tmp_path / request.param
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(folder)
    with Repo.init(subdir=bool(request.param)) as repo:
        Path("dvc.yaml").write_text(STAGES)
        for content in ("one", "two"):
            for name in PATHS:
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                Path(name).write_text(f"{content} of {name}")
            repo.commit(force=True)
            git("add", "-A")
            git("commit", "-q", "-m", content)
    yield folder
    stored._cache.cache_clear()


@pytest.mark.parametrize("rev", ["HEAD", "HEAD~1", "main"])
def test_files_are_those_that_dvc_gives(project, rev):
    revision = Revision(rev)
    root = revision._root
    files = DVCFileSystem(".", rev=rev, subrepos=True)
    for path in (*PATHS, "dvc.lock"):
        assert revision.read(path) == files.read_bytes((root / path).as_posix())
    known = Stored(rev, root)
    assert all(known.read(path) is not None for path in PATHS if path != "odd: name")
    for absent in ("nothing", "models/a", "models/a/none", "models", "data/x"):
        assert known.read(absent) is None
        with pytest.raises(AbsentError, match=f"{absent} is not there"):
            revision.read(absent)


def test_what_the_cache_lacks_is_dvcs_to_explain(project):
    assert Revision("HEAD").read("file.csv") == b"two of file.csv"
    digest = outputs(Path("dvc.lock").read_text())["file.csv"]
    (stored._cache() / digest[:2] / digest[2:]).unlink()
    Path("file.csv").unlink()
    with pytest.raises(AbsentError, match=r"HEAD: file\.csv is not there"):
        Revision("HEAD").read("file.csv")


def test_experiments_are_known_by_their_names(project):
    commit = git("rev-parse", "HEAD~1")
    git("update-ref", f"refs/exps/{commit[:2]}/{commit[2:]}/so-called", commit)
    root = Revision("HEAD")._root
    assert Stored("so-called", root).read("source") == b"one of source"
    head = git("rev-parse", "HEAD")
    git("update-ref", f"refs/exps/{head[:2]}/{head[2:]}/so-called", head)
    for unclear in ("so-called", "never", "HEAD^{tree}", git("rev-parse", "HEAD^{tree}"), "", "-x"):
        with pytest.raises(LookupError):
            Stored(unclear, root)
    with pytest.raises(UserError, match="never: no such commit or experiment"):
        Revision("never").read("source")


def test_a_folder_s_files_in_git_are_listed(project):
    root = Revision("HEAD")._root
    Path("recipes").mkdir()
    for name in ("b.yaml", "a.yaml", "sub/c.yaml"):
        Path("recipes", name).parent.mkdir(exist_ok=True)
        Path("recipes", name).write_text("1")
    git("add", "-A")
    git("commit", "-q", "-m", "recipes")
    assert Stored("HEAD", root).names("recipes") == ["a.yaml", "b.yaml"]
    assert Stored("HEAD~1", root).names("recipes") is None


def test_outputs_of_this_projects_lock_are_those_of_its_yaml():
    text = (ROOT / "dvc.lock").read_text()
    stages = YAML(typ="safe", pure=True).load(text)["stages"].values()
    expected = {out["path"]: out["md5"] for stage in stages for out in stage.get("outs", [])}
    assert outputs(text) == expected
    assert len(expected) > 100
