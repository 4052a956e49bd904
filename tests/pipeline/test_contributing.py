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
LINES = re.findall(r"```diff\n--- (\S+)\n\+(.*?)\n```", TEXT, re.DOTALL)
COMMANDS = re.findall(r"```bash\n(.*?)\n```", TEXT, re.DOTALL)


def test_what_it_adds_works_as_it_stands(tmp_path_factory):
    made = clone(tmp_path_factory)
    assert (len(FILES), len(LINES), len(COMMANDS)) == (3, 2, 2)
    for path, text in FILES:
        (made.folder / path).write_text(text)
    for path, line in LINES:
        table = made.folder / path
        table.write_text(table.read_text().replace("\nKINDS = {\n", f"\nKINDS = {{\n{line}\n"))
    own = [path for path, _ in FILES if path.endswith(".py")]
    for check in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy", "--strict"]):
        told = subprocess.run(
            [sys.executable, "-m", *check, *own], cwd=made.folder, capture_output=True, text=True
        )
        assert told.returncode == 0, told.stdout
    figures = made.folder / "reports/recipes/two_moons/figures.json"
    for command in COMMANDS:
        made.run(*shlex.split(command))
        quality = json.loads(figures.read_text())["quality"]
        assert quality["coverage"] > 0.7
        assert "two_moons" in made.text("reports/index.html")
    assert "hyperbolic" in made.text("reports/index.html")
