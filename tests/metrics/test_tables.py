"""Figures of tables, against independent formulas."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.ensemble import HistGradientBoostingClassifier

from forger.data.codecs.columns import Category, Number
from forger.metrics.prediction import predict_target
from forger.metrics.tables import associate, compare_columns, measure_copies

X = Number(name="x", mean=0, deviation=1, low=-9, high=9, missing=True, atoms=(0, 1))
Y = Number(name="y", mean=0, deviation=1, low=-9, high=9, atoms=(0, 1))
C = Category(name="c", categories=("a", "b", "c"), missing=True)
D = Category(name="d", categories=("k", "l"))


def rows(n, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(shift, 1, n)
    y = x + rng.normal(0, 1, n)
    c = np.digitize(y, [-1, 1]).astype(float)
    c[rng.random(n) < 0.1] = np.nan
    x[rng.random(n) < 0.1] = np.nan
    return np.stack([x, y, c, rng.integers(0, 2, n)], axis=1)


def test_column_shapes_are_those_of_scipy_and_pandas():
    one, other = rows(900, 0), rows(700, 1, 0.5)
    found = compare_columns(one, other, (X, Y, C, D))["column_shapes"]
    wanted = []
    for i in (0, 1):
        a, b = (values[~np.isnan(values[:, i]), i] for values in (one, other))
        wanted.append(1 - stats.ks_2samp(a, b).statistic)
    for i in (2, 3):
        a, b = (
            pd.Series(values[:, i]).value_counts(normalize=True, dropna=False)
            for values in (one, other)
        )
        wanted.append(1 - a.sub(b, fill_value=0).abs().sum() / 2)
    assert found == pytest.approx(np.mean(wanted), abs=1e-12)


def test_pair_trends_are_those_of_pandas():
    one, other = rows(900, 0), rows(700, 1, 0.5)
    found = compare_columns(one[:, :2], other[:, :2], (X, Y))["pair_trends"]
    a, b = (pd.DataFrame(values[:, :2]).corr().iloc[0, 1] for values in (one, other))
    assert found == pytest.approx(1 - abs(a - b) / 2, abs=1e-12)
    found = compare_columns(one[:, 2:], other[:, 2:], (C, D))["pair_trends"]
    a, b = (
        pd.crosstab(*pd.DataFrame(values[:, 2:]).fillna(-1).T.to_numpy(), normalize=True)
        for values in (one, other)
    )
    assert found == pytest.approx(1 - (a - b).abs().to_numpy().sum() / 2, abs=1e-12)


def test_equal_rows_are_all_alike_and_shuffled_columns_lose_their_trends():
    real = rows(2000, 0)
    assert compare_columns(real, real, (X, Y, C, D)) == {"column_shapes": 1, "pair_trends": 1}
    rng = np.random.default_rng(1)
    shuffled = np.stack([rng.permutation(column) for column in real.T], axis=1)
    found = compare_columns(shuffled, real, (X, Y, C, D))
    assert found["column_shapes"] == pytest.approx(1)
    assert found["pair_trends"] < 0.85


def test_associations_are_correlations_and_cramers_v():
    values = rows(2000, 0)[:, [1, 1, 2, 3]]
    values[:, 3] = values[:, 2] > 0
    found = associate(values, (Y, Y, C, D))
    assert found[0, 1] == pytest.approx(1)
    table = pd.crosstab(pd.Series(values[:, 2]).fillna(-1), values[:, 3])
    wanted = stats.contingency.association(table.to_numpy(), method="cramer")
    assert found[2, 3] == found[3, 2] == pytest.approx(wanted, abs=1e-12)


def test_copies_are_counted():
    train = rows(300, 0)
    samples = rows(100, 1)
    samples[:25] = train[40:65]
    assert measure_copies(samples, train) == {"copies": 0.25}


def test_what_was_learnt_from_samples_predicts_real_rows():
    train, test = rows(800, 0), rows(500, 1)
    found = predict_target(train, test, (X, Y, C, D), "c")["prediction"]
    a, b = (values[~np.isnan(values[:, 2])] for values in (train, test))
    model = HistGradientBoostingClassifier(
        max_iter=50, categorical_features=[False, False, True], random_state=0
    )
    model.fit(a[:, [0, 1, 3]], a[:, 2])
    assert found == pytest.approx(model.score(b[:, [0, 1, 3]], b[:, 2]))
    rng = np.random.default_rng(2)
    shuffled = np.stack([rng.permutation(column) for column in train.T], axis=1)
    assert predict_target(shuffled, test, (X, Y, C, D), "c")["prediction"] < found - 0.2
    assert predict_target(shuffled, test, (X, Y, C, D), "y")["prediction"] < 0.1
    assert predict_target(train, test, (X, Y, C, D), "y")["prediction"] > 0.6


def test_samples_that_never_change_the_target_teach_nothing():
    real = rows(300, 0)
    constant = real.copy()
    constant[:, 3] = 1
    found = predict_target(constant, real, (X, Y, C, D), "d")["prediction"]
    assert found == pytest.approx(np.mean(real[:, 3] == 1))
    constant[:, 1] = 0.5
    assert predict_target(constant, real, (X, Y, C, D), "y")["prediction"] == -1
