"""summary: one page across the recipes of `run`."""

from pathlib import Path
from typing import Any

from stages.gan import tables, timings
from stages.gan.errors import run
from stages.gan.files import write_text
from stages.gan.pages import embedded, render
from stages.gan.params.declared import Declared
from stages.gan.results import REPORTS, Results

PICTURES = ("samples", "progress", "learning_curves", "accuracies")


def main() -> None:
    """Write reports/index.html. What other recipes left behind does not enter it."""
    recipes = Declared("summary").value("run")
    page = render("summary.html", title="Results", recipes=[describe(name) for name in recipes])
    write_text(Path("reports/index.html"), page)
    timings.refresh({name: REPORTS / name / "history.csv" for name in recipes})


def describe(recipe: str) -> dict[str, Any]:
    """What the page says of one recipe."""
    folder, settings = REPORTS / recipe, tables.settings(recipe)
    pictures = {name: embedded(folder / f"{name}.png") for name in PICTURES}
    results = Results.load(recipe)
    figures = tables.figures(results, settings).to_dict("records")
    by_name = {row["figure"]: row for row in figures}
    quality = [by_name[name] for name in results.metrics["quality"]]
    return {
        "name": recipe,
        "settings": settings,
        "figures": figures,
        "by_name": by_name,
        "quality": [f"{row['figure']} {row['value']} ({row['floor']})" for row in quality],
        "rows": tables.flat(settings).to_dict("records"),
        "pictures": {**pictures, "progress_gif": embedded(folder / "progress.gif")},
    }


if __name__ == "__main__":
    run(main)
