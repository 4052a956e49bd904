"""The classifier two-sample test."""

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score

FOLDS = 5
TREES = 30


def c2st(samples: np.ndarray, real: np.ndarray) -> float:
    """Return a classifier's accuracy at telling samples `[n, d]` from as many real examples.

    It is cross-validated in `FOLDS` folds; 0.5 means that they can't be told apart (Lopez-Paz and
    Oquab 2017, section 3).
    """
    examples = np.concatenate([samples, real])
    kinds = np.repeat([0, 1], [len(samples), len(real)])
    trees = ExtraTreesClassifier(TREES, min_samples_leaf=5, random_state=0)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    return float(np.mean(cross_val_score(trees, examples, kinds, cv=folds)))
