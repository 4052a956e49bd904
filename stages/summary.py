"""summary: write one page across the recipes of `run`."""

from pathlib import Path

from forger.config.declared import Declared, run
from forger.core.files import read_json, write_text
from forger.report import timings
from forger.report.pages import render
from forger.training import checkpoints

CARDS = Path("reports/cards")


def main(declared: Declared) -> None:
    """Write reports/index.html, leaving out what other recipes left behind."""
    recipes = declared.values["run"]
    cards = [read_json(CARDS / f"{name}.json") for name in recipes]
    # Methods report different things; all of them have a column.
    columns = [*dict.fromkeys(name for card in cards for name in card["trained"]), "auc"]
    page = render("summary.html", title="Results", recipes=cards, columns=columns)
    write_text(Path("reports/index.html"), page)
    timings.refresh(recipes)
    checkpoints.forget()


if __name__ == "__main__":
    run("summary", main)
