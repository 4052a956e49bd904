"""The history of a training: one row per epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from forger.core.errors import UserError
from forger.core.text import either
from forger.engine.model import SKIPPED
from forger.methods.findings import REMEDIES
from forger.training.batches import Arrays


class History:
    """One row per epoch: `epoch` from 1, `step`, and each report's mean over the epoch's updates.

    Where a loss scale left out a step, the mean is over the finite values only, and NaN if there
    are none.

    Args:
        reports: their names.
        steps: updates in an epoch.
        remedies: what to try where the training diverges.

    Attributes:
        rows: those of the finished epochs.
        open: the reports of the unfinished epoch, `[n]` by name.
    """

    def __init__(
        self,
        reports: Iterable[str],
        steps: int,
        remedies: Sequence[str] = REMEDIES["divergence"],
    ) -> None:
        self.open = {name: np.zeros(0) for name in reports}
        self.rows: list[dict[str, Any]] = []
        self._steps = steps
        self._remedies = remedies

    def add(self, reports: Arrays) -> Iterator[dict[str, Any]]:
        """Add the reports of some updates, `[n]` by name, and yield the rows of finished epochs.

        Raises:
            UserError: the training diverged: a report is not finite, though no step was left out.
        """
        for name, values in reports.items():
            self.open[name] = np.append(self.open[name], values)
        self._refuse_divergence()
        while len(next(iter(self.open.values()))) >= self._steps:
            epoch = len(self.rows) + 1
            means = {name: _mean(values[: self._steps]) for name, values in self.open.items()}
            self.open = {name: v[self._steps :] for name, v in self.open.items()}
            self.rows.append({"epoch": epoch, "step": epoch * self._steps, **means})
            yield self.rows[-1]

    def table(self) -> pd.DataFrame:
        """Return the rows as a table."""
        return pd.DataFrame(self.rows)

    def _refuse_divergence(self) -> None:
        left_out = self.open.get(SKIPPED, np.zeros(1)) > 0
        wrong = {name: ~(np.isfinite(values) | left_out) for name, values in self.open.items()}
        if lost := [name for name, places in wrong.items() if places.any()]:
            step = min(int(np.argmax(wrong[name])) for name in lost)
            epoch = len(self.rows) + 1 + step // self._steps
            names = [name for name in lost if name != SKIPPED] or ["a gradient"]
            raise UserError(
                f"training diverged: {' and '.join(names)} not finite in epoch {epoch}, "
                f"update {step % self._steps + 1}; try {either(self._remedies)}"
            )


def _mean(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")
