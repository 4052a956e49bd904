"""How well models predict real rows of a table once they have learnt from others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forger.data.codecs.columns import AnyColumn, Category

MOST_CATEGORIES = 255  # that the trees tell apart as such; more are taken as numbers


def predict_target(
    learnt: np.ndarray, real: np.ndarray, columns: Sequence[AnyColumn], target: str
) -> dict[str, float]:
    """Return `prediction`: how well a model that has learnt from some rows predicts real ones.

    It is a gradient-boosted tree's accuracy at a category, or its R² of a number, at least −1
    (train on synthetic, test on real: Esteban et al. 2017, section 3.1).

    Args:
        learnt: rows to learn from, float64 `[n, columns]`, see `Column`.
        real: rows to predict, `[m, columns]`; those that lack the target are left out.
        columns: what the values are.
        target: the name of the column to predict.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    at = [column.name for column in columns].index(target)
    others = [i for i in range(len(columns)) if i != at]
    coded = [
        isinstance(columns[i], Category) and columns[i].choices <= MOST_CATEGORIES for i in others
    ]
    learnt, real = (rows[~np.isnan(rows[:, at])] for rows in (learnt, real))
    sort = isinstance(columns[at], Category)
    if not len(learnt) or not len(real):
        return {}
    if len(np.unique(learnt[:, at])) < 2:  # there is nothing to learn
        guess = learnt[0, at]
        return {"prediction": float(np.mean(real[:, at] == guess)) if sort else -1.0}
    model = (HistGradientBoostingClassifier if sort else HistGradientBoostingRegressor)(
        max_iter=50, categorical_features=coded, random_state=0
    )
    model.fit(learnt[:, others], learnt[:, at])
    return {"prediction": max(-1.0, float(model.score(real[:, others], real[:, at])))}
