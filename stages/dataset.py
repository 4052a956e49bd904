"""dataset: draw or read a recipe's data, training and held-out part."""

import sys
from dataclasses import asdict
from pathlib import Path

from stages.gan.dataset_files import save
from stages.gan.datasets import AnyDataset
from stages.gan.params.declared import Declared
from stages.gan.stage import run


def main() -> None:
    """Write data/R."""
    recipe = sys.argv[1]
    declared = Declared(f"dataset@{recipe}")
    dataset: AnyDataset = declared.section(f"recipes.{recipe}.dataset", AnyDataset)
    data = dataset.make(declared.value("seed"), Path.cwd())
    about = {k: v for k, v in asdict(data).items() if k != "arrays"}
    save(Path("data", recipe), data.arrays, {"kind": dataset.kind, "shape": dataset.shape, **about})


if __name__ == "__main__":
    run(main)
