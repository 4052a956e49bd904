"""The report's tables: figures beside their floors and published values, and the settings."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from forger.core.files import read_json
from forger.methods.reports import ACCURACY, of_kind
from forger.metrics.figures import APART, FIGURES
from forger.report.results import REPORTS, Results

MOST_CLASSES = 20


def settings(recipe: str) -> dict[str, Any]:
    """Return the recipe's settings.json, as the report stage wrote it."""
    return read_json(REPORTS / recipe / "settings.json")


def figures(results: Results, settings: dict[str, Any]) -> pd.DataFrame:
    """Return one row per figure: value, 95 % interval, floor, published value and meaning.

    The floor is the same figure of real data.
    """
    found = results.figures
    published = settings["source"]["published"]
    measured = {**{n: found[n] for n in APART if n in found}, **found["quality"]}
    shown = [*list_trained(results), *((n, v, FIGURES[n].meaning) for n, v in measured.items())]
    rows = [
        {
            "figure": name,
            "value": number(value),
            "interval": between(found["interval"].get(name)),
            "floor": number(found["floor"].get(name)),
            "published": number(published.get(name)),
            "meaning": meaning,
        }
        for name, value, meaning in shown
    ]
    return pd.DataFrame(rows)


def list_trained(results: Results) -> Iterator[tuple[str, float, str]]:
    """Yield the name, value and meaning of each loss at the end of training, and of the accuracy.

    The accuracy is the mean of all that the method reports, if it reports any.
    """
    last = results.history.tail(10).mean()
    when = "mean of the last ten epochs"
    for report in of_kind(results.reports, "loss"):
        yield report.name, last[report.name], f"{report.meaning}, {when}"
    if reports := of_kind(results.reports, "accuracy"):
        meanings = " and ".join(report.meaning for report in reports)
        yield ACCURACY, last[[report.name for report in reports]].mean(), f"{meanings}, {when}"


def sizes(results: Results) -> str:
    """Say in a few sentences what the figures were taken from."""
    found = results.figures
    sizes = results.figures["sizes"]
    text = (
        f"Means over {sizes['draws']} draws of {sizes['samples']:,} samples, with 95 % intervals "
        f"over the draws and the {sizes['held_out']:,} {found['part']} examples. Figures that look "
        f"at all pairs take {sizes['compared']:,} of each; memorisation compares "
        f"{sizes['memorisation']:,} samples of a draw with all {sizes['training']:,} training "
        "examples. The floor is the same figure of real data, at the same sizes: what is best."
    )
    if "classifier" in found:
        judge = found["classifier"]
        text += (
            f" Classes and features are a classifier's, right on {judge['accuracy']:.1%} of the "
            f"test examples (SHA-256 {judge['sha256'][:12]}…)."
        )
    return text


def diagnosis(results: Results) -> pd.DataFrame:
    """Return one row per problem: its name, its evidence, what to try; none if training worked."""
    rows = [
        {**finding, "remedies": "; ".join(finding["remedies"])}
        for finding in results.figures["diagnosis"]
    ]
    return pd.DataFrame(rows, columns=["problem", "evidence", "remedies"])


def classes(results: Results) -> pd.DataFrame:
    """Return one row per class: its share of the samples and of real data.

    The classifier says which class a sample is of, unless samples are rows that say it themselves.
    Of more than `MOST_CLASSES` classes, only those that fall furthest short of their real share are
    kept. The table is empty without a classifier or labels.
    """
    if results.seen is None or results.real_labels is None:
        return pd.DataFrame()
    names = list(results.data.classes)
    table = pd.DataFrame(
        {"class": names}
        | {
            kind: np.bincount(labels, minlength=len(names)) / len(labels)
            for kind, labels in (("samples", results.seen), ("real", results.real_labels))
        }
    )
    if len(table) > MOST_CLASSES:
        table = table.loc[(table["samples"] - table["real"]).nsmallest(MOST_CLASSES).index]
    shares = {kind: table[kind].map("{:.1%}".format) for kind in ("samples", "real")}
    return table.assign(**shares)


def number(value: float | None) -> str:
    """Format a number with three or four digits, as a person compares them; empty for None."""
    if value is None:
        return ""
    return f"{value:.2e}" if 0 < abs(value) < 1e-3 else f"{value:.4g}"


def between(interval: list[float] | None) -> str:
    """Format a 95 % interval; empty for None."""
    return "" if interval is None else f"{number(interval[0])} … {number(interval[1])}"


def flat(settings: dict[str, Any]) -> pd.DataFrame:
    """Return one row per setting: its dotted key and its value."""
    return pd.DataFrame(_flat("", settings), columns=["key", "value"])


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else key, inner)
    else:
        yield prefix, value if isinstance(value, str) else json.dumps(value)
