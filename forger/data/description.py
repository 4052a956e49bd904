"""What data.json says: all that it takes to understand examples without the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

import numpy as np
from pydantic import ConfigDict, Field, FiniteFloat, model_validator

from forger.config.section import Name, Section
from forger.data.codecs.kinds import AnyCodec

Arrays = dict[str, np.ndarray]  # by field, a row an example

RESERVED = ("labels", "latents")  # what batches call the labels, and latents from a pool


class Layout(Section):
    """How curves lie in a person's file, so that new ones can be written alike.

    A table has a row a curve, or is long: a row is a point.
    """

    model_config = ConfigDict(extra="ignore")

    columns: tuple[str, ...] = Field(
        default=(),
        description="of a table: one a point or, if it is long, those of the curve's name, the "
        "time and the values; empty of an array, and where there is no header",
    )
    long: bool = Field(default=False, description="whether a row of the table is a point")
    labels: str = Field(default="", description="column of the labels, if there are any")
    array: bool = Field(default=False, description="whether they lie in an array")
    flat: bool = Field(default=False, description="whether curves have no axis of channels there")


class DataField(Section):
    """An array of the data, a row an example, in the networks' units, of the codec's dtype."""

    model_config = ConfigDict(extra="ignore")

    shape: Annotated[tuple[Annotated[int, Field(ge=1, le=2**20)], ...], Field(min_length=1)] = (
        Field(description="of one example")
    )
    codec: AnyCodec = Field(description="how it goes from the data's units to the networks'")
    view: Name = Field(description="how a person looks at it, see forger/data/looks.py")
    units: str = Field(description="what the numbers mean, in the data's units")
    axis: tuple[FiniteFloat, ...] = Field(
        default=(), description="of curves, where they are sampled"
    )
    layout: Layout | None = Field(
        default=None,
        exclude_if=lambda layout: layout is None,
        description="of curves from a file, how they lie in it",
    )

    @model_validator(mode="after")
    def _over_its_axis(self) -> Self:
        if self.axis and (self.shape[0] != len(self.axis) or len(self.shape) > 2):
            raise ValueError(f"axis: {len(self.axis)} points, for examples of shape {self.shape}")
        return self


class Description(Section):
    """Contents of data.json, and of `data` in model.json."""

    model_config = ConfigDict(extra="ignore")

    fields: dict[Name, DataField] = Field(description="`real`, and whatever else there is")
    classes: tuple[str, ...] = Field(description="names of the labels; empty without labels")
    counts: tuple[Annotated[int, Field(ge=0, le=2**53)], ...] = Field(
        default=(),
        exclude_if=lambda counts: not counts,
        description="training examples of each class, if samples shall come in such proportions",
    )
    stack: Annotated[int, Field(ge=1)] = Field(
        default=1, description="images in an example's channels, each with a label of its own"
    )
    target: str = Field(
        default="", description="the column of a table that models are trained to predict, if any"
    )
    law: dict[str, Any] = Field(
        default={},
        description="closed form that the data are drawn from: its `name` and parameters",
    )

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        if self.law and not isinstance(self.law.get("name"), str):
            raise ValueError("law.name: missing")
        if "real" not in self.fields:
            raise ValueError("fields.real: missing")
        for name in RESERVED:
            if name in self.fields:
                raise ValueError(f"fields.{name}: no name for a field, as batches have {name}")
        return self

    @model_validator(mode="after")
    def _check_classes(self) -> Self:
        classes = len(self.classes)
        if self.counts and (len(self.counts) != classes or not any(self.counts)):
            raise ValueError(f"counts: needs one for each of {classes} classes, not all of them 0")
        span = self.real.codec.label_span
        if span is not None and classes != (choices := span[1] - span[0]):
            raise ValueError(f"classes: found {classes}; rows have labels of {choices}")
        return self

    @property
    def real(self) -> DataField:
        """The field that generators imitate."""
        return self.fields["real"]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of an example of each field; labels are none."""
        return {name: field.shape for name, field in self.fields.items()}

    @property
    def arrays(self) -> dict[str, tuple[type, tuple[int, ...]]]:
        """Each array's dtype and the shape of a row: the fields, `real` first, and any labels."""
        floats = {name: (each.codec.dtype, each.shape) for name, each in self.fields.items()}
        labels = {"labels": (np.int64, ())} if self.classes else {}
        return {"real": floats.pop("real"), **floats, **labels}

    @property
    def classes_of_image(self) -> int:
        """Number of classes of a single image of a stack."""
        return round(float(len(self.classes) ** (1 / self.stack)))

    def unstack(self, arrays: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Return the single images in stacks, `[stack · n, h, w, c]`, and their labels.

        An image's label is a digit of its stack's label; the first channel has the most significant
        one.
        """
        labels = arrays["labels"]
        classes = self.classes_of_image
        digits = [labels // classes**place % classes for place in reversed(range(self.stack))]
        images = np.split(arrays["real"], self.stack, axis=-1)
        return np.concatenate(images), np.concatenate(digits)
