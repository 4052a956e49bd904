"""The report's pictures of what an encoder finds in examples, and of what codes do to samples."""

from __future__ import annotations

from matplotlib.figure import Figure

from forger.models.generator import NUMBER_ROWS
from forger.report.results import Results
from forger.report.views.base import Group

PAIRS = 8


def reconstructions(results: Results) -> Figure:
    """Draw held-out examples, each with what G makes of the latents that E finds in it."""
    assert results.reconstructed is not None
    again = results.reconstructed[:PAIRS]
    pairs = [Group("real", results.real[: len(again)]), Group("reconstructed", again)]
    return results.view.beside(pairs)


def codes(results: Results) -> Figure:
    """Draw samples, apart by the category of their codes; all categories have the same others."""
    assert results.codes is not None
    names = [f"category {i + 1}" for i in range(len(results.codes))]
    if (stands_for := results.stands_for) is not None:
        for i, label in enumerate(stands_for[: len(names)]):
            names[i] += f": {results.data.classes[label]}" if label >= 0 else ": none"
    return results.view.families(results.codes, names)


def numbers(results: Results) -> Figure:
    """Draw samples along which one number of the codes grows, all else being the same."""
    assert results.numbers is not None
    names = [f"number {i // NUMBER_ROWS + 1}" for i in range(len(results.numbers))]
    return results.view.walks(results.numbers, names)
