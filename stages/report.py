"""report: draw a recipe's pictures, execute its notebook and turn it into a page."""

from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from stages.gan import environment, models, tables
from stages.gan.datasets import AnyDataset
from stages.gan.figures import FIGURES
from stages.gan.files import write_json, write_text
from stages.gan.networks import Networks
from stages.gan.notebooks import execute, to_html
from stages.gan.pages import embedded, render
from stages.gan.params.compute import Compute
from stages.gan.params.declared import Declared
from stages.gan.params.evaluate import Evaluate, Source
from stages.gan.params.method import Method
from stages.gan.params.section import Seed
from stages.gan.params.train import Train
from stages.gan.results import REPORTS, Results
from stages.gan.stage import run

SOURCE = Path("stages/report_notebook.py")
PICTURES = ("samples", "progress", "learning_curves", "quality")
SECTIONS = {  # whose defaults are filled in
    "source": Source, "dataset": AnyDataset, "method": Method,
    "networks": Networks, "train": Train, "evaluate": Evaluate,
}  # fmt: skip


def main() -> None:
    """Write settings.json, the pictures, report.ipynb and report.html in reports/recipes/R, and
    what the summary says of it in reports/cards."""
    recipe, declared = Declared.asked("report")
    folder = REPORTS / recipe
    write_json(
        folder / "settings.json", {**surroundings(recipe, declared), **settings(recipe, declared)}
    )
    execute(SOURCE, folder / "report.ipynb", recipe=recipe)
    body = to_html(folder / "report.ipynb")
    write_text(folder / "report.html", render("report.html", title=recipe, body=body))
    write_json(Path("reports/cards", f"{recipe}.json"), card(recipe))


def settings(recipe: str, declared: Declared) -> dict[str, Any]:
    """The recipe's sections, with the defaults of the keys that params.yaml leaves out."""
    return {
        name: to_jsonable_python(declared.section(f"recipes.{recipe}.{name}", schema))
        for name, schema in SECTIONS.items()
    }


def surroundings(recipe: str, declared: Declared) -> dict[str, Any]:
    """What training depended on beside the recipe, and how many weights it trained."""
    compute, resolved = declared.section("compute", Compute), environment.resolved()
    roles = models.read_about(Path("models", recipe))["roles"]
    return {
        "seed": declared.section("seed", Seed),
        "compute": {
            **{name: resolved[name] for name in ("backend", "device", "jit")},
            "precision": compute.precision,
            "threads": compute.threads,
        },
        "versions": resolved["versions"],
        "weights": {role: about["weights"] for role, about in roles.items()},
    }


def card(recipe: str) -> dict[str, Any]:
    """What the summary says of the recipe, pictures included."""
    folder, shown = REPORTS / recipe, tables.settings(recipe)
    pictures = {name: embedded(folder / f"{name}.png") for name in PICTURES}
    results = Results.load(recipe)
    figures = tables.figures(results, shown).to_dict("records")
    by_name = {row["figure"]: row for row in figures}
    quality = [by_name[name] for name in results.figures["quality"] if FIGURES[name].headline]
    return {
        "name": recipe,
        "settings": shown,
        "figures": figures,
        "by_name": by_name,
        "quality": [f"{row['figure']} {row['value']} ({row['floor']})" for row in quality],
        "sizes": tables.sizes(results),
        "diagnosis": results.figures["diagnosis"],
        "grade": results.figures["grade"],
        "rows": tables.flat(shown).to_dict("records"),
        "pictures": {**pictures, "progress_gif": embedded(folder / "progress.gif")},
    }


if __name__ == "__main__":
    run(main)
