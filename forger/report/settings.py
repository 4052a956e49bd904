"""How a recipe was trained, as its report tells it: settings.json."""

from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from forger import compute as environment
from forger.compute import Compute
from forger.config.declared import Declared
from forger.config.section import Seed
from forger.data.kinds import AnyDataset
from forger.evaluation.settings import Evaluate, Source
from forger.methods.kinds import AnyMethod
from forger.methods.settings import Train
from forger.models.folder import ModelFolder
from forger.networks.families import Networks

SECTIONS = {  # those shown with their defaults filled in
    "source": Source, "dataset": AnyDataset, "method": AnyMethod,
    "networks": Networks, "train": Train, "evaluate": Evaluate,
}  # fmt: skip


def describe(declared: Declared) -> dict[str, Any]:
    """Return what training depended on, and the number of weights per product.

    The recipe's sections include the defaults of the keys that its file leaves out.
    """
    compute = declared.section("compute", Compute)
    resolved = environment.read_resolved()
    products = ModelFolder(Path("models", declared.recipe)).about["products"]
    return {
        "seed": declared.section("seed", Seed),
        "compute": {
            **{name: resolved[name] for name in ("backend", "device", "jit")},
            "precision": compute.precision,
            "threads": compute.threads,
        },
        "versions": resolved["versions"],
        "weights": {name: about["weights"] for name, about in products.items()},
        **describe_recipe(declared),
    }


def describe_recipe(declared: Declared) -> dict[str, Any]:
    """Return the recipe's sections, with all defaults."""
    return {
        name: to_jsonable_python(declared.section(name, schema))
        for name, schema in SECTIONS.items()
    }
