"""Rules that recognise what went wrong in a training, from its samples' figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from forger.methods.findings import BIASED, BY_HEART, EASILY, FEW, TOLD, Finding, Training, advise
from forger.metrics.figures import noise
from forger.models.account import Account

if TYPE_CHECKING:
    import pandas as pd

Metrics = Mapping[str, Any]  # figures.json, without the diagnosis
FAR = 0.1  # share of the floor's precision below which samples are far from the data
COPIED = 0.1  # excess over real data's share from which samples count as copies
OBEYED = 0.5  # share of the floor's label accuracy below which labels are ignored
ENOUGH = 1000  # updates before which a training is merely too short
UNEVEN = 0.05  # nats of `class_kl` beyond the floor; one class missing of ten makes 0.105
UNLIKELY = 1e-4  # p-value below which two parts' proportions of classes differ
ONE_SIDED = 0.98  # share of real data, and of samples, above which D gives them one answer
TELLS = 0.6  # area under D's ROC above which its outputs tell samples from real data
LOST = 0.25  # share of the floor's rarest class below which a class is lost
ALL = 0.98  # share of the modes to find: all of 25; of 1,000 some may be missing, as in real data


def parts_differ(metrics: Metrics) -> bool:
    """Tell whether real data of one part are easily told from those of another.

    Then figures and floors say nothing about a generator, which learns from one part and is
    measured against another.
    """
    return bool(metrics["floor"]["c2st"] >= EASILY)


def classes_differ(metrics: Metrics) -> bool:
    """Tell whether training and held-out data have different proportions of classes.

    Then a generator can't match both.
    """
    return bool(metrics.get("proportions", {}).get("p_value", 1.0) < UNLIKELY)


def class_lost(metrics: Metrics) -> bool:
    """Tell whether training data have less of a class than held-out data have.

    One class of which they have more makes all others less, in proportion: it takes none away.
    """
    shares = metrics.get("proportions", {})
    if not classes_differ(metrics):
        return False
    more = shares["train"] > shares["held_out"]
    return bool(not more or shares.get("others_p_value", 0.0) < UNLIKELY)


def parts_of_two_kinds(metrics: Metrics) -> Iterator[Finding]:
    """Find training and held-out data that are not of one kind."""
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
        yield Finding("parts of the data differ", "; ".join(shown))


def discriminator_too_weak(metrics: Metrics) -> Iterator[Finding]:
    """Find a D that can't tell real data from clearly different samples."""
    found = metrics["quality"]["c2st"]
    floor = metrics["floor"]["c2st"]
    if found - floor < TOLD or metrics["auc"] > TELLS:
        return
    yield Finding(
        "D too weak",
        f"a classifier tells samples from real data with accuracy {found:.2f}, D's ROC has an area "
        f"of {metrics['auc']:.2f}",
    )


def labels_ignored(metrics: Metrics) -> Iterator[Finding]:
    """Find samples that are not of the class that was asked for."""
    found = metrics["quality"]
    floor = metrics["floor"]
    if "label_accuracy" in found and found["label_accuracy"] < OBEYED * floor["label_accuracy"]:
        yield Finding(
            "labels ignored",
            f"{found['label_accuracy']:.1%} of the samples show the label that was asked for (real "
            f"data: {floor['label_accuracy']:.1%})",
        )


def memorisation(metrics: Metrics) -> Iterator[Finding]:
    """Find samples that are training examples, or hardly differ from them."""
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
    )


def is_far(metrics: Metrics) -> bool:
    """Tell whether samples have little to do with the data, whatever the reason."""
    return bool(metrics["quality"]["precision"] < FAR * metrics["floor"]["precision"])


def mode_collapse(metrics: Metrics) -> Iterator[Finding]:
    """Find realistic samples that leave out much of the data: modes, where they are counted."""
    found = metrics["quality"]
    floor = metrics["floor"]
    shown = []
    if is_far(metrics):
        return
    low = all(found[name] < FEW * floor[name] for name in ("coverage", "recall"))
    if low and "high_quality" not in found:
        shown = [f"{n} {found[n]:.2f} (real data: {floor[n]:.2f})" for n in ("coverage", "recall")]
    if "modes" in found and found["modes"] < ALL * floor["modes"]:
        shown.append(f"{found['modes']:.0f} of {floor['modes']:.0f} modes")
    # The classifier's mistakes may give samples even to a class that is missing.
    elif _uneven(metrics) and _nearly_missing(metrics):
        shown.append(
            f"a class with {found['rarest_class']:.0%} of its share; {_of_classes(metrics)}"
        )
    if shown:
        yield Finding("mode collapse", "; ".join(shown))


def out_of_proportion(metrics: Metrics) -> Iterator[Finding]:
    """Find classes that are all there, but not as often as in the training data."""
    found = metrics["quality"]
    floor = metrics["floor"]
    if is_far(metrics) or not _uneven(metrics) or found["modes"] < ALL * floor["modes"]:
        return
    if not _nearly_missing(metrics):
        rarest = f"the rarest has {found['rarest_class']:.0%} of its share"
        yield Finding("classes out of proportion", f"{_of_classes(metrics)}; {rarest}")


def _uneven(metrics: Metrics) -> bool:
    found = metrics["quality"]
    floor = metrics["floor"]
    return "class_kl" in found and found["class_kl"] - floor["class_kl"] > UNEVEN


def _nearly_missing(metrics: Metrics) -> bool:
    found, floor = (metrics[key]["rarest_class"] for key in ("quality", "floor"))
    return bool(found < LOST * floor)


def _of_classes(metrics: Metrics) -> str:
    found, floor = (metrics[key]["class_kl"] for key in ("quality", "floor"))
    return f"class_kl {found:.2g} (real data: {floor:.2g})"


RULES: tuple[Callable[[Metrics], Iterator[Finding]], ...] = (
    parts_of_two_kinds,
    labels_ignored,
    memorisation,
    mode_collapse,
    out_of_proportion,
)


def far_from_the_data(updates: int, metrics: Metrics) -> Iterator[Finding]:
    """Find samples that have little to do with the data: not yet, or not at all."""
    if not is_far(metrics):
        return
    found, floor = (metrics[key]["precision"] for key in ("quality", "floor"))
    evidence = f"{found:.1%} of the samples lie among real data (real data: {floor:.1%})"
    if updates < ENOUGH:
        yield Finding("undertrained", f"{evidence} after {updates:,} updates")
        return
    yield Finding("samples far from the data", evidence)


def one_answer(account: Account, training: Training, metrics: Metrics) -> Iterator[Finding]:
    """Find a D that takes real data and samples alike for real, or alike for fake.

    D may have learnt its training data by heart: if the history has its accuracies, they tell. A
    critic's threshold is the one that separates best in training. If the critic tells nothing
    apart, it may lie anywhere among the outputs: only outputs that are all equal are a fault then.
    """
    real = metrics["acc_real"]
    fake = metrics["acc_fake"]
    auc = metrics["auc"]
    tells = abs(auc - 0.5) > TELLS - 0.5
    if account.critic and not tells and auc != 0.5:
        return
    for answer, wrong, of_real, of_fakes in (
        ("fake", "acc_real", 1 - real, fake),
        ("real", "acc_fake", real, 1 - fake),
    ):
        if min(of_real, of_fakes) <= ONE_SIDED:
            continue
        evidence = (
            f"D takes {of_real:.1%} of held-out real data and {of_fakes:.1%} of samples for "
            f"{answer}; its ROC has an area of {auc:.2f}"
        )
        before = training.late[wrong].mean() if wrong in training.history else 0.0
        if before >= EASILY:
            evidence += f"; in training, its {wrong} is {before:.2f}"
        cause = BY_HEART if before >= EASILY else BIASED if tells else "D too weak"
        remedies = account.remedies.get(cause, ())
        yield Finding(f"D says {answer} to everything", evidence, remedies)


def diagnose(account: Account, history: pd.DataFrame, metrics: Metrics) -> list[Finding]:
    """Return every problem that shows; none where the training worked.

    Args:
        account: what the method says of the training.
        history: one row per epoch.
        metrics: figures.json, without the diagnosis.
    """
    answers: list[Finding] = []
    figures: list[Finding] = []
    if "auc" in metrics:  # there is a D
        answers += one_answer(account, Training(history), metrics)
        figures += discriminator_too_weak(metrics)
    figures += [finding for rule in RULES for finding in rule(metrics)]
    figures += far_from_the_data(int(history["step"].iloc[-1]), metrics)
    return [*account.symptoms, *answers, *advise(figures, account.remedies)]
