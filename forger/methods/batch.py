"""The rows of the data that an update sees, by field."""

from typing import Any

from forger.core.lazy import ops

Batch = dict[str, Any]  # tensors `[batches, batch, …]`, or `[batch, …]` of one of the batches


def row(batch: Batch, i: Any) -> Batch:
    """Return one of an update's batches."""
    return {name: rows[i] for name, rows in batch.items()}


def cycle(batch: Batch, n: int) -> Batch:
    """Take `n` rows of everything, starting over at the end."""
    return {
        name: ops.take(rows, [i % rows.shape[0] for i in range(n)], axis=0)
        for name, rows in batch.items()
    }
