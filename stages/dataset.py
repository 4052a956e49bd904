"""dataset: draw or read a recipe's data, part by part."""

from pathlib import Path

from forger.config.declared import Declared, run
from forger.config.section import file_of
from forger.core.errors import UserError
from forger.data.folder import DataFolder
from forger.data.kinds import AnyDataset
from forger.data.outside import mend


def main(declared: Declared) -> None:
    """Write data/R."""
    recipe = declared.recipe
    dataset: AnyDataset = declared.section("dataset", AnyDataset)
    mend(recipe, dataset)  # the data may have come since `check` looked for them
    try:
        data = dataset.make(Path.cwd())
        data.check_classes()
        DataFolder(Path("data", recipe)).write(data)
    except UserError as error:
        key = f"{file_of(recipe)}: "
        told = [f"{key if line.startswith('dataset') else ''}{line}" for line in error.problems]
        raise UserError(*told) from None


if __name__ == "__main__":
    run("dataset", main)
