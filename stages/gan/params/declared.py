"""What dvc.yaml declares for a stage, and nothing else of params.yaml."""

from pathlib import Path
from typing import Any

from stages.gan.errors import UserError
from stages.gan.params.file import load
from stages.gan.params.section import FILE, parse

PIPELINE = Path("dvc.yaml")


class Declared:
    """The parameters of one stage, such as `train@sinusoid`, as params.yaml has them now.

    What dvc.yaml does not declare for the stage is not there: it can't reach the result unseen.
    The same as `dvc.api.params_show(stages=…)`, which parses dvc.lock too, and so takes seconds.
    Raises UserError where there is no such stage in this run.
    """

    def __init__(self, stage: str) -> None:
        name, _, recipe = stage.partition("@")
        stages, parameters = load(PIPELINE)["stages"], load(Path(FILE))
        if name not in stages or (recipe and recipe not in parameters["run"]):
            raise UserError(f"{PIPELINE}: {stage}: no such stage; run is {parameters['run']}")
        self.values: dict[str, Any] = {}
        for key in stages[name]["params"]:
            _copy(key.replace("${item.recipe}", recipe), parameters, self.values)
        self._deps = [Path(dep.replace("${item.recipe}", recipe)) for dep in stages[name]["deps"]]

    def value(self, key: str) -> Any:
        """The raw value of a key such as `recipes.sinusoid.method`."""
        value = self.values
        for part in key.split("."):
            value = value[part]
        return value

    def section(self, key: str, schema: Any) -> Any:
        """A section, validated: an instance of `schema`, or of one of the kinds it unites."""
        return parse(schema, self.value(key), where=key)

    def files(self) -> list[Path]:
        """Every file that the stage depends on, those of folders included, in a fixed order."""
        return [
            file
            for dep in self._deps
            for file in (sorted(dep.rglob("*")) if dep.is_dir() else [dep])
            if file.is_file() and not _ignored(file)
        ]


def _ignored(path: Path) -> bool:
    """As .dvcignore has it."""
    return "__pycache__" in path.parts or path.name.startswith((".part-", ".gitignore"))


def _copy(key: str, source: dict[str, Any], target: dict[str, Any]) -> None:
    first, _, rest = key.partition(".")
    if first not in source:
        raise UserError(f"{FILE}: {key}: missing")
    if rest:
        _copy(rest, source[first], target.setdefault(first, {}))
    else:
        target[first] = source[first]
