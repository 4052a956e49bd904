"""report: draw a recipe's pictures, execute its notebook and turn it into a page."""

from pathlib import Path
from typing import Any

from forger.config.declared import Declared, run
from forger.core.files import write_json, write_text
from forger.evaluation.grade import GRADES
from forger.metrics.figures import FIGURES
from forger.report import settings, tables
from forger.report.notebooks import execute, to_html
from forger.report.pages import embed, render
from forger.report.pictures import ANIMATION, pictures_of
from forger.report.results import PICTURES, REPORTS, Results

SOURCE = Path("stages/report_notebook.py")
SHOWN = ("samples", "progress", "learning_curves", "quality")  # by the summary


def main(declared: Declared) -> None:
    """Write settings.json, the pictures, report.ipynb and report.html in reports/recipes/R.

    The recipe's card for the summary goes to reports/cards.
    """
    recipe = declared.recipe
    folder = REPORTS / recipe
    write_json(folder / "settings.json", settings.describe(recipe))
    notebook = execute(SOURCE, folder / "report.ipynb", recipe=recipe)
    body = to_html(folder / "report.ipynb")
    write_text(folder / "report.html", render("report.html", title=recipe, body=body))
    write_json(
        Path("reports/cards", f"{recipe}.json"), card(notebook["results"], notebook["settings"])
    )


def card(results: Results, shown: dict[str, Any]) -> dict[str, Any]:
    """Return what the summary says about the recipe, pictures included.

    Args:
        results: what the earlier stages found.
        shown: the contents of settings.json.
    """
    folder = REPORTS / results.recipe / PICTURES
    figures = tables.figures(results, shown).to_dict("records")
    by_name = {row["figure"]: row for row in figures}
    quality = [by_name[name] for name in results.figures["quality"] if FIGURES[name].headline]
    return {
        "name": results.recipe,
        "settings": shown,
        "figures": figures,
        "by_name": by_name,
        "trained": [name for name, *_ in tables.list_trained(results)],
        "quality": [f"{row['figure']} {row['value']} ({row['floor']})" for row in quality],
        "sizes": tables.sizes(results),
        "diagnosis": results.figures["diagnosis"],
        "grade": results.figures["grade"],
        "rank": list(GRADES).index(results.figures["grade"]["grade"]),
        "rows": tables.flat(shown).to_dict("records"),
        "pictures": {name: embed(folder / f"{name}.png") for name in SHOWN},
        "animation": embed(folder / ANIMATION),
        "titles": [each.title for each in pictures_of(results).values() if each.title],
    }


if __name__ == "__main__":
    run("report", main)
