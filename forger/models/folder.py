"""The folder of a training's products, as `forger.models.saving` writes it."""

from __future__ import annotations

import json
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, FiniteFloat, TypeAdapter, ValidationError, model_validator

from forger.config.section import NAME, Name, Section, parse
from forger.core.files import read_json, refused
from forger.data.description import Description
from forger.methods.latent import Latent
from forger.methods.products import Drawn, Given, Product, maker
from forger.models.account import Account
from forger.models.fit import misfit
from forger.models.inspection import inspect
from forger.models.saving import ABOUT

if TYPE_CHECKING:
    import keras


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
        about = self.describe(name)
        path = self.path / f"{name}.keras"
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
    def account(self) -> Account:
        """What the method says of the training. Raises UserError."""
        try:
            # As JSON, of which a list may become a tuple, while "5" stays text.
            return TypeAdapter(Account).validate_json(json.dumps(self.about), strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(map(str, first["loc"]))
            raise refused(self.path / ABOUT, ValueError(f"{key}: {first['msg']}")) from None

    @property
    def _file(self) -> str:
        return str(self.path / ABOUT)


def load_network(path: Path) -> keras.Model:
    """Load one network, running no code from its file. Raises UserError."""
    import keras

    try:
        inspect(path)
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras, HDF5 and zip raise all kinds on damaged content
        raise refused(path, error) from None
