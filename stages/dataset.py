"""dataset: draw or read a recipe's data, part by part."""

from pathlib import Path

from forger.config.declared import Declared, run
from forger.core.errors import UserError
from forger.data.folder import DataFolder
from forger.data.kinds import AnyDataset
from forger.data.looks import find_misfit
from forger.data.outside import mend


def main(declared: Declared) -> None:
    """Write data/R."""
    recipe = declared.recipe
    dataset: AnyDataset = declared.section("dataset", AnyDataset)
    mend(recipe, dataset)  # the data may have come since `check` looked for them
    data = dataset.make(Path.cwd())
    data.check_classes()
    if why := find_misfit(data.description):
        raise UserError(f"dataset: {why}")
    DataFolder(Path("data", recipe)).write(data)


if __name__ == "__main__":
    run("dataset", main)
