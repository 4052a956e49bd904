"""The report's pictures of what an encoder finds in examples, and of what codes do to samples."""

from __future__ import annotations

from matplotlib.figure import Figure

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
    return results.view.families(results.codes, names)
