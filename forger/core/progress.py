"""Training's progress: a bar on a terminal, a plain line per epoch elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from tqdm import tqdm

WIDTH = 12
GAP = 2
LEAST_BAR = 12  # columns that the bar needs
UNKNOWN = 80  # columns of a terminal whose width is unknown
BEFORE = "{percentage:3.0f}%|"
AFTER = "| epoch {epoch}/{epochs}, {remaining} left"


class Bar(tqdm):
    """A bar that leaves out values for which the terminal has no room, instead of cutting them.

    Args:
        epochs: epochs in all.
        steps: updates per epoch.
        initial: updates already done.
    """

    def __init__(self, epochs: int, steps: int, initial: int) -> None:
        self.epochs = epochs
        self.steps = steps
        self.values: list[str] = []  # of the last epoch, the most informative first
        super().__init__(
            total=epochs * steps,
            initial=initial,
            file=sys.stdout,
            dynamic_ncols=True,
            leave=False,
            bar_format=f"{BEFORE}{{bar}}{AFTER}{{more}}",
        )

    @property
    def format_dict(self) -> dict[str, Any]:
        found = {**super().format_dict, "epochs": self.epochs, "more": ""}
        found["epoch"] = min(self.n // self.steps + 1, self.epochs)
        plain = self.format_meter(**{**found, "ncols": None, "bar_format": BEFORE + AFTER})
        return {**found, "more": self.fitting(len(plain) + LEAST_BAR)}

    def fitting(self, taken: int) -> str:
        """Return the values that fit on a line of which `taken` columns are used."""
        text = ""
        width = self.ncols or UNKNOWN
        for value in self.values:
            if taken + len(text) + len(value) + 3 > width:
                break
            text += f", {value}"
        return text

    def summary(self) -> str:
        """Return the line that remains when training is over."""
        found = super().format_dict
        done = self.n - found["initial"]
        text = f"{done:,} updates in {self.format_interval(found['elapsed'])}"
        return text + self.fitting(len(text))


class Progress:
    """Reports on one recipe's training, on standard output.

    Args:
        title: what is trained, and on what.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._bar: Bar | None = None
        self._widths: list[int] = []  # of the table's columns

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is None:
            return
        summary = self._bar.summary()
        self._bar.close()
        if self._bar.n == self._bar.total:
            print(summary, flush=True)

    def start(self, epochs: int, steps: int, reports: Sequence[str], done: int = 0) -> None:
        """Announce the training, and print the header of the table where there is no bar.

        Args:
            epochs: epochs in all.
            steps: updates per epoch.
            reports: columns of the table.
            done: updates already done.
        """
        print(f"{self._title}: {epochs} epochs of {steps} updates", flush=True)
        if done:
            print(f"Going on after update {done:,} of {epochs * steps:,}.", flush=True)
        if sys.stdout.isatty():
            self._bar = Bar(epochs, steps, done)
        else:
            names = ("epoch", *reports, "updates/s")
            self._widths = [max(WIDTH, len(name) + GAP) for name in names]
            self._line(names)

    def updates(self, count: int) -> None:
        """Advance the bar by `count` updates."""
        if self._bar is not None:
            self._bar.update(count)

    def epoch(self, row: Mapping[str, float], per_second: float) -> None:
        """Show the history's row for an epoch that is over."""
        reports = {name: value for name, value in row.items() if name not in ("epoch", "step")}
        if self._bar is not None:
            self._bar.values = list(_describe(reports, per_second))
            self._bar.refresh()
        else:
            values = (f"{value:.4f}" for value in reports.values())
            self._line([f"{row['epoch']:.0f}", *values, f"{per_second:.0f}"])

    def _line(self, cells: Sequence[str]) -> None:
        columns = zip(cells, self._widths, strict=True)
        print("".join(cell.rjust(width) for cell, width in columns), flush=True)

    def tell(self, line: str) -> None:
        """Print a line above the bar or in the table."""
        if self._bar is not None:
            self._bar.write(line, file=sys.stdout)
        else:
            print(line, flush=True)


def _describe(reports: Mapping[str, float], per_second: float) -> Iterator[str]:
    for name, value in reports.items():
        yield f"{name} {value:.3f}"
    yield f"{per_second:,.0f} updates/s"
