"""What went wrong in a training, by its history and its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from stages.gan.watch import COLLAPSE, FEW, TOLD, WEAK, Finding, Training, symptoms

Metrics = Mapping[str, Any]  # metrics.json, without the diagnosis
ALL = 0.98  # of the modes: one of 25 is missed; of 1,000, some that real data may lack, too


def discriminator_too_weak(metrics: Metrics) -> Iterator[Finding]:
    """D can't tell what is easily told."""
    found, floor = metrics["quality"]["c2st"], metrics["floor"]["c2st"]
    if found - floor < TOLD or metrics["auc"] > 0.6:
        return
    yield Finding(
        "D too weak",
        f"a classifier tells samples from real data with accuracy {found:.2f}, D's ROC has an area "
        f"of {metrics['auc']:.2f}",
        WEAK,
    )


def mode_collapse(metrics: Metrics) -> Iterator[Finding]:
    """Samples leave out much of the real data: modes, where they can be counted."""
    found, floor, shown = metrics["quality"], metrics["floor"], []
    low = all(found[name] < FEW * floor[name] for name in ("coverage", "recall"))
    if low and "high_quality" not in found:
        shown = [f"{n} {found[n]:.2f} (real data: {floor[n]:.2f})" for n in ("coverage", "recall")]
    if "modes" in found and found["modes"] < ALL * floor["modes"]:
        shown.append(f"{found['modes']:.0f} of {floor['modes']:.0f} modes")
    if shown:
        yield Finding("mode collapse", "; ".join(shown), COLLAPSE)


def far_from_the_data(metrics: Metrics) -> Iterator[Finding]:
    """Samples have little to do with the data, whatever the reason."""
    found, floor = metrics["quality"]["precision"], metrics["floor"]["precision"]
    if found >= 0.1 * floor:
        return
    yield Finding(
        "samples far from the data",
        f"{found:.1%} of the samples lie among real data (real data: {floor:.1%})",
        ("more train.epochs", "a wider networks.generator", "another learning_rate"),
    )


RULES: tuple[Callable[[Metrics], Iterator[Finding]], ...] = (
    discriminator_too_weak,
    mode_collapse,
    far_from_the_data,
)


def diagnose(objective: str, history: pd.DataFrame, metrics: Metrics) -> list[Finding]:
    """Everything that shows; nothing where the training worked.

    Args:
        objective: of the recipe.
        history: a row an epoch.
    """
    figures = [finding for rule in RULES for finding in rule(metrics)]
    return [*symptoms(Training(objective, history)), *figures]
