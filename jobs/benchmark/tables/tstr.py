"""What models learn from generated rows: train on synthetic, test on real (Esteban et al. 2017).

As in CTGAN's benchmark (Xu et al. 2019, section 5.3), but of tables that packages come with, and of
its `mnist12`: digits of 12 × 12 pixels, black or white, beside their label. Forger's recipe is what
`forger new` writes, with nothing tuned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from forger.config.section import parse
from forger.data.mnist import MNIST
from jobs.benchmark.tables.models import score_rows
from jobs.benchmark.tables.project import ScratchProject
from jobs.benchmark.tables.rival import Rival
from jobs.benchmark.tables.rows import TableRows
from jobs.benchmark.worker import MissingError

SIDE = 12  # pixels
THRESHOLD = 128  # of 255, above which a pixel is white
MAKERS = ("real", "ctgan", "new")
HEADER = (
    f"{'F1, of real rows':<20}{'real rows':>12}{'ctgan package':>15}{'forger new':>12}{'CPU s':>12}"
)
NAME = "own_table"  # of the recipe


@dataclass(frozen=True)
class Source:
    """A table to predict a category of.

    Attributes:
        target: the category's column.
        read: returns the table, told where to find packages and the folder of MNIST.
        dataset: what the recipe says of the data beyond what `forger new` proposes.
        against: whether `ctgan` is measured, which takes hours at hundreds of columns.
    """

    target: str
    read: Callable[[Rival, str | None], pd.DataFrame]
    dataset: dict[str, Any]
    against: bool = True


def _read_breast_cancer(_: Rival, __: str | None) -> pd.DataFrame:
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer(as_frame=True)
    return bunch.frame.assign(target=[bunch.target_names[label] for label in bunch.target])


def _read_anes96(rival: Rival, _: str | None) -> pd.DataFrame:
    file = rival.find("statsmodels") / "datasets/anes96/anes96.csv"
    table = pd.read_csv(file, sep="\t", quotechar="'")
    return table.assign(vote=table["vote"].map({0: "Clinton", 1: "Dole"}))


def _read_fair(rival: Rival, _: str | None) -> pd.DataFrame:
    table = pd.read_csv(rival.find("statsmodels") / "datasets/fair/fair.csv")
    affair = np.where(table.pop("affairs") > 0, "some", "none")
    return table.assign(affair=affair)


def _read_mnist12(_: Rival, folder: str | None) -> pd.DataFrame:
    """Return the digits of both files, `[n, 145]`. Raises MissingError without a folder."""
    from PIL import Image

    if folder is None:
        raise MissingError("say --mnist FOLDER, where its IDX files are")
    data = parse(MNIST, {"kind": "mnist", "path": folder}, "--mnist").make(Path.cwd())
    parts = [data.arrays[part] for part in ("train", "validation", "test")]
    digits = np.concatenate([data.description.real.codec.decode(part["real"]) for part in parts])
    small = [
        np.asarray(Image.fromarray(digit[..., 0].astype(np.uint8)).resize((SIDE, SIDE)))
        for digit in digits
    ]
    pixels = np.where(np.stack(small).reshape(len(digits), -1) > THRESHOLD, "white", "black")
    table = pd.DataFrame(pixels, columns=[f"pixel_{i}" for i in range(SIDE * SIDE)])
    labels = np.concatenate([part["labels"] for part in parts])
    return table.assign(digit=[f"digit {label}" for label in labels])


SOURCES = {
    "breast_cancer": Source("target", _read_breast_cancer, {}),
    "anes96": Source("vote", _read_anes96, {}),
    "fair": Source("affair", _read_fair, {}),
    # Half of both files' 20,000 digits are there to learn from.
    "mnist12": Source("digit", _read_mnist12, {"held_out": 0.45, "validation": 0.05}, False),
}


@dataclass(frozen=True)
class Learnt:
    """How well models predict real rows that have learnt from whose rows: means over the seeds.

    Attributes:
        scores: by who made the rows, one of `MAKERS`.
        seconds: processor time of a training, likewise.
    """

    table: str
    seeds: tuple[int, ...]
    scores: dict[str, float]
    seconds: dict[str, float]

    def line(self) -> str:
        """Return a line below HEADER."""
        cells = [f"{self.scores[name]:.3f}" if name in self.scores else "–" for name in MAKERS]
        spent = [
            f"{self.seconds[name]:.0f}" if name in self.seconds else "–" for name in MAKERS[1:]
        ]
        widths = (12, 15, 12)
        row = "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        return f"{self.table:<20}{row}{', '.join(spent):>12}"

    def as_json(self) -> dict[str, Any]:
        rounded = [{k: round(v, 4) for k, v in d.items()} for d in (self.scores, self.seconds)]
        return {
            "table": self.table,
            "seeds": list(self.seeds),
            "scores": rounded[0],
            "seconds": rounded[1],
        }


@dataclass(frozen=True)
class Lesson:
    """Where it takes place: a project, who else is measured, a folder for files, and MNIST's."""

    project: ScratchProject
    rival: Rival
    folder: Path
    mnist: str | None
    names: ClassVar[tuple[str, ...]] = tuple(SOURCES)
    header: ClassVar[str] = HEADER

    def measure(self, name: str, seeds: Sequence[int]) -> Learnt:
        """Return the means over the seeds. Raises MissingError if the table is nowhere."""
        source = SOURCES[name]
        file = self.folder / "table.csv"
        source.read(self.rival, self.mnist).to_csv(file, index=False)
        runs = [dict(self.compare(source, file, seed)) for seed in seeds]
        scores, seconds = (
            {who: fmean(run[who][i] for run in runs) for who in runs[0]} for i in (0, 1)
        )
        del seconds["real"]
        return Learnt(name, tuple(seeds), scores, seconds)

    def compare(
        self, source: Source, file: Path, seed: int
    ) -> Iterator[tuple[str, tuple[float, float]]]:
        """Yield who made rows, how well models predict from these, and the time it took."""
        self.project.propose(NAME, file, "--target", source.target)
        self.project.choose(NAME, seed, dataset={"seed": seed, **source.dataset})
        rows = TableRows.of(self.project.make_data(NAME).read())
        yield "real", (score_rows(rows.train, rows, source.target), 0.0)
        if source.against:
            train = rows.write(self.folder / "train.csv")
            fitted = self.rival.fit(train, rows.discrete, len(rows.train), seed)
            made = rows.read(fitted.samples)
            yield "ctgan", (score_rows(made, rows, source.target), fitted.seconds)
        spent = self.project.train(NAME)
        made = rows.read(self.project.generate(NAME, len(rows.train), self.folder / "samples.csv"))
        yield "new", (score_rows(made, rows, source.target), spent.train)
