"""Data that `dataset.path` names outside of data/raw: DVC sees a change, and copies nothing."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.data.test_datasets import idx
from tests.pipeline.clone import Clone, clone

pytestmark = pytest.mark.slow

STAGES = ("dataset@mnist_mlp", "dataset@digits_conditional")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Clone:
    return clone(tmp_path_factory, run=["mnist_mlp", "digits_conditional"])


def deliver(place: Path, seed: int) -> list[Path]:
    """Write digits there, an .npz or a folder of IDX files; the files."""
    rng = np.random.default_rng(seed)
    images, labels = rng.integers(0, 256, (200, 28, 28)).astype(np.uint8), np.arange(200) % 10
    if place.suffix == ".npz":
        np.savez(place, x_train=images, y_train=labels, x_test=images, y_test=labels)
        return [place]
    files = {"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels}
    for name, array in files.items():
        (place / name).mkdir(parents=True, exist_ok=True)
        (place / name / name).write_bytes(idx(array))
    return [place / name / name for name in files]


def status(project: Clone) -> dict:
    return json.loads(project.run("dvc", "status", "--json", *STAGES).stdout)


def cached(project: Clone, files: list[Path]) -> bool:
    """Whether DVC's cache has a copy of any."""
    digests = [hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest() for file in files]
    kept = [f"{p.parent.name}{p.name}" for p in project.folder.glob(".dvc/cache/files/md5/*/*")]
    return bool(set(digests) & set(kept))


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("{outside}/digits.npz", "{outside}/digits.npz"),
        ("{outside}/idx", "{outside}/idx"),
        ("~/mnist", "{home}/mnist"),
        ("../beside.npz", "{project}/../beside.npz"),
        ("own/digits.npz", "{project}/own/digits.npz"),
        ("data/raw/link", "{outside}/linked"),
    ],
)
def test_a_change_is_seen(project, tmp_path, path, place):
    known = {"outside": tmp_path, "home": project.home, "project": project.folder}
    where = Path(place.format(**known))
    where.parent.mkdir(exist_ok=True)
    files = deliver(where, 1)
    if "link" in path:
        (project.folder / path).symlink_to(where)
    project.change(recipes__mnist_mlp__dataset__path=path.format(**known))
    project.run("dvc", "repro", *STAGES)
    assert status(project) == {}
    before = project.text("dvc.lock")
    first = (project.folder / "data/mnist_mlp/train/real.npy").read_bytes()

    deliver(where, 2)
    assert set(status(project)) == {"dataset@mnist_mlp"}
    done = project.run("dvc", "repro", *STAGES)
    assert "Running stage 'dataset@mnist_mlp'" in done.stdout
    assert "Running stage 'dataset@digits_conditional'" not in done.stdout
    assert (project.folder / "data/mnist_mlp/train/real.npy").read_bytes() != first
    assert status(project) == {}
    assert not cached(project, files)

    deliver(where, 1)
    project.run("dvc", "repro", *STAGES)
    assert project.text("dvc.lock") == before
    project.git("add", "-A")  # what a person would do
    assert "raw-outside" not in project.git("diff", "--cached", "--name-only")
    if "link" in path:
        (project.folder / path).unlink()
    if "own" in path:
        shutil.rmtree(where.parent)
    project.commit("made")


def test_a_new_file_in_the_folder_is_seen(project, tmp_path):
    deliver(tmp_path / "idx", 1)
    project.change(recipes__mnist_mlp__dataset__path=str(tmp_path / "idx"))
    project.run("dvc", "repro", *STAGES)
    for what in ("images-idx3", "labels-idx1"):
        name = f"train-{what}-ubyte"
        shutil.copy(tmp_path / "idx" / name / name, tmp_path / "idx" / f"t10k-{what}-ubyte")
    assert set(status(project)) == {"dataset@mnist_mlp"}


def test_another_checkout_makes_its_own_links(project, tmp_path):
    deliver(tmp_path / "digits.npz", 1)
    project.change(recipes__mnist_mlp__dataset__path=str(tmp_path / "digits.npz"))
    project.run("dvc", "repro", *STAGES)
    project.commit("made")
    project.git("clone", "-q", ".", str(tmp_path / "other"))
    other = object.__new__(Clone)
    other.folder, other.home = tmp_path / "other", project.home
    other.share(project)
    other.run("dvc", "checkout", *STAGES, "check")
    done = other.run("dvc", "repro", *STAGES)
    assert "Running stage 'dataset" not in done.stdout
    assert other.text("dvc.lock") == project.text("dvc.lock")
    assert (other.folder / "data/raw-outside/mnist_mlp").readlink() == tmp_path / "digits.npz"

    (tmp_path / "digits.npz").unlink()  # where the data are not, they are no reason to run again
    (other.folder / "data/raw-outside/mnist_mlp").unlink()
    assert "dataset@" not in other.run("python", "-m", "jobs.check_lock", check=False).stderr
    told = other.run("python", "-m", "stages.dataset", "mnist_mlp", check=False).stderr
    assert "neither a folder nor an .npz file" in told
    deliver(tmp_path / "digits.npz", 2)  # they come, and are found
    other.run("dvc", "repro", *STAGES)
    assert status(other) == {}


def test_without_data_outside_every_checkout_has_the_same(project):
    project.change(recipes__mnist_mlp__dataset__path=None, run=["digits_conditional"])
    project.run("dvc", "repro", STAGES[1])
    folder = project.folder / "data/raw-outside"
    assert sorted(each.name for each in folder.iterdir()) == [
        ".gitignore", ".links", "digits_conditional",
    ]  # fmt: skip
    assert json.loads((folder / ".links/links.json").read_text()) == {}
    assert (folder / "digits_conditional").read_text() == "no data outside of data/raw\n"


def test_a_checkout_that_git_would_convert_is_not_stale(project, tmp_path):
    """Windows' git and some people's settings end lines with CR and LF."""
    project.commit("as it is")
    crlf = ("-c", "core.autocrlf=true", "-c", "core.eol=crlf")
    project.git("clone", "-q", *crlf, ".", str(tmp_path / "other"))
    listed = project.git("ls-files").splitlines()
    for name in listed:
        assert (tmp_path / "other" / name).read_bytes() == (project.folder / name).read_bytes()
    assert "params.yaml" in listed


def test_without_git_make_stops_in_a_line_before_it_installs(project, tmp_path):
    for name in project.git("ls-files").splitlines():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project.folder / name, tmp_path / name)
    own = {**project.environment(), "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    for target in ("repro", "test"):
        done = subprocess.run(
            ["make", target], cwd=tmp_path, env=own, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert len((done.stdout + done.stderr).splitlines()) == 1
        assert "git init" in done.stderr
        assert not (tmp_path / ".venv").exists()
