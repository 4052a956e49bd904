"""What CONTRIBUTING.md adds is added, and trained: every file, line and command of it."""

import json
import re
import shlex
import subprocess
import sys

import pytest

from tests.pipeline.clone import clone
from tests.project import ROOT

pytestmark = pytest.mark.slow

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
FILES = re.findall(r"```(?:python|yaml)\n# (\S+)\n(.*?)```", TEXT, re.DOTALL)
CHANGES = re.findall(r"```diff\n--- (\S+)\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = re.findall(r"```bash\n(.*?)\n```", TEXT, re.DOTALL)


def changed(text, hunk):
    """A file's text after a diff, whose lines it shows or takes away are there once."""
    lines = hunk.splitlines(keepends=True)
    before, after = (
        "".join(line[1:] for line in lines if line[0] in signs) for signs in (" -", " +")
    )
    assert text.count(before) == 1, before
    return text.replace(before, after)


def test_what_it_adds_works_as_it_stands(tmp_path_factory):
    """One of each kind, by its file and its lines, in the order of the text."""
    made = clone(tmp_path_factory)
    assert (len(FILES), len(CHANGES), len(COMMANDS)) == (8, 18, 5)
    for path, text in FILES:
        (made.folder / path).write_text(text)
    for path, hunk in CHANGES:
        (made.folder / path).write_text(changed((made.folder / path).read_text(), hunk))
    own = {path for path, _ in (*FILES, *CHANGES) if path.endswith(".py")}
    for check in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]):
        told = subprocess.run(
            [sys.executable, "-m", *check, *own], cwd=made.folder, capture_output=True, text=True
        )
        assert told.returncode == 0, told.stdout
    for command in COMMANDS:
        made.run(*shlex.split(command))
        recipe = re.search(r"run=\[(\w+)\]", command)[1]
        found = json.loads(made.text(f"reports/recipes/{recipe}/figures.json"))
        assert found["quality"]["coverage"] > 0.7
        assert 0 < found["quality"]["median_distance"] < 1
        assert 0 < found["floor"]["median_distance"] < 0.2
        assert recipe in made.text("reports/index.html")
        if "hyperbolic" in command:
            assert "hyperbolic" in made.text("reports/index.html")
