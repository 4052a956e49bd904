"""How well D tells held-out real data from fresh fakes."""

from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix, roc_auc_score


def decisions(real: np.ndarray, fake: np.ndarray, threshold: float) -> dict[str, Any]:
    """`acc_real` and `acc_fake`, fractions right at the threshold; the ROC's area `auc`; and
    `confusion`, counts whose rows are what it is and columns what D says, in the order of `kinds`.

    Args:
        real, fake: D's raw outputs, `[n]` and `[m]`; above the threshold it says "real".
    """
    truth = np.repeat([1, 0], [len(real), len(fake)])
    scores = np.concatenate([real, fake])
    counts = confusion_matrix(truth, scores > threshold, labels=[1, 0]).tolist()
    return {
        "acc_real": counts[0][0] / len(real),
        "acc_fake": counts[1][1] / len(fake),
        "auc": float(roc_auc_score(truth, scores)),
        "confusion": {"kinds": ["real", "fake"], "counts": counts},
    }
