"""dataset: draw or read a recipe's data, training and held-out part."""

import sys
from dataclasses import asdict
from pathlib import Path

from stages.gan.dataset_files import save
from stages.gan.datasets import AnyDataset
from stages.gan.errors import run
from stages.gan.params.declared import Declared
from stages.gan.params.section import Section


class Holder(Section):
    """Gives the union of the kinds a place to be parsed from."""

    dataset: AnyDataset


def main() -> None:
    """Write data/R."""
    recipe = sys.argv[1]
    declared = Declared(f"dataset@{recipe}")
    values = {"dataset": declared.value(f"recipes.{recipe}.dataset")}
    dataset = Holder.parse(values, where=f"recipes.{recipe}").dataset
    data = dataset.make(declared.value("seed"), Path.cwd())
    about = {k: v for k, v in asdict(data).items() if k != "arrays"}
    save(Path("data", recipe), data.arrays, {"kind": dataset.kind, "shape": dataset.shape, **about})


if __name__ == "__main__":
    run(main)
