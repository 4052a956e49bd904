"""summary: one page across the recipes of `run`."""

import json
from pathlib import Path

from stages.gan import checkpoints, timings
from stages.gan.files import write_text
from stages.gan.pages import render
from stages.gan.params.declared import Declared
from stages.gan.stage import run

CARDS = Path("reports/cards")


def main() -> None:
    """Write reports/index.html. What other recipes left behind does not enter it."""
    recipes = Declared("summary").value("run")
    cards = [json.loads((CARDS / f"{name}.json").read_text(encoding="utf-8")) for name in recipes]
    write_text(Path("reports/index.html"), render("summary.html", title="Results", recipes=cards))
    timings.refresh(recipes)
    checkpoints.forget()


if __name__ == "__main__":
    run(main)
