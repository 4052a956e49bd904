"""Figures of how well D tells held-out real data from fresh fakes."""

from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix, roc_auc_score


def decisions(real: np.ndarray, fake: np.ndarray, threshold: float) -> dict[str, Any]:
    """Return the figures of D's decisions.

    - `acc_real` and `acc_fake`: the shares that D gets right at the threshold.
    - `auc`: the area under the ROC.
    - `confusion`: counts, whose rows are the truth and columns D's answers, ordered as in `kinds`.

    Args:
        real, fake: D's raw outputs, `[n]` and `[m]`.
        threshold: the raw output above which D says "real".
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
