"""CTGAN's simulated benchmark (Xu et al. 2019, section 5.1): ours, the package `ctgan`, real rows.

Everybody learns from the same rows, makes as many, and is judged by the same code and test rows.
The seeds are of the data, too, and nothing has been chosen by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, ClassVar

from jobs.benchmark.tables.project import ScratchProject
from jobs.benchmark.tables.rival import Rival
from jobs.benchmark.tables.rows import TableRows
from jobs.benchmark.worker import MissingError

ROWS = 10_000  # that each learns from, and that each makes
PUBLISHED = {  # L_syn and L_test of CTGAN, by recipe
    "grid_table": (-5.63, -3.69),
    "gridr_table": (-8.11, -4.31),
    "ring_table": (-3.43, -2.19),
    "asia": (-2.56, -2.31),
    "alarm": (-14.2, -12.6),
    "child": (-13.4, -12.7),
    "insurance": (-16.5, -14.8),
}
NETWORKS = ("asia", "alarm", "child", "insurance")  # whose files are not in git
UNTUNED = ("grid_table", "ring_table", "asia")  # for which `forger new` writes a recipe, too
MAKERS = ("real", "published", "ctgan", "new", "recipe")
HEADER = (
    f"{'L_syn / L_test':<15}{'real rows':>17}{'CTGAN, published':>18}{'ctgan package':>17}"
    f"{'forger new':>17}{'the recipe':>17}{'CPU s: ctgan, train, all':>28}{'ratio':>12}"
)
Figures = dict[str, float]


@dataclass(frozen=True)
class Row:
    """What one set has brought: means over the seeds.

    Attributes:
        table: the recipe's name.
        seeds: of the data and the trainings.
        figures: by who made the rows, one of `MAKERS`: `likelihood_samples`, its distance from
            that of real rows as `gap`, `likelihood_test`, `impossible` and the processor time, as
            `seconds` and, of all stages, `every`.
    """

    table: str
    seeds: tuple[int, ...]
    figures: dict[str, Figures]

    def line(self) -> str:
        """Return a line of the table."""
        cells = [f"{self._pair(name):>17}" for name in MAKERS]
        times = [
            self._seconds("ctgan", "seconds"),
            self._seconds("recipe", "seconds"),
            self._seconds("recipe", "every"),
        ]
        ratios = [f"{times[0] / t:.1f}" if times[0] and t else "–" for t in times[1:]]
        spent = ", ".join(f"{t:.0f}" if t else "–" for t in times)
        cells[1] = f"{cells[1]:>18}"
        return f"{self.table:<15}{''.join(cells)}{spent:>28}{' / '.join(ratios):>12}"

    def as_json(self) -> dict[str, Any]:
        rounded = {
            name: {key: round(value, 4) for key, value in found.items()}
            for name, found in self.figures.items()
        }
        return {"table": self.table, "seeds": list(self.seeds), **rounded}

    def _pair(self, name: str) -> str:
        if (found := self.figures.get(name)) is None:
            return "–"
        return f"{found['likelihood_samples']:.2f} / {found['likelihood_test']:.3f}"

    def _seconds(self, name: str, key: str) -> float:
        return self.figures.get(name, {}).get(key, 0.0)


@dataclass(frozen=True)
class Simulated:
    """Where it takes place: a project, who else is measured, and a folder for files."""

    project: ScratchProject
    rival: Rival
    folder: Path
    names: ClassVar[tuple[str, ...]] = tuple(PUBLISHED)
    header: ClassVar[str] = HEADER

    def measure(self, recipe: str, seeds: Sequence[int]) -> Row:
        """Return the means over the seeds. Raises MissingError if the set's file is nowhere."""
        if recipe in NETWORKS:
            self.rival.bring_network(recipe, self.project.folder)
        runs = [self.compare(recipe, seed) for seed in seeds]
        figures = {
            name: {key: fmean(run[name][key] for run in runs) for key in runs[0][name]}
            for name in runs[0]
        }
        samples, test = PUBLISHED[recipe]
        figures["published"] = {"likelihood_samples": samples, "likelihood_test": test}
        figures["published"]["gap"] = abs(samples - figures["real"]["likelihood_samples"])
        return Row(recipe, tuple(seeds), figures)

    def compare(self, recipe: str, seed: int) -> dict[str, Figures]:
        """Return the figures of everybody's rows, by who made them, for one seed."""
        self.project.choose(recipe, seed, dataset={"seed": seed})
        rows = TableRows.of(self.project.make_data(recipe).read())
        train = rows.write(self.folder / "train.csv")
        found = {"real": rows.judge(rows.train)}
        try:
            fitted = self.rival.fit(train, rows.discrete, ROWS, seed)
        except MissingError as error:
            print(f"{recipe:<15}without the package ctgan: {error}", flush=True)
        else:
            found["ctgan"] = rows.judge(rows.read(fitted.samples)) | {"seconds": fitted.seconds}
        found["recipe"] = self.train(recipe, rows)
        if recipe in UNTUNED:
            self.project.propose("own_table", train)
            self.project.choose("own_table", seed, dataset={"seed": seed})
            found["new"] = self.train("own_table", rows)
        for figures in found.values():  # a likelihood above that of real rows is a fault, too
            excess = figures["likelihood_samples"] - found["real"]["likelihood_samples"]
            figures["gap"] = abs(excess)
        return found

    def train(self, recipe: str, rows: TableRows) -> Figures:
        """Return the figures of a recipe's samples, and the time that its training took."""
        spent = self.project.train(recipe)
        made = self.project.generate(recipe, ROWS, self.folder / "samples.csv")
        judged = rows.judge(rows.read(made))
        return judged | {"seconds": spent.train, "every": spent.every}
