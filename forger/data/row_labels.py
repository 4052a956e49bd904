"""The labels of a table's rows: the choices of one column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from forger.core.errors import UserError
from forger.data.codecs.table import Table
from forger.data.description import Arrays
from forger.data.table_rows import write_column


def add_labels(codec: Table, name: str) -> Table:
    """Return the codec of a table whose column `name`, which varies, has the labels.

    Raises:
        UserError: its values are no choices, or there is no other column.
    """
    column = codec.columns[codec.names.index(name)]
    if column.measured:
        raise UserError(
            f"dataset.labels: {name} has numbers; labels are categories, which "
            "dataset.columns may say that it has, or at most 20 different numbers"
        )
    if len(codec.columns) == 1:
        raise UserError(f"dataset.labels: {name} is the only column that varies")
    return codec.model_copy(update={"labels": name})


def read_labels(codec: Table, arrays: Mapping[str, Arrays]) -> dict[str, Any]:
    """Add `labels` to the rows of each part, and return what data.json says of them.

    A class is a value of their column as the file writes it; that of a missing value is empty.
    Samples come in the proportions of the training rows. Without a column of labels, do nothing.
    """
    place = codec.label_place
    if place is None:
        return {"classes": ()}
    for fields in arrays.values():
        fields["labels"] = fields["real"][:, place].astype(np.int64)
    column = codec.columns[codec.names.index(codec.labels)]
    every = np.arange(column.choices)
    counts = np.bincount(arrays["train"]["labels"], minlength=len(every))
    return {
        "classes": tuple(write_column(column, column.restore(every, None))),
        "counts": tuple(counts.tolist()),
    }
