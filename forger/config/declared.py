"""The parameters that dvc.yaml declares for a stage, and no others."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from forger.config.file import load
from forger.config.section import FILE, NAME, parse
from forger.core import code
from forger.core import stage as stages
from forger.core.errors import UserError
from forger.core.text import printable, quote

PIPELINE = Path("dvc.yaml")


class Declared:
    """The parameters of one stage, such as `train@sinusoid`, as the files now have them.

    Parameters that dvc.yaml does not declare for the stage are left out, so that they can't reach
    the result unseen. `dvc.api.params_show(stages=…)` gives the same, but takes seconds because it
    parses dvc.lock too. Raises UserError if this run has no such stage.

    Attributes:
        recipe: the recipe's name; empty for a stage that runs for no recipe.
        values: the declared sections and values, by key.
    """

    def __init__(self, stage: str) -> None:
        name, _, recipe = stage.partition("@")
        self.recipe = recipe
        stages = load(PIPELINE)["stages"]
        parameters = load(Path(FILE))
        run = parameters.get("run") if isinstance(parameters, dict) else None
        if name not in stages or (recipe and recipe not in (run or ())):
            raise UserError(f"{PIPELINE}: {printable(stage)}: no such stage; run is {quote(run)}")
        self.values: dict[str, Any] = {}
        self._files: dict[str, str] = {}  # the file of each value
        for entry in stages[name].get("params", ()):
            files = entry if isinstance(entry, dict) else {FILE: [entry]}
            for template, keys in files.items():
                file = template.replace("${item.recipe}", recipe)
                content = parameters if file == FILE else load(Path(file))
                for key in keys:
                    if not isinstance(content, dict) or key not in content:
                        raise UserError(f"{file}: {key}: missing")
                    self.values[key] = content[key]
                    self._files[key] = file
        self._deps = [Path(dep.replace("${item.recipe}", recipe)) for dep in stages[name]["deps"]]

    @classmethod
    def from_command_line(cls, stage: str) -> Declared:
        """Return what `stage` sees of the recipe that the command line names. Raises UserError."""
        match sys.argv[1:]:
            case [recipe] if re.fullmatch(NAME, recipe):
                return cls(f"{stage}@{recipe}")
        raise UserError(
            f"python -m stages.{stage} RECIPE: found {quote(sys.argv[1:])}; DVC runs it for each "
            "recipe of `run`: `dvc repro`"
        )

    def section(self, key: str, schema: Any) -> Any:
        """Return a section such as `train`, validated as `schema` or a kind in its union."""
        return parse(schema, self.values[key], where=key, file=self._files[key])

    def name_file(self, problem: str) -> str:
        """Return a problem with the file before it, if it begins with the key of a parameter."""
        key = re.match(r"(\w+)[.:]", problem)
        file = self._files.get(key[1]) if key else None
        return f"{file}: {problem}" if file else problem

    def files(self) -> list[Path]:
        """Return every file that the stage depends on, also inside folders, in a fixed order."""
        return [
            file
            for dep in self._deps
            for file in (sorted(dep.rglob("*")) if dep.is_dir() else [dep])
            if file.is_file() and not _is_ignored(file)
        ]


Main = Callable[[Declared], None]


def run(stage: str, main: Main) -> NoReturn:
    """Run a stage's `main` as `call` does, but stoppable, and exit."""
    stages.run(partial(call, stage, main))


def call(stage: str, main: Main) -> None:
    """Call a stage's `main` with the parameters that dvc.yaml declares for it.

    Args:
        stage: the stage's name.
        main: does the stage's work.

    Raises:
        UserError: `main` has a problem, or the stage's code differs from its fingerprint.
    """
    declared = Declared(stage) if stage == code.LAST else Declared.from_command_line(stage)
    own = code.read(stage, declared.recipe)
    try:
        main(declared)
    except UserError as error:
        raise UserError(*map(declared.name_file, error.problems)) from None
    if unseen := {*code.list_loaded()} - own.keys():  # and they could change the result
        raise UserError(
            f"stages.{stage}: imported {min(unseen)}, which {code.FOLDER} does not name, so that "
            "nobody would see that a result is stale after an edit of it"
        )


def _is_ignored(path: Path) -> bool:
    """Tell whether .dvcignore excludes a file."""
    return "__pycache__" in path.parts or path.name.startswith((".part-", ".gitignore"))
