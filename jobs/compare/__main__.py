"""Compare experiments, commits and the workspace: `forger compare [REV …]`.

Writes reports/experiments.html and, for a pull request, reports/experiments.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from forger.core.errors import UserError, run
from forger.core.files import write_text
from forger.core.text import suggest
from jobs.compare.page import Comparison, as_html, as_markdown
from jobs.compare.read import Candidate, Trial, candidates, candidates_by_recipe, trial
from jobs.shared.arguments import Parser, revision, whole
from jobs.shared.baselines import NotComparedError, read

PAGE = Path("reports/experiments.html")


def main() -> None:
    """Write the page and its Markdown, and say where the page is."""
    arguments = command_line().parse_args()
    comparisons = compare(arguments.revs, arguments.last, arguments.recipe)
    if not arguments.all:
        comparisons = [comparison.of_what_differs() for comparison in comparisons]
    write_text(PAGE, as_html(comparisons))
    write_text(PAGE.with_suffix(".md"), as_markdown(comparisons))
    print(f"The comparison: {PAGE.resolve()}")


def compare(revs: Sequence[str], last: int, recipe: str | None) -> list[Comparison]:
    """Read what there is to compare, recipe by recipe.

    Raises UserError for an unknown revision or recipe.
    """
    found = candidates(revs, last)
    for candidate in found if revs else ():
        _ = candidate.revision.files  # raises for a name that names nothing
    by_recipe = candidates_by_recipe(found)
    if recipe is not None:
        if recipe not in by_recipe:
            hint = suggest(recipe, list(by_recipe))
            raise UserError(f"--recipe: found {recipe!r}, which nothing compared has run; {hint}")
        by_recipe = {recipe: by_recipe[recipe]}
    count = sum(map(len, by_recipe.values()))
    with tqdm(total=count, desc="reading", unit="trial", disable=None, leave=False) as bar:
        return [
            with_baseline(Comparison(name, list(read_all(found, name, bar))))
            for name, found in by_recipe.items()
        ]


def with_baseline(found: Comparison) -> Comparison:
    """Return the comparison with its reference's baseline, or with the reason why it has none."""
    try:
        baseline = read(found.reference.candidate.revision, found.recipe)
    except NotComparedError as error:
        return replace(found, why=error.problems[0])
    return replace(found, baseline=baseline)


def read_all(found: Sequence[Candidate], recipe: str, bar: Any) -> Iterator[Trial]:
    """Yield one recipe's trials, each a step of the progress bar."""
    for candidate in found:
        yield trial(candidate, recipe)
        bar.update()


def command_line() -> Parser:
    """Return the parser of the command's arguments."""
    parser = Parser("compare", __doc__)
    parser.add_argument(
        "revs",
        type=revision,
        nargs="*",
        metavar="REV",
        help="a commit, an experiment or `workspace`; the first is what others are held against "
        "(default: the last commit, its experiments and the workspace)",
    )
    parser.add_argument("--recipe", help="only this one")
    parser.add_argument("--all", action="store_true", help="what is the same too")
    parser.add_argument(
        "--last",
        type=whole(1, 1000),
        default=1,
        metavar="N",
        help="the experiments of the last N commits",
    )
    return parser


if __name__ == "__main__":
    run(main)
