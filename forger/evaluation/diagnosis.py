"""What went wrong in a training, by its history and its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from forger.metrics.figures import noise
from forger.training.watch import COLLAPSE, EASILY, FEW, TOLD, WEAK, Finding, Training, symptoms

Metrics = Mapping[str, Any]  # figures.json, without the diagnosis
FAR = 0.1  # of the floor's precision
COPIED = 0.1  # of the samples, beyond what is so of real data
OBEYED = 0.5  # of the floor's share of labels obeyed
ENOUGH = 1000  # updates before which nothing can be said of a training but that it is short
UNEVEN = 0.05  # nats of the samples' classes beyond the floor: one of ten missing is 0.105
UNLIKELY = 1e-4  # of parts of one kind whose classes are said to differ
ALL = 0.98  # of the modes: one of 25 is missed; of 1,000, some that real data may lack, too


def parts_differ(metrics: Metrics) -> bool:
    """Whether real data of one part are easily told from those of another: then figures and floors
    say nothing of a generator, which learns from one and is held beside another."""
    return bool(metrics["floor"]["c2st"] >= EASILY)


def classes_differ(metrics: Metrics) -> bool:
    """Whether training data have other proportions of classes than held-out data: then a generator
    can't have those of both."""
    return bool(metrics.get("proportions", {}).get("p_value", 1.0) < UNLIKELY)


def parts_of_two_kinds(metrics: Metrics) -> Iterator[Finding]:
    """Training and held-out data are not of one kind."""
    shown = []
    if parts_differ(metrics):
        shown.append(
            "a classifier tells real data of the validation part from those of the test part with "
            f"accuracy {metrics['floor']['c2st']:.2f}"
        )
    if classes_differ(metrics):
        shares = metrics["proportions"]
        shown.append(
            f"{shares['train']:.1%} of the training data are of class {shares['class']}, of the "
            f"held-out data {shares['held_out']:.1%}"
        )
    if shown:
        remedy = "dataset.path: files whose training and test data are of one kind"
        yield Finding("parts of the data differ", "; ".join(shown), (remedy,))


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


def labels_ignored(metrics: Metrics) -> Iterator[Finding]:
    """Samples are not of the class that was asked for."""
    found, floor = metrics["quality"], metrics["floor"]
    if "label_accuracy" in found and found["label_accuracy"] < OBEYED * floor["label_accuracy"]:
        yield Finding(
            "labels ignored",
            f"{found['label_accuracy']:.1%} of the samples show the label that was asked for (real "
            f"data: {floor['label_accuracy']:.1%})",
            ("more train.epochs", "a wider networks.generator", "a wider networks.discriminator"),
        )


def memorisation(metrics: Metrics) -> Iterator[Finding]:
    """Samples are training examples, or hardly differ from them."""
    names = ("memorisation", "authenticity")
    found, floor = ({name: metrics[key][name] for name in names} for key in ("quality", "floor"))
    copied = found["memorisation"] - floor["memorisation"]
    lost = floor["authenticity"] - found["authenticity"]
    if copied < max(COPIED, noise(metrics, "memorisation")):
        return
    if lost < max(COPIED * floor["authenticity"], noise(metrics, "authenticity")):
        return
    yield Finding(
        "memorisation",
        f"{copied:.0%} of the samples are as near to training data as copies are; "
        f"{found['authenticity']:.0%} lie further from them than these from each other (real data: "
        f"{floor['authenticity']:.0%})",
        ("more training data", "networks.discriminator.dropout: 0.3", "fewer train.epochs"),
    )


def is_far(metrics: Metrics) -> bool:
    """Whether samples have little to do with the data, whatever the reason."""
    return bool(metrics["quality"]["precision"] < FAR * metrics["floor"]["precision"])


def mode_collapse(metrics: Metrics) -> Iterator[Finding]:
    """Samples that are like real data leave out much of them: modes, where they are counted."""
    found, floor, shown = metrics["quality"], metrics["floor"], []
    if is_far(metrics):
        return
    low = all(found[name] < FEW * floor[name] for name in ("coverage", "recall"))
    if low and "high_quality" not in found:
        shown = [f"{n} {found[n]:.2f} (real data: {floor[n]:.2f})" for n in ("coverage", "recall")]
    if "modes" in found and found["modes"] < ALL * floor["modes"]:
        shown.append(f"{found['modes']:.0f} of {floor['modes']:.0f} modes")
    # A class that is missing may have samples all the same, by the classifier's mistakes.
    elif "class_kl" in found and found["class_kl"] - floor["class_kl"] > UNEVEN:
        shown.append(f"class_kl {found['class_kl']:.2g} (real data: {floor['class_kl']:.2g})")
    if shown:
        yield Finding("mode collapse", "; ".join(shown), COLLAPSE)


RULES: tuple[Callable[[Metrics], Iterator[Finding]], ...] = (
    parts_of_two_kinds,
    discriminator_too_weak,
    labels_ignored,
    memorisation,
    mode_collapse,
)


def far_from_the_data(updates: int, metrics: Metrics) -> Iterator[Finding]:
    """Samples have little to do with the data: not yet, or not at all."""
    if not is_far(metrics):
        return
    found, floor = (metrics[key]["precision"] for key in ("quality", "floor"))
    evidence = f"{found:.1%} of the samples lie among real data (real data: {floor:.1%})"
    if updates < ENOUGH:
        yield Finding(
            "undertrained",
            f"{evidence} after {updates:,} updates",
            ("more train.epochs", "more train.steps_per_epoch"),
        )
        return
    yield Finding(
        "samples far from the data",
        evidence,
        ("more train.epochs", "a wider networks.generator", "another learning_rate"),
    )


def diagnose(objective: str, history: pd.DataFrame, metrics: Metrics) -> list[Finding]:
    """Everything that shows; nothing where the training worked.

    Args:
        objective: of the recipe.
        history: a row an epoch.
    """
    figures = [finding for rule in RULES for finding in rule(metrics)]
    far = far_from_the_data(int(history["step"].iloc[-1]), metrics)
    return [*symptoms(Training(objective, history)), *figures, *far]
