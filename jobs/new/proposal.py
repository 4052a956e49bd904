"""What `forger new` makes of a person's data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from forger.data.base import Data


@dataclass(frozen=True)
class Proposal:
    """A recipe for some data, and why it is so.

    Attributes:
        sections: `dataset`, `method`, `networks`, `train` and `evaluate`, as YAML has them.
        remarks: comments for the recipe's file, by dotted key.
        findings: what the data were taken for, a line each.
        data: what `sections` make, where it took that to propose them.
    """

    sections: dict[str, Any]
    remarks: dict[str, str]
    findings: tuple[str, ...]
    data: Data | None = None


def spread_updates(updates: int, rows: int, batch: int, epochs: int = 100) -> dict[str, int]:
    """Return `epochs` and, if one must be longer or shorter than a pass, `steps_per_epoch`.

    Args:
        updates: how many the training shall have, about.
        rows: examples to train with.
        batch: examples in a batch.
        epochs: how many the training shall have: each is a line of the history.
    """
    a_pass = max(1, rows // batch)
    if updates / epochs / 2 <= a_pass <= updates / epochs * 2:
        return {"epochs": max(2, round(updates / a_pass))}
    return {"epochs": epochs, "steps_per_epoch": math.ceil(updates / epochs)}
