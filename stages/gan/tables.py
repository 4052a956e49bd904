"""The report's tables: figures beside their floors and what was published, and the settings."""

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from stages.gan.results import REPORTS, Results

# What a figure says, and how one reads it.
MEANING = {
    "d_loss": "D's loss, mean of the last ten epochs",
    "g_loss": "G's loss, mean of the last ten epochs",
    "accuracy": "D's accuracy on training batches, mean of the last ten epochs",
    "acc_real": "D's accuracy on held-out real data (0.5: can't tell)",
    "acc_fake": "D's accuracy on fresh samples (0.5: can't tell)",
    "auc": "area under D's ROC (0.5: can't tell)",
    "frechet": "Fréchet distance to the true Gaussian (squared)",
    "rmse": "root mean square of y − x²",
    "ks_x": "Kolmogorov-Smirnov distance of x from its law",
    "r2_median": "R² of the best-fitting sinusoid, median",
    "r2_share": "share of curves with R² above 0.99",
    "ks_b": "Kolmogorov-Smirnov distance of the frequency b from its law",
    "ks_c": "Kolmogorov-Smirnov distance of the phase c from its law",
}


def settings(recipe: str) -> dict[str, Any]:
    """The recipe's block of params.yaml, as the report stage wrote it down."""
    text = (REPORTS / recipe / "settings.json").read_text(encoding="utf-8")
    block: dict[str, Any] = json.loads(text)
    return block


def figures(results: Results, settings: dict[str, Any]) -> pd.DataFrame:
    """A row a figure: what it is, its value, its floor (the same for real data), the source's."""
    last = results.history.tail(10).mean()
    trained = {
        "d_loss": last["d_loss"],
        "g_loss": last["g_loss"],
        "accuracy": (last["acc_real"] + last["acc_fake"]) / 2,
    }
    measured = {name: results.metrics[name] for name in ("acc_real", "acc_fake", "auc")}
    floor = {"acc_real": 0.5, "acc_fake": 0.5, "auc": 0.5, **results.metrics["floor"]}
    published = settings["source"]["published"]
    rows = [
        {
            "figure": name,
            "value": number(value),
            "floor": number(floor.get(name)),
            "published": number(published.get(name)),
            "meaning": MEANING.get(name, ""),
        }
        for name, value in {**trained, **measured, **results.metrics["quality"]}.items()
    ]
    return pd.DataFrame(rows)


def number(value: float | None) -> str:
    """Three or four digits, as a person compares them; empty for None."""
    if value is None:
        return ""
    return f"{value:.2e}" if 0 < abs(value) < 1e-3 else f"{value:.4g}"


def flat(settings: dict[str, Any]) -> pd.DataFrame:
    """A row a setting: its key below the recipe, and its value."""
    return pd.DataFrame(_flat("", settings), columns=["key", "value"])


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else key, inner)
    else:
        yield prefix, value if isinstance(value, str) else json.dumps(value)
