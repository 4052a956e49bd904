"""How a recipe was trained, as its report tells it: settings.json."""

from pathlib import Path
from typing import Any

from forger.compute import read_resolved
from forger.core.files import read_json, refused
from forger.models.folder import ModelFolder

FOLDER = Path("data/settings")  # a file a recipe, which `check` writes


def describe(recipe: str) -> dict[str, Any]:
    """Return what training depended on, and the number of weights per product.

    The recipe's sections include the defaults of the keys that its file leaves out.

    Raises:
        UserError: what the earlier stages wrote is missing or damaged.
    """
    path = FOLDER / f"{recipe}.json"
    asked = read_json(path, "run `dvc repro`")
    resolved = read_resolved()
    products = ModelFolder(Path("models", recipe)).about["products"]
    try:
        return {
            "seed": asked.pop("seed"),
            "compute": {
                **{name: resolved[name] for name in ("backend", "device", "jit")},
                **asked.pop("compute"),
            },
            "versions": resolved["versions"],
            "weights": {name: about["weights"] for name, about in products.items()},
            **asked,
        }
    except (AttributeError, LookupError, TypeError) as error:
        raise refused(path, error, "run `dvc repro`") from None
