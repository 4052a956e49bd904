"""Curves as tables and arrays, in the layout of the file that they imitate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jobs.shared.trained import Trained

if TYPE_CHECKING:
    import pyarrow as pa


def from_a_file(trained: Trained) -> bool:
    """Tell whether a generator makes curves of which a person's file had some."""
    return trained.data.real.layout is not None


def shape_of(trained: Trained) -> tuple[int, ...]:
    """Return the shape of one curve in an array, without a mask."""
    field = trained.data.real
    assert field.layout is not None
    steps, channels = field.shape
    if getattr(field.codec, "masked", False):
        channels -= 1
    return (steps,) if field.layout.flat else (steps, channels)


def cut(samples: np.ndarray, trained: Trained) -> np.ndarray:
    """Return samples as the file's array had curves: NaN beyond their ends, `[n, *shape_of]`."""
    return trained.data.real.codec.cut(samples).reshape(len(samples), *shape_of(trained))


def schema(trained: Trained) -> pa.Schema:
    """Return the columns of a table: the file's own or, of an array, `x_STEP_CHANNEL`."""
    import pyarrow as pa

    layout = trained.data.real.layout
    assert layout is not None
    kinds = _kinds(trained)
    if layout.long:
        curve, time, *values = layout.columns
        columns = [(curve, pa.int64()), (time, pa.float64())]
        columns += list(zip(values, kinds, strict=True))
    else:
        places = list(np.ndindex(*shape_of(trained)))
        names = layout.columns or [
            "_".join(["x", *map(str, place[: None if len(kinds) > 1 else 1])]) for place in places
        ]
        columns = [(name, kinds[i % len(kinds)]) for i, name in enumerate(names)]
    label = layout.labels or "label"
    return pa.schema([*columns, *[(label, pa.string())] * trained.conditional])


def table(samples: np.ndarray, labels: np.ndarray | None, start: int, trained: Trained) -> pa.Table:
    """Return samples as rows of a table with `schema`.

    Args:
        samples: in the data's units.
        labels: int `[n]`, or None.
        start: the number of the first sample, by which a long table names it.
        trained: the generator.
    """
    import pyarrow as pa

    field = trained.data.real
    layout = field.layout
    assert layout is not None
    curves = cut(samples, trained)
    curves = curves.reshape(len(curves), field.shape[0], -1)
    names = np.array(trained.data.classes)[labels] if labels is not None else None
    columns: list[np.ndarray]
    if layout.long:
        there = np.isfinite(curves[..., 0])
        of_curve, steps = np.nonzero(there)
        columns = [start + of_curve, np.array(field.axis)[steps], *curves[there].T]
        names = None if names is None else names[of_curve]
    else:
        columns = [*curves.reshape(len(curves), -1).T]
    wanted = schema(trained)
    arrays = [
        pa.array(column, mask=np.isnan(column)).cast(kind.type, safe=False)
        for column, kind in zip(columns, wanted, strict=False)
    ]
    if names is not None:
        arrays.append(pa.array(names.tolist(), pa.string()))
    return pa.Table.from_arrays(arrays, schema=wanted)


def has_header(trained: Trained) -> bool:
    """Tell whether a table's first line names its columns."""
    layout = trained.data.real.layout
    return layout is None or layout.long or bool(layout.columns) or layout.array


def _kinds(trained: Trained) -> list[pa.DataType]:
    """Return the type of each channel: whole numbers where the data have only such."""
    import pyarrow as pa

    steps = getattr(trained.data.real.codec, "resolution", (0.0,))
    return [pa.int64() if step and step % 1 == 0 else pa.float32() for step in steps]
