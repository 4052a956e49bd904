"""report: draw a recipe's pictures, execute its notebook and turn it into a page."""

import sys
from pathlib import Path

from stages.gan.errors import run
from stages.gan.files import write_json, write_text
from stages.gan.notebooks import execute, to_html
from stages.gan.pages import render
from stages.gan.params.declared import Declared
from stages.gan.params.evaluate import Source
from stages.gan.results import REPORTS

SOURCE = Path("stages/report_notebook.py")


def main() -> None:
    """Write settings.json, the pictures, report.ipynb and report.html in reports/recipes/R."""
    recipe = sys.argv[1]
    folder = REPORTS / recipe
    declared, key = Declared(f"report@{recipe}"), f"recipes.{recipe}"
    source = declared.section(f"{key}.source", Source).model_dump()
    write_json(folder / "settings.json", {**declared.value(key), "source": source})
    execute(SOURCE, folder / "report.ipynb", recipe=recipe)
    body = to_html(folder / "report.ipynb")
    write_text(folder / "report.html", render("report.html", title=recipe, body=body))


if __name__ == "__main__":
    run(main)
