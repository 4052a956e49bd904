"""dataset: draw or read a recipe's data, part by part."""

from dataclasses import asdict
from pathlib import Path

from stages.gan.dataset_files import save
from stages.gan.datasets import AnyDataset
from stages.gan.errors import UserError
from stages.gan.outside import mend
from stages.gan.params.declared import Declared
from stages.gan.params.section import FILE
from stages.gan.stage import run


def main() -> None:
    """Write data/R."""
    recipe, declared = Declared.asked("dataset")
    dataset: AnyDataset = declared.section(f"recipes.{recipe}.dataset", AnyDataset)
    mend(recipe, dataset)  # the data may have come after `check` looked for them
    try:
        data = dataset.make(Path.cwd())
        data.check_classes()
    except UserError as error:
        key = f"{FILE}: recipes.{recipe}."
        told = [f"{key if line.startswith('dataset') else ''}{line}" for line in error.problems]
        raise UserError(*told) from None
    about = {k: v for k, v in asdict(data).items() if k != "arrays"}
    save(Path("data", recipe), data.arrays, {"kind": dataset.kind, "shape": dataset.shape, **about})


if __name__ == "__main__":
    run(main)
