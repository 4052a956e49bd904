"""Curves from a person's file: one or several channels, of equal lengths or not."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from forger.config.section import FEWEST, Fraction, Real, Section
from forger.core.errors import UserError
from forger.data.base import Data, Dataset
from forger.data.checks import check_shares, find_file
from forger.data.codecs.channels import Channels
from forger.data.codecs.whitened import check_points, whiten
from forger.data.csv_layout import CsvFile
from forger.data.curves_found import Columns, Read, as_classes, count
from forger.data.curves_read import ARRAYS, TABLES, read
from forger.data.description import Arrays, DataField, Description
from forger.data.split import split

Column = Annotated[str, Field(min_length=1, max_length=200)]


class Long(Section):
    """Columns of a long table, a row of which is a point of a curve."""

    id: Column = Field(description="column that names the curve")
    time: Column = Field(description="column of the time, by which a curve's points are sorted")
    values: Annotated[tuple[Column, ...], Field(min_length=1, max_length=1000)] = Field(
        description="columns of the values, a channel each"
    )


class Curves(Dataset, CsvFile):
    """Curves `[points, channels]`, with a mask as a last channel where they are of unequal lengths.

    Each channel is shifted and scaled by itself, as the training part needs it.
    """

    curved: ClassVar[bool] = True

    kind: Literal["curves"]
    path: Annotated[str, Field(min_length=1, max_length=4096)] = Field(
        description="an .npy or .npz of an array [n, t] or [n, t, channels], or a table: a CSV"
    )
    points: Annotated[int, Field(ge=2, le=65_536)] = Field(
        description="values in a channel of a curve; of the longest one"
    )
    channels: Annotated[int, Field(ge=1, le=1000)] = Field(
        1, description="values at each point of a curve"
    )
    unequal: bool = Field(
        False, description="whether curves may end early: where NaN, or a table's rows, do"
    )
    layout: Long | None = Field(
        None, description="columns of a long table; null: a row of a table is a curve"
    )
    array: Column | None = Field(
        None, description="the array of an .npz; null: the only one that is left"
    )
    labels: Column | None = Field(
        None, description="the column, or the array of an .npz, of the curves' labels"
    )
    group: Column | None = Field(
        None, description="likewise, of whose curves belong together: one part has them all"
    )
    axis: tuple[Real, Real] | None = Field(
        None, description="first and last place of the points; null: read, or numbered from 0"
    )
    units: Column = Field("value", description="what the values are")
    scaling: Literal["spread", "range", "whitened"] = Field(
        "spread",
        description="what ±1 is to the networks: two standard deviations from a channel's mean, or "
        "its lowest and highest value; or a standard deviation of each principal component",
    )
    order: Literal["shuffled", "time"] = Field(
        "shuffled", description="which curves results are measured on: any, or the file's last"
    )
    held_out: Fraction = Field(0.2, gt=0, description="share that results are measured on")
    validation: Fraction = Field(0.15, gt=0, description="share that searches look at")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_shares(self.held_out, self.validation, "curves")
        if self.axis is not None and not self.axis[0] < self.axis[1]:
            raise ValueError("axis: the first number must lie below the second")
        if self.layout is not None and len(self.layout.values) != self.channels:
            raise ValueError(
                f"channels: found {self.channels}; layout.values names {len(self.layout.values)}"
            )
        if self.scaling == "whitened":
            check_points(self.points)
            if self.unequal:
                raise ValueError("scaling: whitened, of curves of unequal lengths; allowed: spread")
        if self.layout is not None and Path(self.path).suffix.lower() in ARRAYS:
            raise ValueError("layout: is of a long table; an array has none")
        return self

    @property
    def labelled(self) -> bool:  # type: ignore[override]
        """Whether curves have labels."""
        return self.labels is not None

    @property
    def offers(self) -> frozenset[str]:
        lengths = {"lengths"} if self.unequal else set()
        return super().offers | {"curves"} | lengths

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.points, self.channels + self.unequal)

    @property
    def train_size(self) -> int | None:
        return None

    def locate(self, folder: Path) -> Path:
        """Return where `path` leads from `folder`. Raises UserError if there is no file."""
        return find_file(folder, self.path, (*ARRAYS, *TABLES), "a file of curves")

    def read(self, folder: Path) -> Read:
        """Read the file, as it is. Raises UserError."""
        return read(
            self.locate(folder),
            Columns(
                curves=self.array or "",
                labels=self.labels or "",
                groups=self.group or "",
                long=(self.layout.id, self.layout.time, *self.layout.values) if self.layout else (),
                written=self.written,
            ),
        )

    def make(self, folder: Path) -> Data:
        found, classes = as_classes(self.read(folder))
        self._check_shape(found)
        shares = {"test": self.held_out, "validation": self.validation}
        fields: Arrays = {"real": found.curves}
        if found.labels is not None:
            fields["labels"] = found.labels.astype(np.int64)
        groups = None
        if found.groups is not None:
            groups = np.unique(found.groups.astype(str), return_inverse=True)[1]
        times = np.arange(len(found.curves), dtype=np.float64) if self.order == "time" else None
        arrays = split(fields, shares, self.seed, groups, times)
        rows = {part: len(fields["real"]) for part, fields in arrays.items()}
        if min(rows.values()) < FEWEST:
            raise UserError(
                f"dataset.path: {self.path} has {rows['train']} training, {rows['validation']} "
                f"validation and {rows['test']} test curves; figures need at least {FEWEST} of each"
            )
        channels = scale(arrays["train"]["real"], found.names, self.unequal, self.scaling)
        for part in arrays.values():
            part["real"] = fill(part["real"], channels)
        whitened = self.scaling == "whitened"
        codec = whiten(arrays["train"]["real"], channels) if whitened else channels
        for part in arrays.values():
            part["real"] = codec.encode(part["real"])
        real = DataField(
            shape=self.shape,
            codec=codec,
            view="curves",
            units=self.units,
            axis=tuple(self._axis(found).tolist()),
            layout=found.layout,
        )
        return Data(arrays, Description(fields={"real": real}, classes=classes))

    def _axis(self, found: Read) -> np.ndarray:
        if self.axis is not None:
            return np.linspace(*self.axis, self.points)
        if found.axis is not None:
            return found.axis
        if found.layout.long:
            raise UserError(
                f"dataset.axis: {self.path} has curves at different times; set the first and the "
                "last place, over which all points are spread in their order"
            )
        return np.arange(self.points, dtype=np.float64)

    def _check_shape(self, found: Read) -> None:
        """Raise UserError if the curves are not of the shape that the parameters say."""
        _, points, channels = found.curves.shape
        for key, wanted, there in (
            ("points", self.points, points), ("channels", self.channels, channels)
        ):  # fmt: skip
            if wanted != there:
                raise UserError(f"dataset.{key}: found {wanted}; {self.path} has {there}")
        lengths = count(found.curves)
        if not self.unequal and (short := lengths < points).any():
            row = int(short.argmax())
            raise UserError(
                f"{self.path}: curve {row + 1} has {lengths[row]} of {points} points; set "
                "dataset.unequal to true if curves may end early"
            )


def scale(
    curves: np.ndarray, names: tuple[str, ...], masked: bool, scaling: str = "spread"
) -> Channels:
    """Return the codec that curves need.

    Args:
        curves: `[n, t, channels]`, NaN beyond a curve's end.
        names: of the channels.
        masked: whether curves may end early.
        scaling: what becomes ±1, as in `Curves`.
    """
    low = np.nanmin(curves, axis=(0, 1))
    high = np.nanmax(curves, axis=(0, 1))
    if scaling == "range":
        offset = (low + high) / 2
        unit = (high - low) / 2
    else:
        offset = np.nanmean(curves, axis=(0, 1))
        unit = 2 * np.nanstd(curves, axis=(0, 1))
    whole = [
        bool((channel % 1 == 0)[~np.isnan(channel)].all()) for channel in np.moveaxis(curves, -1, 0)
    ]
    # A channel may be constant in the training part alone.
    return Channels(
        names=names,
        scale=tuple(np.where(unit > 0, unit, 1.0).tolist()),
        offset=tuple(offset.tolist()),
        resolution=tuple(float(each) for each in whole),
        range=tuple(zip(low.tolist(), high.tolist(), strict=True))
        if any(whole)
        else ((),) * len(names),
        masked=masked,
    )


def fill(curves: np.ndarray, codec: Channels) -> np.ndarray:
    """Return curves `[n, t, channels]` as the codec has them, in the data's units.

    Beyond a curve's end they have the codec's offset. If curves may end early, the mask is added.
    """
    if not codec.masked:
        return curves
    inside = np.arange(curves.shape[1]) < count(curves)[:, None]
    filled = np.where(inside[..., None], curves, np.array(codec.offset))
    return np.concatenate([filled, inside[..., None]], axis=-1)
