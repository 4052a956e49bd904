"""The workflows: checked by their linters, and run step by step against remotes on disk."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from tests.pipeline.clone import BIN, Clone, clone
from tests.project import COVERAGE, ROOT

WORKFLOWS = ROOT / ".github/workflows"
RETRAIN = YAML(typ="safe", pure=True).load((WORKFLOWS / "retrain.yml").read_text())
CI = YAML(typ="safe", pure=True).load((WORKFLOWS / "ci.yml").read_text())

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "command",
    [
        ("zizmor", "--offline", "--no-progress", str(WORKFLOWS)),
        ("check-jsonschema", "--builtin-schema", "vendor.github-workflows",
         *map(str, WORKFLOWS.glob("*.yml"))),
    ],
)  # fmt: skip
def test_linters(command):
    done = subprocess.run([BIN / command[0], *command[1:]], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


class Runner:
    """Runs a job's own commands as the platform would, `uses` steps excepted.

    `gh` only notes what it is asked for, in the file `asked`.
    """

    def __init__(self, folder: Path, remote: Path, variables: dict[str, str]) -> None:
        self.folder, self.variables = folder, variables
        self.home = folder.parent / f"{folder.name}-home"
        (self.home / "bin").mkdir(parents=True)
        self.asked = self.home / "asked"
        client = self.home / "bin/gh"
        client.write_text(f'#!/bin/sh\necho "$*" >> {self.asked}\n')
        client.chmod(0o755)
        subprocess.run(["git", "clone", "-q", str(remote), str(folder)], check=True)
        # What `make .venv/installed` would make, from the environment of these tests.
        (folder / ".venv").mkdir()
        (folder / ".venv/bin").symlink_to(BIN)
        (folder / ".venv/installed").touch()

    def run(self, job: dict, **contexts: str) -> dict[str, str]:
        """Run the steps of a job; the outputs of its steps, by `id.name`."""
        outputs: dict[str, str] = {}
        for step in job["steps"]:
            known = {**contexts, **{f"steps.{k}": v for k, v in outputs.items()}}
            if "run" in step and self._holds(step.get("if", ""), known):
                found = self._step(step, known)
                outputs |= {f"{step.get('id')}.outputs.{k}": v for k, v in found.items()}
        return outputs

    def dvc(self, *arguments: str) -> str:
        """Run DVC; what it printed."""
        done = subprocess.run(
            [BIN / "dvc", *arguments], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return done.stdout

    def _holds(self, condition: str, known: dict[str, str]) -> bool:
        if not condition:
            return True
        key, operator, value = condition.split(" ")
        found = known.get(key, self.variables.get(key, ""))
        return (found == value.strip("'")) == (operator == "==")

    def _step(self, step: dict, known: dict[str, str]) -> dict[str, str]:
        output, summary = self.home / "output", self.home / "summary"
        output.write_text("")
        values = {**known, **self.variables}
        env = {
            name: re.sub(r"\$\{\{ (\S+) \}\}", lambda m: values.get(m[1], ""), str(value))
            for name, value in step.get("env", {}).items()
        }
        assert "${{" not in step["run"]
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env={
                **COVERAGE,
                "PATH": f"{self.home}/bin:{BIN}:{os.environ['PATH']}",
                "HOME": str(self.home),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(summary),
                **env,
            },
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return dict(line.split("=", 1) for line in output.read_text().splitlines())


def blobs(n: int, rng: np.random.Generator) -> np.ndarray:
    """Images `[n, 28, 28]` of a bright spot somewhere near the middle."""
    x, y = np.mgrid[:28, :28]
    at = rng.normal(14, 2, (2, n, 1, 1))
    return (255 * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / 20)).astype(np.uint8)


def deliver(path: Path, n: int, wrong: bool = False) -> None:
    """New data where they are imported from; the held-out ones stay the same."""
    rng = np.random.default_rng(0)
    test, train = blobs(300, rng), blobs(n, rng)
    x_train = 255 - train if wrong else train
    y_train, y_test = (np.resize(np.arange(10, dtype=np.uint8), size) for size in (n, 300))
    np.savez(path, x_train=x_train, y_train=y_train, x_test=test, y_test=y_test)


class World:
    """A project that is trained on imported data, its git remote and its DVC remote."""

    def __init__(self, folder: Path, project: Clone) -> None:
        self.folder, self.project, self.count = folder, project, 0
        self.source, self.remote = folder / "source.npz", folder / "remote.git"
        self.variables = {"vars.DVC_REMOTE": str(folder / "dvc-remote")}
        deliver(self.source, 512)
        project.run("dvc", "import-url", str(self.source), "data/raw/digits.npz")
        project.run("dvc", "repro")
        project.commit("trained on imported data")
        project.keep_seeds("mnist_mlp")
        project.run("dvc", "remote", "add", "--local", "-d", "r", self.variables["vars.DVC_REMOTE"])
        project.run("dvc", "push", "--run-cache")
        project.git("clone", "-q", "--bare", ".", str(self.remote))
        project.git("remote", "add", "origin", str(self.remote))

    def checkout(self) -> Runner:
        """A machine that has nothing but what the remotes have."""
        self.count += 1
        return Runner(self.folder / f"machine-{self.count}", self.remote, self.variables)

    def branches(self) -> list[str]:
        listed = self.project.git("ls-remote", "--heads", "origin", "refs/heads/retrain/*")
        return re.findall(r"refs/heads/(\S+)", listed)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = clone(
        tmp_path_factory,
        run=["mnist_mlp"],
        recipes__mnist_mlp__dataset__path="data/raw/digits.npz",
        recipes__mnist_mlp__networks__generator__hidden=[64],
        recipes__mnist_mlp__networks__discriminator__hidden=[64],
        recipes__mnist_mlp__train__epochs=4,
        recipes__mnist_mlp__train__steps_per_epoch=None,
        recipes__mnist_mlp__train__batch=32,
        recipes__mnist_mlp__method__generator_batch=None,
        recipes__mnist_mlp__evaluate__samples=300,
    )
    return World(tmp_path_factory.mktemp("world"), made)


def test_nothing_arrives_nothing_happens(world):
    machine = world.checkout()
    before = machine_state(machine)
    outputs = machine.run(RETRAIN["jobs"]["retrain"])
    assert outputs == {"retrain.outputs.code": "3"}
    assert machine_state(machine) == before
    assert not machine.asked.exists()
    assert world.branches() == []


def test_new_data_arrive_and_are_accepted_once(world):
    deliver(world.source, 2048)
    machine = world.checkout()
    before = machine_state(machine)
    github = {"github.server_url": "https://host", "github.repository": "owner/name"}
    outputs = machine.run(RETRAIN["jobs"]["retrain"], **github)
    assert outputs == {"retrain.outputs.code": "0"}
    assert machine_state(machine) == before
    (branch,) = world.branches()
    assert f"pr create --head {branch}" in machine.asked.read_text()
    summary = (machine.home / "summary").read_text()
    assert summary.startswith("## Accepted")
    assert "sliced_wasserstein" in summary
    assert f"](https://host/owner/name/blob/{branch}/reports/accepted/mnist_mlp.png?raw" in summary

    again = world.checkout()  # before anyone merged it
    assert again.run(RETRAIN["jobs"]["retrain"]) == {"retrain.outputs.code": "3"}

    world.project.git("fetch", "-q", "origin", branch)
    world.project.git("merge", "-q", "FETCH_HEAD")
    world.project.git("push", "-q", "origin", "HEAD:main")
    merged = world.checkout()
    merged.run(CI["jobs"]["lock"])  # dvc.lock is up to date, on a machine without any results
    merged.dvc("remote", "add", "--local", "-d", "r", world.variables["vars.DVC_REMOTE"])
    merged.dvc("pull")
    assert (merged.folder / "models/mnist_mlp/generator.keras").exists()


def test_killed_or_given_worse_data_it_leaves_all_as_it_was_and_one_runs_at_a_time(world):
    deliver(world.source, 2049, wrong=True)
    machine = world.checkout()
    before, branches = machine_state(machine), world.branches()
    command = [sys.executable, "-m", "jobs.retrain"]
    first = subprocess.Popen(
        command, cwd=machine.folder, start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    scratch = machine.folder / ".dvc/tmp/retrain"
    for _ in range(600):
        if list(scratch.glob("clone-*/dvc.yaml")):
            break
        time.sleep(0.1)
    second = subprocess.run(command, cwd=machine.folder, capture_output=True, text=True)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert second.returncode == 2
    assert second.stderr == "error: another retrain is running in this checkout\n"
    assert machine_state(machine) == before

    outputs = machine.run(RETRAIN["jobs"]["retrain"])
    assert outputs == {"retrain.outputs.code": "1"}
    assert machine_state(machine) == before
    assert not list(scratch.glob("clone-*"))
    assert world.branches() == branches
    assert not machine.asked.exists()
    summary = (machine.home / "summary").read_text()
    assert summary.startswith("## Rejected")
    assert ".png" not in summary
    assert re.search(r"\w+-\w+", machine.dvc("exp", "list"))  # what was refused can be looked at


def machine_state(machine: Runner) -> str:
    """What git sees, and the files that a run would touch."""
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=machine.folder, capture_output=True, text=True
    ).stdout
    metrics = machine.folder / "reports/recipes/mnist_mlp/metrics.json"
    return json.dumps([status, metrics.read_text(), (machine.folder / "dvc.lock").read_text()])
