"""How good generated tables are, and what they cost, beside CTGAN's: two measurements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jobs.benchmark.committed import check_committed
from jobs.benchmark.tables import simulated, tstr
from jobs.benchmark.tables.project import ScratchProject
from jobs.benchmark.tables.rival import Rival
from jobs.benchmark.worker import MissingError

FIRST_SEED = 11  # recipes were made with 1 and a few after it
TABLES = (*simulated.PUBLISHED, *tstr.SOURCES)
Row = simulated.Row | tstr.Learnt


def measure_tables(
    tables: Sequence[str], seeds: int, python: str, mnist: str | None
) -> Iterator[Row]:
    """Measure each table and yield its row; print a line of it, or why there is none.

    Args:
        tables: their names, of `TABLES`.
        seeds: how many trainings of each.
        python: the interpreter that has the packages to measure against.
        mnist: the folder of MNIST's files, if there is one.
    """
    check_committed()
    with TemporaryDirectory() as name:
        folder = Path(name)
        project, rival = ScratchProject(folder / "project"), Rival(python)
        parts: tuple[simulated.Simulated | tstr.Lesson, ...] = (
            simulated.Simulated(project, rival, folder),
            tstr.Lesson(project, rival, folder, mnist),
        )
        for part in parts:
            own = [table for table in tables if table in part.names]
            if own:
                print(part.header)
            for table in own:
                try:
                    row = part.measure(table, range(FIRST_SEED, FIRST_SEED + seeds))
                except MissingError as error:
                    print(f"{table:<15}not measured: {error}", flush=True)
                    continue
                print(row.line(), flush=True)
                yield row


def merge(known: Sequence[Mapping[str, Any]], found: Row) -> list[dict[str, Any]]:
    """Return the rows known so far with that of one table added, or instead of an older one."""
    rows = {row["table"]: dict(row) for row in known} | {found.table: found.as_json()}
    return [rows[name] for name in TABLES if name in rows]
