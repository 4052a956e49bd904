"""How training shows its progress: a bar on a terminal, a plain line an epoch elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Self

from tqdm import tqdm

WIDTH = 12


class Progress:
    """Tells about one recipe's training, on standard output.

    Args:
        title: what is trained, and on what.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._bar: tqdm | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def start(self, epochs: int, steps: int, reports: Sequence[str], done: int = 0) -> None:
        """Announce `epochs` of `steps` updates each, of which so many updates are `done`, and the
        columns of the table."""
        print(f"{self._title}: {epochs} epochs of {steps} updates", flush=True)
        if done:
            print(f"Going on after update {done:,} of {epochs * steps:,}.", flush=True)
        header = "".join(name.rjust(WIDTH) for name in ("epoch", *reports, "updates/s"))
        if sys.stdout.isatty():
            self._bar = tqdm(
                total=epochs * steps,
                initial=done,
                unit=" updates",
                file=sys.stdout,
                dynamic_ncols=True,
            )
        else:
            print(header, flush=True)

    def updates(self, count: int) -> None:
        """`count` more updates have run."""
        if self._bar is not None:
            self._bar.update(count)

    def epoch(self, row: Mapping[str, float], per_second: float) -> None:
        """An epoch is over: its row of the history."""
        reports = {name: value for name, value in row.items() if name not in ("epoch", "step")}
        if self._bar is not None:
            shown = {name: f"{value:.3f}" for name, value in reports.items()}
            self._bar.set_postfix({"epoch": row["epoch"], **shown})
        else:
            cells = [f"{row['epoch']:.0f}", *(f"{v:.4f}" for v in reports.values())]
            print("".join(c.rjust(WIDTH) for c in [*cells, f"{per_second:.0f}"]), flush=True)

    def tell(self, line: str) -> None:
        """A line beside the bar or in the table."""
        if self._bar is not None:
            self._bar.write(line, file=sys.stdout)
        else:
            print(line, flush=True)
