"""The folder of a training's products: one `.keras` file each, and model.json.

A file's bytes depend only on its network, and `keras.saving.load_model` is all it takes to load it.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from forger.config.section import NAME, parse
from forger.core.files import read_json, refused, whole, write_json, write_zip
from forger.methods.latent import Latent
from forger.methods.products import Drawn, Given, Product
from forger.models.inspection import inspect

if TYPE_CHECKING:
    import keras

ABOUT = "model.json"
NUMBERS = ("threshold", "stddev")  # attributes of a product that it may have


class ModelFolder:
    """A folder of products on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, products: Mapping[str, Product], about: Mapping[str, Any]) -> None:
        """Write the products, a file each, and model.json, which holds `about` and `products`.

        That is each product's file and its SHA-256, number of weights, inputs, and those of its
        `NUMBERS` that it has.
        """
        with whole(self.path) as folder:
            folder.mkdir()
            described = {}
            for name, product in products.items():
                _save_network(folder / f"{name}.keras", product.network)
                described[name] = _describe(folder / f"{name}.keras", product)
            write_json(folder / ABOUT, {**about, "products": described})

    @cached_property
    def about(self) -> dict[str, Any]:
        """The contents of model.json. Raises UserError if it is missing or names no products."""
        about = read_json(self.path / ABOUT)
        try:
            if wrong := [name for name in about["products"] if not re.fullmatch(NAME, name)]:
                raise ValueError(f"found a product called {wrong[0]}")
        except (ValueError, KeyError, TypeError) as error:
            raise refused(self.path / ABOUT, error) from None
        return about

    def inputs(self, name: str) -> dict[str, Drawn | Given]:
        """Return where a product's inputs come from. Raises UserError."""
        found: dict[str, Drawn | Given] = {}
        try:
            for key, entry in self.about["products"][name]["inputs"].items():
                if "drawn" in entry:
                    where = f"products.{name}.inputs.{key}.drawn"
                    law = parse(Latent, entry["drawn"], where, file=str(self.path / ABOUT))
                    found[key] = Drawn(law)
                else:
                    found[key] = Given(str(entry["field"]), int(entry["packed"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise refused(self.path / ABOUT, error) from None
        return found

    def load(self, name: str) -> Product:
        """Load one product, running no code from its file. Raises UserError."""
        inputs, about, file = (
            self.inputs(name),
            self.about["products"][name],
            str(self.path / ABOUT),
        )
        own = {
            key: parse(float, about[key], f"products.{name}.{key}", file=file)
            for key in NUMBERS
            if key in about
        }
        network = load_network(self.path / f"{name}.keras")
        shapes = {key: list(entry.shape[1:]) for key, entry in network.input.items()}
        if shapes != {key: about["inputs"][key]["shape"] for key in inputs}:
            why = f"its inputs do not fit {ABOUT}"
            raise refused(self.path / f"{name}.keras", ValueError(why))
        return Product(network, inputs, **own)

    def load_all(self) -> dict[str, Product]:
        """Load every product. Raises UserError."""
        return {name: self.load(name) for name in self.about["products"]}


def _describe(path: Path, product: Product) -> dict[str, Any]:
    inputs = {}
    for key, entry in product.network.input.items():
        source = product.inputs[key]
        came = (
            {"drawn": source.latent.description()}
            if isinstance(source, Drawn)
            else source._asdict()
        )
        inputs[key] = {"shape": list(entry.shape[1:]), **came}
    own = {name: getattr(product, name) for name in NUMBERS}
    return {
        "file": path.name,
        "sha256": sha256(path.read_bytes()).hexdigest(),
        "weights": int(product.network.count_params()),
        "inputs": inputs,
        **{name: value for name, value in own.items() if value is not None},
    }


def load_network(path: Path) -> keras.Model:
    """Load one network, running no code from its file. Raises UserError."""
    import keras

    try:
        inspect(path)
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras, HDF5 and zip raise all kinds on damaged content
        raise refused(path, error) from None


def _save_network(path: Path, network: keras.Model) -> None:
    """Save a network without what differs from run to run: dates, and memory addresses as ids."""
    with TemporaryDirectory() as scratch:
        raw = Path(scratch) / path.name
        network.save(raw)
        with zipfile.ZipFile(raw) as archive:
            members = {name: archive.read(name) for name in sorted(archive.namelist())}
    config, metadata = (json.loads(members[name]) for name in ("config.json", "metadata.json"))
    metadata["date_saved"] = "1980-01-01@00:00:00"
    members["config.json"] = json.dumps(_renumbered(config, {})).encode()
    members["metadata.json"] = json.dumps(metadata).encode()
    with path.open("wb") as file:
        write_zip(file, members.items())


def _renumbered(config: Any, ids: dict[int, int]) -> Any:
    if isinstance(config, dict):
        return {
            key: ids.setdefault(value, len(ids))
            if key == "shared_object_id"
            else _renumbered(value, ids)
            for key, value in config.items()
        }
    if isinstance(config, list):
        return [_renumbered(value, ids) for value in config]
    return config
