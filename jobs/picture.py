"""Draw the README's picture, docs/results.png: `forger picture`.

It shows real data, samples of recipes that keep their source's settings, and samples of the tuned
ones, from the results that dvc.lock records. The file says which results those were, so that a test
can tell when it is stale.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from forger.core.errors import UserError, run
from forger.core.files import whole
from forger.report.results import REPORTS, Results
from forger.report.views.base import FAKE, REAL, drawing
from forger.report.views.kinds import view_of
from jobs.shared.arguments import nothing

PICTURE = Path("docs/results.png")
LOCK = Path("dvc.lock")
SOURCES = ("gaussian", "parabola", "sinusoid", "digits")
MARK = "Results"  # the PNG's text entry that says what was drawn


def main() -> None:
    """Draw the picture. Raises UserError if the results are absent, or not those of dvc.lock."""
    nothing("picture", __doc__)
    lock = LOCK.read_text(encoding="utf-8")
    for recipe in recipes():
        check_recorded(recipe, lock)
    with whole(PICTURE) as part:
        draw().savefig(part, format="png", metadata={MARK: fingerprint(lock)})
    print(f"Written: {PICTURE}")


def recipes() -> list[str]:
    """Return all recipes that are drawn."""
    return [name for source in SOURCES for name in (source, f"{source}_tuned")]


def find_picture(recipe: str) -> Path:
    """Return the file with a recipe's samples."""
    return REPORTS / recipe / "evaluation.npz"


def find_hash(lock: str, path: Path) -> str:
    """Return the MD5 sum that a dvc.lock records for an output. Raises UserError."""
    found = re.search(rf"path: {re.escape(path.as_posix())}\n +hash: md5\n +md5: (\S+)", lock)
    if found is None:
        raise UserError(f"{LOCK}: does not have {path}; `dvc repro` makes it")
    return found[1]


def fingerprint(lock: str) -> str:
    """Hash what a dvc.lock records of everything that is drawn."""
    paths = [path for recipe in recipes() for path in (Path("data", recipe), find_picture(recipe))]
    sums = "".join(find_hash(lock, path) for path in paths)
    return hashlib.sha256(sums.encode()).hexdigest()


def check_recorded(recipe: str, lock: str) -> None:
    """Raise UserError if the samples here are not those of dvc.lock."""
    path = find_picture(recipe)
    if not path.exists():
        raise UserError(f"{path}: is not there; `dvc repro` makes it, `dvc pull` fetches it")
    if hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != find_hash(lock, path):
        raise UserError(f"{path}: is not what {LOCK} says; `dvc repro`, or `dvc checkout`")


def mark() -> str | None:
    """Return the fingerprint in the existing picture; None if it has none."""
    with Image.open(PICTURE) as picture:
        return picture.info.get(MARK)


def draw() -> Figure:
    """Draw one row per source: real data, its recipe, the tuned one."""
    figure = drawing(1.45 * len(SOURCES))
    for row, source in zip(figure.subplots(len(SOURCES), 3), SOURCES, strict=True):
        kept, tuned = (Results.load(name) for name in (source, f"{source}_tuned"))
        view = view_of(kept.data.real, kept.real)
        cells = (
            ("real data", kept.real, REAL),
            (source, kept.samples, FAKE),
            (tuned.recipe, tuned.samples, FAKE),
        )
        for axes, (title, examples, color) in zip(row, cells, strict=True):
            view.thumbnail(axes, examples, color)
            axes.set_title(title, color=color)
    return figure


if __name__ == "__main__":
    run(main)
