"""Every command of the README runs, the two that set up excepted; its tables are true."""

import re
import shlex
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from forger.parameters import read_values
from tests.data.test_table import people
from tests.project import ROOT

README = (ROOT / "README.md").read_text()
SETUP = ("make repro", "make test")


def commands():
    blocks = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_the_two_commands_are_there():
    assert set(SETUP) <= set(commands())


@pytest.mark.slow
def test_every_command_runs(done):
    own = [done.folder / name for name in ("data/raw/mine.csv", "recipes/mine.yaml")]
    people(200).to_csv(own[0], index=False)
    for command in commands():
        if command not in SETUP:
            done.run(*shlex.split(command, comments=True))
    for file in own:
        file.unlink()
    done.restore()


LISTED = re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)


def test_the_listed_recipes_are_there_and_everybodys_are_listed():
    """A person's own need no row."""
    values = read_values(ROOT)
    assert set(values["run"]) <= set(LISTED) <= set(values["recipes"])


def test_every_listed_recipe_is_an_artifact():
    pipeline = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text())
    paths = {artifact["path"] for artifact in pipeline["artifacts"].values()}
    assert {f"models/{recipe}" for recipe in LISTED} <= paths


@pytest.mark.slow
def test_an_artifact_brings_the_whole_folder(done, tmp_path):
    """As docs/generate.md has it, from a path instead of an address."""
    page = (ROOT / "docs/generate.md").read_text()
    register, get = re.findall(r"^(?:git tag|dvc artifacts get) .*$", page, re.MULTILINE)
    address = "https://host/forger"
    assert address in get
    done.run(*shlex.split(register))
    here = str(tmp_path / "models/sinusoid")
    done.run(*shlex.split(get.replace(address, ".").replace("models/sinusoid", here)))
    names = sorted(path.name for path in Path(here).iterdir())
    assert names == ["discriminator.keras", "generator.keras", "model.json"]
    done.git("tag", "-d", "sinusoid@v1.0.0")


def test_every_picture_and_file_it_links_to_exists():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
