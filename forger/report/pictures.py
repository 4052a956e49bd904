"""The report's pictures, in its order; a new one needs a line in the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from forger.core.files import whole
from forger.methods.reports import of_kind
from forger.report import (
    curve_plots,
    discriminator_plots,
    encoder_plots,
    plots,
    table_plots,
    translator_plots,
)
from forger.report.results import Results

ANIMATION = "progress.gif"


@dataclass(frozen=True)
class Picture:
    """One picture of a report.

    Attributes:
        draw: draws it; the file has the function's name.
        title: the heading above it; empty below the heading of the one before.
        applies: tells whether results have what it shows.
    """

    draw: Callable[[Results], Figure]
    title: str
    applies: Callable[[Results], bool] = lambda results: True


def _has_judge(results: Results) -> bool:
    return results.judged is not None


def _has_columns(results: Results) -> bool:
    return results.data.real.view == "table"


def _shows_curves(results: Results) -> bool:
    return results.data.real.view == "curves"


def _reports(kind: str) -> Callable[[Results], bool]:
    return lambda results: bool(of_kind(results.reports, kind))


EVERY = (
    Picture(plots.samples, "Final samples against real data"),
    Picture(plots.nearest, "", lambda results: results.view.shows_pairs),
    Picture(
        encoder_plots.reconstructions,
        "Held-out examples and their reconstructions",
        lambda results: results.reconstructed is not None and results.view.shows_pairs,
    ),
    Picture(
        translator_plots.translations,
        "Translations of held-out examples",
        lambda results: results.translations is not None and results.view.shows_pairs,
    ),
    Picture(
        encoder_plots.codes,
        "Samples by the category of their codes",
        lambda results: results.codes is not None,
    ),
    Picture(
        encoder_plots.numbers,
        "Samples along the numbers of their codes",
        lambda results: results.numbers is not None,
    ),
    Picture(table_plots.associations, "How far columns tell of each other", _has_columns),
    Picture(
        curve_plots.bundles,
        "Many curves, with the median and the middle 90 % of each step",
        _shows_curves,
    ),
    Picture(curve_plots.correlations, "How values hang on earlier ones", _shows_curves),
    Picture(plots.progress, "Samples over training, always of the same inputs"),
    Picture(plots.quality, "Quality over training"),
    Picture(plots.learning_curves, "Learning curves", _reports("loss")),
    Picture(plots.accuracies, "Accuracy on training batches", _reports("accuracy")),
    Picture(plots.others, "Other values of the updates", _reports("other")),
    Picture(discriminator_plots.scores, "D on held-out real data and fresh samples", _has_judge),
    Picture(discriminator_plots.confusion, "", _has_judge),
    Picture(plots.walk, "Between latents", lambda results: results.walks is not None),
    Picture(plots.real, "The real data"),
)
BY_NAME = {picture.draw.__name__: picture for picture in EVERY}


def pictures_of(results: Results) -> dict[str, Picture]:
    """Return the pictures that show something of these results, by name."""
    return {name: picture for name, picture in BY_NAME.items() if picture.applies(results)}


def draw(results: Results, folder: Path) -> dict[str, Picture]:
    """Write every picture of these results, and the animation, to a folder; return the pictures."""
    pictures = pictures_of(results)
    with whole(folder) as part:
        part.mkdir()
        for name, picture in pictures.items():
            picture.draw(results).savefig(part / f"{name}.png")
        plots.animate(results, part / ANIMATION)
    return pictures
