"""Where git is not as in a clone of one's own: another's repository, settings and hooks, or a
folder of a larger repository."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.shared.git import detach, git
from tests.pipeline.clone import WIDE, Clone, clone
from tests.project import ROOT

GATE = ("python", "-m", "jobs.gate", "--recipe", "sinusoid")
SEEDS = ("python", "-m", "jobs.seeds", "sinusoid", "-n", "1")
# What people set for all of their repositories, each of which has broken a machine's commit or
# what it reads of git.
SETTINGS = """
[user]
    name = Somebody
    email = somebody@localhost
    signingKey = none
[commit]
    gpgSign = true
    template = /nowhere
[tag]
    gpgSign = true
[push]
    gpgSign = true
    default = nothing
[gpg]
    program = false
[core]
    hooksPath = {home}/hooks
    excludesFile = {home}/ignore
    attributesFile = {home}/attributes
    autocrlf = true
    fsmonitor = {home}/hooks/pre-commit
    pager = false
    editor = false
[clone]
    defaultRemoteName = elsewhere
    rejectShallow = true
[branch]
    autoSetupMerge = always
[remote "origin"]
    fetch = main
[init]
    defaultBranch = trunk
    templateDir = {home}/template
[color]
    ui = always
[fetch]
    prune = true
    pruneTags = true
[diff]
    noprefix = true
    relative = false
[log]
    showSignature = true
[status]
    branch = true
    showUntrackedFiles = no
[protocol "file"]
    allow = never
"""


class Person:
    """Settings and hooks in a clone's home, and a repository of theirs that git's variables name.

    A hook that runs leaves a file.
    """

    def __init__(self, home: Path) -> None:
        self.ran, self.repository = home / "hook-ran", home / "repository"
        for folder in ("hooks", "template/hooks"):
            (home / folder).mkdir(parents=True)
            for hook in ("pre-commit", "commit-msg", "post-checkout", "reference-transaction"):
                (home / folder / hook).write_text(f"#!/bin/sh\ntouch {self.ran}\nexit 1\n")
                (home / folder / hook).chmod(0o755)
        (home / "ignore").write_text("*.json\n*.png\n*.md\n")
        (home / "attributes").write_text("* text eol=crlf\n")
        self.repository.mkdir()
        git("init", "-q", folder=self.repository)
        (self.repository / "dvc.lock").write_text("theirs\n")
        git("add", "-A", folder=self.repository)
        by = ("-c", "user.name=Somebody", "-c", "user.email=somebody@localhost")
        git(*by, "commit", "-qm", "theirs", folder=self.repository)
        self.variables = {
            "GIT_DIR": str(self.repository / ".git"),
            "GIT_COMMON_DIR": str(self.repository / ".git"),
            "GIT_INDEX_FILE": str(self.repository / ".git/index"),
            "GIT_WORK_TREE": str(self.repository),
            "GIT_PREFIX": "",
            "GIT_AUTHOR_DATE": "@1 +0000",
        }
        self.before = self.state()
        (home / ".gitconfig").write_text(SETTINGS.format(home=home))

    def state(self) -> dict[str, str]:
        """A hash of every file of the repository."""
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.repository.rglob("*"))
            if path.is_file()
        }

    def untouched(self) -> bool:
        return self.state() == self.before and not self.ran.exists()


def test_a_clone_for_tests_leaves_anothers_repository_alone(tmp_path):
    person = Person(tmp_path)
    program = f"from tests.pipeline.clone import *; Clone(Path({str(tmp_path / 'made')!r}))"
    env = {**os.environ, **person.variables}
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=env, check=True)
    assert (tmp_path / "made/.git").is_dir()
    assert person.untouched()


def test_what_works_elsewhere_loses_what_git_lists():
    listed = subprocess.run(
        ["git", "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"} <= set(listed)
    others = ["GIT_ALLOW_PROTOCOL", "GIT_TRACE", "GIT_AUTHOR_DATE", "GIT_ICASE_PATHSPECS"]
    own = {"HOME": "x", "GIT_SSH_COMMAND": "x", "GIT_CONFIG_GLOBAL": "x", "GIT_AUTHOR_NAME": "x"}
    assert detach({**dict.fromkeys([*listed, *others], "x"), **own}) == own
    assert detach({"GIT_AUTHOR_NAME": ""}) == {}


def trained(tmp_path_factory, done: Clone, within: str = "") -> Clone:
    """A clone that has `done`'s results, committed."""
    gate = {"acc_fake": {"min": 0.0}}
    made = clone(tmp_path_factory, within, run=["sinusoid"], recipes__sinusoid__gate=gate)
    made.share(done)
    made.run("dvc", "repro")
    made.commit("results")
    made.keep_seeds("sinusoid", factors=WIDE)
    return made


@pytest.fixture(scope="module")
def own(done, tmp_path_factory) -> Clone:
    """The project in a repository of its own."""
    return trained(tmp_path_factory, done)


@pytest.fixture(scope="module")
def inside(done, tmp_path_factory) -> Clone:
    """The project in a folder of a larger repository."""
    return trained(tmp_path_factory, done, "projects/forger")


@pytest.mark.slow
def test_jobs_leave_anothers_repository_settings_and_hooks_alone(own):
    project = own
    project.run("dvc", "exp", "run", "-n", "mine", "-S", "recipes/sinusoid.yaml:train.epochs=1")
    project.restore()
    before = (project.git("status", "--porcelain"), project.git("rev-parse", "HEAD"))
    person = Person(project.home)

    def run(*command: str) -> str:
        return project.run(*command, **person.variables).stdout

    told = run("python", "-m", "jobs.retrain", "-S", "seed=2")
    assert "Accepted: branch retrain/" in told
    assert run(*GATE, "--against", "HEAD").endswith("hold.\n")
    assert "The gate holds for 1 of 1" in run(*SEEDS)
    run("python", "-m", "jobs.compare")
    run("python", "-m", "jobs.repro")
    (project.home / ".gitconfig").write_text("")
    assert person.untouched()
    assert (project.git("status", "--porcelain"), project.git("rev-parse", "HEAD")) == before
    assert "mine" in project.run("dvc", "exp", "list", "--name-only").stdout
    assert not (project.folder / ".git/FETCH_HEAD").exists()

    branch = project.git("for-each-ref", "--format=%(refname)", "refs/heads/retrain").strip()
    commit = project.git("cat-file", "commit", branch)
    assert "gpgsig" not in commit
    assert "@localhost" in commit
    assert "> 1 +0000" not in commit
    files = project.git("ls-tree", "-r", "--name-only", branch).split()
    assert {"reports/accepted/summary.md", "reports/accepted/sinusoid.png"} <= set(files)
    text = project.git("show", f"{branch}:reports/recipes/sinusoid/metrics.json")
    assert "\r" not in text


def rows(page: str) -> list[str]:
    """The comparison without its last column: how long training took is no result."""
    return [line.rstrip("|").rpartition("|")[0] or line for line in page.splitlines()]


SWEEP = """
recipe: sinusoid
metric: quality.r2_median
trials: 1
parameters:
  train.batch: {choices: [64]}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        (*GATE, "--against", "HEAD"),
        (*GATE, "--rev", "HEAD"),
        ("python", "-m", "jobs.compare", "--all", "HEAD", "workspace"),
        ("python", "-m", "jobs.generate", "sinusoid", "-n", "10", "--rev", "HEAD", "-o", "x.csv"),
        ("python", "-m", "jobs.repro"),
        ("python", "-m", "jobs.check_lock"),
    ],
    ids=lambda command: " ".join(command[2:]),
)
def test_a_subfolder_gives_what_a_repository_of_its_own_gives(own, inside, command):
    def tell(project: Clone) -> str:
        return project.run(*command).stdout.replace(str(project.folder), "")

    assert tell(inside) == tell(own)
    if "jobs.compare" in command:
        ours, theirs = (rows(project.text("reports/experiments.md")) for project in (inside, own))
        assert ours == theirs
        assert any("| HEAD |" in row for row in ours)
    if "x.csv" in command:
        assert inside.text("x.csv") == own.text("x.csv")
        for project in (inside, own):
            (project.folder / "x.csv").unlink()


@pytest.mark.slow
def test_a_subfolders_seeds_and_sweeps_are_experiments(inside):
    (inside.folder / "tiny.yaml").write_text(SWEEP)
    before = inside.git("status", "--porcelain")
    assert "The gate holds for 1 of 1" in inside.run(*SEEDS).stdout
    told = inside.run("python", "-m", "jobs.sweep", "tiny.yaml").stdout
    assert "best so far" in told
    assert "Note:" not in told
    assert inside.git("status", "--porcelain") == before
    shown = inside.run("dvc", "exp", "show", "--csv").stdout
    assert {"sinusoid-seeds-s1", "tiny-sweep-000-s1"} <= set(shown.replace("\n", ",").split(","))
    inside.run("python", "-m", "jobs.compare", "--all")
    assert {"sinusoid-seeds-s1", "tiny-sweep-000-s1"} <= set(
        inside.text("reports/experiments.md").replace("|", " ").split()
    )
    assert (
        "Removed 1 experiments"
        in inside.run("python", "-m", "jobs.sweep", "tiny.yaml", "--clean").stdout
    )
    (inside.folder / "tiny.yaml").unlink()


@pytest.mark.slow
def test_a_subfolder_is_trained_again_on_a_branch_of_the_repository(inside):
    (inside.root / "other.txt").write_text("another project's, not committed\n")
    before = inside.git("status", "--porcelain")
    told = inside.run("python", "-m", "jobs.retrain", "-S", "seed=2").stdout
    assert "Accepted: branch retrain/" in told
    assert inside.git("status", "--porcelain") == before
    changed = inside.git("diff", "--name-only", "HEAD", f"{told.split('branch ')[1].split('.')[0]}")
    assert "projects/forger/dvc.lock" in changed.splitlines()
    assert all(name.startswith("projects/forger/") for name in changed.splitlines())
    assert (inside.folder / "reports/retrain/summary.md").exists()
