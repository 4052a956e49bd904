"""How well usual models predict a category of real rows, once they have learnt from others.

They are those of CTGAN's benchmark (Xu et al. 2019, section 5.3), with scikit-learn's own settings
but for the depth of trees and the length of trainings, as its code has them.
"""

from __future__ import annotations

import warnings
from statistics import fmean
from typing import Any

import numpy as np

from jobs.benchmark.tables.rows import TableRows


def score_rows(learnt: np.ndarray, rows: TableRows, target: str) -> float:
    """Return the mean of the models' scores, in [0, 1].

    It is the mean of both categories' F1 or, of more categories, the accuracy.

    Args:
        learnt: what they learn from, float64 `[n, columns]`.
        rows: the table, whose rows to judge by they predict.
        target: the column of the category.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.metrics import accuracy_score, f1_score

    names = rows.codec.names
    at = names.index(target)
    others = [i for i in range(len(names)) if i != at]
    columns = tuple(rows.codec.columns[i] for i in others)
    codec = rows.codec.model_copy(update={"columns": columns})
    seen, real = (codec.vectors(each[:, others]) for each in (learnt, rows.test))
    truth = rows.test[:, at]
    if len(np.unique(learnt[:, at])) < 2:  # there is nothing to learn
        guesses = [np.full(len(truth), learnt[0, at])]
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # trainings are short
            models = _models(len(np.unique(truth)))
            guesses = [model.fit(seen, learnt[:, at]).predict(real) for model in models]
    if len(np.unique(truth)) > 2:
        return fmean(accuracy_score(truth, guess) for guess in guesses)
    return fmean(f1_score(truth, guess, average="macro") for guess in guesses)


def _models(classes: int) -> list[Any]:
    """Return four models for two classes, and two for more."""
    from sklearn.ensemble import AdaBoostClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.tree import DecisionTreeClassifier

    if classes > 2:
        return [
            DecisionTreeClassifier(max_depth=30, class_weight="balanced", random_state=0),
            MLPClassifier((100,), max_iter=50, random_state=0),
        ]
    return [
        DecisionTreeClassifier(max_depth=15, class_weight="balanced", random_state=0),
        AdaBoostClassifier(random_state=0),
        LogisticRegression(class_weight="balanced", max_iter=500),
        MLPClassifier((50,), max_iter=50, random_state=0),
    ]
