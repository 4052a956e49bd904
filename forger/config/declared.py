"""What dvc.yaml declares for a stage, and nothing else of the parameters."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from forger.config.file import load
from forger.config.section import FILE, NAME, parse
from forger.core import code
from forger.core import stage as stages
from forger.core.errors import UserError
from forger.core.text import found, printable

PIPELINE = Path("dvc.yaml")


class Declared:
    """The parameters of one stage, such as `train@sinusoid`, as the files have them now.

    What dvc.yaml does not declare for the stage is not there: it can't reach the result unseen.
    The same as `dvc.api.params_show(stages=…)`, which parses dvc.lock too, and so takes seconds.
    Raises UserError where there is no such stage in this run.

    Attributes:
        recipe: its name; empty where the stage is of none.
    """

    def __init__(self, stage: str) -> None:
        name, _, recipe = stage.partition("@")
        self.recipe = recipe
        stages, parameters = load(PIPELINE)["stages"], load(Path(FILE))
        run = parameters.get("run") if isinstance(parameters, dict) else None
        if name not in stages or (recipe and recipe not in (run or ())):
            raise UserError(f"{PIPELINE}: {printable(stage)}: no such stage; run is {found(run)}")
        self.values: dict[str, Any] = {}
        self._files: dict[str, str] = {}  # of each section
        for entry in stages[name]["params"]:
            files = entry if isinstance(entry, dict) else {FILE: [entry]}
            for template, keys in files.items():
                file = template.replace("${item.recipe}", recipe)
                content = parameters if file == FILE else load(Path(file))
                for key in keys:
                    if not isinstance(content, dict) or key not in content:
                        raise UserError(f"{file}: {key}: missing")
                    self.values[key], self._files[key] = content[key], file
        self._deps = [Path(dep.replace("${item.recipe}", recipe)) for dep in stages[name]["deps"]]

    @classmethod
    def asked(cls, stage: str) -> Declared:
        """What `stage` sees of the recipe that the command line names. Raises UserError."""
        match sys.argv[1:]:
            case [recipe] if re.fullmatch(NAME, recipe):
                return cls(f"{stage}@{recipe}")
        raise UserError(
            f"python -m stages.{stage} RECIPE: found {found(sys.argv[1:])}; DVC runs it for each "
            "recipe of `run`: `dvc repro`"
        )

    def section(self, key: str, schema: Any) -> Any:
        """A section such as `train`, validated: an instance of `schema`, or of one of the kinds it
        unites."""
        return parse(schema, self.values[key], where=key, file=self._files[key])

    def files(self) -> list[Path]:
        """Every file that the stage depends on, those of folders included, in a fixed order."""
        return [
            file
            for dep in self._deps
            for file in (sorted(dep.rglob("*")) if dep.is_dir() else [dep])
            if file.is_file() and not _ignored(file)
        ]


Main = Callable[[Declared], Iterable[str] | None]


def run(stage: str, main: Main) -> NoReturn:
    """Run the `main` of a stage, stoppable, as `call` does."""
    stages.run(partial(call, stage, main))


def call(stage: str, main: Main) -> None:
    """Call the `main` of a stage with what dvc.yaml declares for it.

    Args:
        main: gives the project's modules that processes of its own have imported, if it has some.

    Raises:
        UserError: a problem of `main`'s; or the stage's code is not what its fingerprint says.
    """
    declared = Declared(stage) if stage == code.LAST else Declared.asked(stage)
    own = code.read(stage, declared.recipe)
    imported = {*(main(declared) or ()), *code.loaded()}
    if unseen := imported - own.keys():  # which could change the result
        raise UserError(
            f"stages.{stage}: imported {min(unseen)}, which {code.FOLDER} does not name, so that "
            "nobody would see that a result is stale after an edit of it"
        )


def _ignored(path: Path) -> bool:
    """As .dvcignore has it."""
    return "__pycache__" in path.parts or path.name.startswith((".part-", ".gitignore"))
