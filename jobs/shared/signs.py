"""Signs of life from a series of experiments: a bar on a terminal, a line a stage elsewhere."""

from __future__ import annotations

import sys
from typing import Self, TextIO

from tqdm import tqdm


class Signs:
    """Shows which experiment runs, at which stage, and for how long.

    Args:
        total: how many units of work there are.
        unit: what the bar counts, such as `seed`.
        done: how many of them are done.
        plain: where lines go if standard error is no terminal.
    """

    def __init__(self, total: int, unit: str, done: int = 0, plain: TextIO | None = None) -> None:
        self.plain = plain or sys.stdout
        self.bar = tqdm(total=total, initial=done, unit=unit, disable=None, leave=False)
        self._name = self._stage = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.close()

    def experiment(self, name: str) -> None:
        """Show that an experiment begins."""
        self._name = name
        self._stage = ""
        self._show(name, f"Training {name}")

    def stage(self, stage: str, seconds: float) -> None:
        """Show the stage that the experiment has been at for so many seconds."""
        new = stage != self._stage
        self._stage = stage
        short = stage.partition("@")[0]
        since = tqdm.format_interval(seconds)
        self._show(f"{self._name}: {short} {since}", f"{self._name}: {short}" if new else "")

    def advance(self) -> None:
        """Show that a unit of work is done."""
        self.bar.update()

    def tell(self, line: str) -> None:
        """Print a line on standard output, above the bar."""
        with tqdm.external_write_mode():
            print(line, flush=True)

    def _show(self, postfix: str, line: str) -> None:
        if not self.bar.disable:
            self.bar.set_postfix_str(postfix)
        elif line:
            print(line, file=self.plain, flush=True)
