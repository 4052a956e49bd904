"""How well D tells held-out real data from fresh fakes."""

import numpy as np
from sklearn.metrics import confusion_matrix, roc_auc_score

KINDS = ["real", "fake"]


def decisions(real: np.ndarray, fake: np.ndarray, threshold: float) -> dict[str, float]:
    """`acc_real` and `acc_fake`, fractions right at the threshold, and the ROC's area `auc`.

    Args:
        real, fake: D's raw outputs, `[n]` and `[m]`; above the threshold it says "real".
    """
    (true_real, _), (_, true_fake) = confusion(real, fake, threshold)
    return {
        "acc_real": true_real / len(real),
        "acc_fake": true_fake / len(fake),
        "auc": float(roc_auc_score(*_labelled(real, fake))),
    }


def confusion(real: np.ndarray, fake: np.ndarray, threshold: float) -> list[list[int]]:
    """Counts: rows are what it is, columns what D says, both in the order of KINDS."""
    truth, scores = _labelled(real, fake)
    counts: list[list[int]] = confusion_matrix(truth, scores > threshold, labels=[1, 0]).tolist()
    return counts


def _labelled(real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    truth = np.repeat([1, 0], [len(real), len(fake)])
    return truth, np.concatenate([real, fake])
