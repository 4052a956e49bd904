"""A clean clone of the working tree, with parameters small enough to run in a minute."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from forger.parameters import read
from jobs.shared.baselines import content
from jobs.shared.git import detach
from tests.project import ROOT, put

BIN = Path(sys.executable).parent
PERSONAL = ("KERAS_", "XLA_", "TF_", "XDG_", "GIT_AUTHOR_", "GIT_COMMITTER_", "MAKE", "MFLAGS")
SPREAD = (0.86, 0.9, 0.94, 0.98, 1.02, 1.06, 1.1, 1.14)
WIDE = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
RECIPES = {"sinusoid", "digits_conditional", "mnist_mlp"}


class Clone:
    """The project's files as they are now in `folder`, the root of a git repository or below it."""

    def __init__(self, folder: Path, root: Path | None = None) -> None:
        self.folder = folder
        self.root = root or folder
        self.home = self.root.parent / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            env=detach(os.environ),
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        (folder / "dvc.lock").unlink(missing_ok=True)
        self.git("init", "-q", "-b", "main", str(self.root))
        self.git("config", "user.name", "Forger's tests")  # `dvc exp run` commits
        self.git("config", "user.email", "tests@localhost")
        self.commit("clone")

    def run(self, *command: str, check: bool = True, **env: str) -> subprocess.CompletedProcess:
        """Run a command in the clone as a user would, in the environment of these tests."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment(), **env},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
            stdin=subprocess.DEVNULL,
        )
        if check:
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done

    def environment(self) -> dict[str, str]:
        """That of these tests, with a home of the clone's own, and no settings of a person's."""
        own = {k: v for k, v in detach(os.environ).items() if not k.startswith(PERSONAL)}
        settings = {"GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"), "GIT_CONFIG_NOSYSTEM": "1"}
        return {**own, **settings, "PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(self.home)}

    def git(self, *arguments: str) -> str:
        """Run git; what it printed."""
        return self.run("git", *arguments).stdout

    def restore(self) -> None:
        """Back to what is committed, results included."""
        self.git("reset", "-q", "--hard")
        self.run("dvc", "checkout", "--force")

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    def change(self, **values: Any) -> None:
        """Set dotted keys (`__` for `.`) of params.yaml, and below `recipes__R` of a recipe's file,
        or all of that; and commit."""
        yaml = YAML()
        for key, value in values.items():
            names, file = key.split("__"), "params.yaml"
            if names[0] == "recipes":
                names, file = names[2:], f"recipes/{names[1]}.yaml"
            path = self.folder / file
            content = yaml.load(path.read_text()) if names else value
            if names:
                put(content, names, value)
            yaml.dump(content, path)
        self.commit("change parameters")

    def shrink(self) -> None:
        """Two recipes of different kinds, a few epochs on little data, without XLA, which compiles
        for longer than they train; no recipe that no test asks for."""
        for path in (self.folder / "recipes").glob("*.yaml"):
            if path.stem not in RECIPES:
                path.unlink()
        yaml, path = YAML(), self.folder / "recipes/digits_conditional.yaml"
        content = yaml.load(path.read_text())
        del content["gate"]  # which so short a training misses
        yaml.dump(content, path)
        small = {
            "run": ["sinusoid", "digits_conditional"],
            "compute__jit": False,
            "recipes__sinusoid__dataset__train": 512,
            "recipes__sinusoid__dataset__validation": 300,
            "recipes__sinusoid__dataset__test": 300,
            "recipes__sinusoid__method__latent__pool": 512,
            "recipes__sinusoid__train__epochs": 3,
            "recipes__sinusoid__evaluate__samples": 300,
            "recipes__sinusoid__evaluate__draws": 2,
            "recipes__digits_conditional__train__epochs": 4,
            "recipes__digits_conditional__evaluate__samples": 200,
            "recipes__digits_conditional__evaluate__draws": 2,
        }
        self.change(**small)

    def share(self, other: "Clone") -> None:
        """Use the other clone's cache: what ran there is checked out instead of run again."""
        self.run("dvc", "cache", "dir", "--local", str(other.folder / ".dvc/cache"))

    def keep_seeds(self, *recipes: str, factors: Sequence[float] = SPREAD) -> None:
        """Store, for each of these recipes, figures of trainings whose distances from the floors
        are so many times those of the results here, and commit."""
        parameters = read(self.folder)
        for recipe in recipes:
            path = self.folder / f"reports/recipes/{recipe}/figures.json"
            found, seeds = json.loads(path.read_text()), {}
            for seed, factor in enumerate(factors):
                quality = {
                    name: floor + factor * (found["quality"][name] - floor)
                    for name, floor in found["floor"].items()
                }
                seeds[seed] = {**found, "quality": quality}
            target = self.folder / f"baselines/{recipe}.json"
            target.parent.mkdir(exist_ok=True)
            target.write_text(content(recipe, seeds, parameters))
        self.commit("seeds")

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()


def clone(tmp_path_factory: pytest.TempPathFactory, within: str = "", **changes: Any) -> Clone:
    """A small clone with these parameters changed, in a repository of its own, or in this folder of
    a larger one."""
    root = tmp_path_factory.mktemp("clone") / "forger"
    made = Clone(root / within, root)
    made.shrink()
    made.change(**changes)
    return made
