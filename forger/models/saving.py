"""Files of a training's products: one `.keras` file each, and model.json.

A file's bytes depend only on its network, and `keras.saving.load_model` is all it takes to load it.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from forger.core.files import whole, write_json, write_zip
from forger.methods.products import Drawn, Product

if TYPE_CHECKING:
    import keras

ABOUT = "model.json"
NUMBERS = ("threshold", "stddev")  # attributes of a product that it may have


def write_products(path: Path, products: Mapping[str, Product], about: Mapping[str, Any]) -> None:
    """Write a folder: the products, a file each, and model.json with `about` and `products`.

    The latter is each product's file and its SHA-256, number of weights, inputs, and those of its
    `NUMBERS` that it has. `ModelFolder` reads it.
    """
    with whole(path) as folder:
        folder.mkdir()
        described = {}
        for name, product in products.items():
            _save_network(folder / f"{name}.keras", product.network)
            described[name] = _describe(folder / f"{name}.keras", product)
        write_json(folder / ABOUT, {**about, "products": described})


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


def _save_network(path: Path, network: keras.Model) -> None:
    """Save a network without what differs from run to run: dates, and memory addresses as ids."""
    with TemporaryDirectory() as scratch:
        raw = Path(scratch) / path.name
        network.save(raw)
        with zipfile.ZipFile(raw) as archive:
            members = {name: archive.read(name) for name in sorted(archive.namelist())}
    config, metadata = (json.loads(members[name]) for name in ("config.json", "metadata.json"))
    metadata["date_saved"] = "1980-01-01@00:00:00"
    members["config.json"] = json.dumps(_renumber(config, {})).encode()
    members["metadata.json"] = json.dumps(metadata).encode()
    with path.open("wb") as file:
        write_zip(file, members.items())


def _renumber(config: Any, ids: dict[int, int]) -> Any:
    if isinstance(config, dict):
        return {
            key: ids.setdefault(value, len(ids))
            if key == "shared_object_id"
            else _renumber(value, ids)
            for key, value in config.items()
        }
    if isinstance(config, list):
        return [_renumber(value, ids) for value in config]
    return config
