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
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, FiniteFloat, model_validator

from forger.config.section import NAME, Name, Section, parse
from forger.core.files import read_json, refused, whole, write_json, write_zip
from forger.data.description import Description
from forger.methods.latent import Latent
from forger.methods.products import Drawn, Given, Product, maker
from forger.models.fit import misfit
from forger.models.inspection import inspect

if TYPE_CHECKING:
    import keras

ABOUT = "model.json"
NUMBERS = ("threshold", "stddev")  # attributes of a product that it may have


class Source(Section):
    """Where an input comes from, in model.json: it is drawn, or rows of a field."""

    shape: tuple[Annotated[int, Field(ge=1)], ...]
    drawn: Latent | None = None
    field: Name | None = None
    packed: Annotated[int, Field(ge=1, le=1024)] = 1

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.drawn is None) == (self.field is None):
            raise ValueError("needs either drawn or field")
        return self

    @property
    def origin(self) -> Drawn | Given:
        """The same as `Product` has it."""
        if self.field is not None:
            return Given(self.field, self.packed)
        assert self.drawn is not None
        return Drawn(self.drawn)


class Described(Section):
    """A product in model.json."""

    file: str
    sha256: str
    weights: int
    inputs: dict[str, Source]
    threshold: FiniteFloat | None = None
    stddev: Annotated[FiniteFloat, Field(gt=0)] | None = None

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each input."""
        return {name: source.shape for name, source in self.inputs.items()}

    @property
    def sources(self) -> dict[str, Drawn | Given]:
        """Where each input comes from, as `Product` has it."""
        return {name: source.origin for name, source in self.inputs.items()}


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

    @cached_property
    def data(self) -> Description | None:
        """What the products imitate, without its law; None if model.json does not say.

        Raises UserError.
        """
        if "data" not in self.about:
            return None
        found: Description = parse(Description, self.about["data"], "data", file=self._file)
        return found

    def describe(self, name: str) -> Described:
        """Return what model.json says of a product. Raises UserError."""
        found: Described = parse(
            Described, self.about["products"][name], f"products.{name}", file=self._file
        )
        return found

    def load(self, name: str) -> Product:
        """Load one product, running no code from its file. Raises UserError."""
        about, path = self.describe(name), self.path / f"{name}.keras"
        network = load_network(path)
        product = Product(network, about.sources, about.threshold, about.stddev)
        if why := misfit(name, product, about.shapes, self.data):
            raise refused(path, ValueError(f"does not fit {ABOUT}: {why}"))
        return product

    def load_all(self) -> dict[str, Product]:
        """Load every product, one of which makes examples. Raises UserError."""
        try:
            maker(self.about["products"])
        except ValueError as error:
            raise refused(self.path / ABOUT, error) from None
        return {name: self.load(name) for name in self.about["products"]}

    @property
    def _file(self) -> str:
        return str(self.path / ABOUT)


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
