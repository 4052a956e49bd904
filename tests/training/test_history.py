"""The rows that training reports, and the divergence that ends it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forger.core.errors import UserError
from forger.training.history import History

INF, NAN = float("inf"), float("nan")


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(1, 5))
def test_an_epochs_row_has_its_own_means(counts, steps):
    values, history = np.random.default_rng(0).normal(size=sum(counts)), History(["d_loss"], steps)
    told = []
    for part in np.split(values, np.cumsum(counts)[:-1]):
        told += history.add({"d_loss": part})
    table, epochs = history.table(), sum(counts) // steps
    assert told == history.rows
    assert len(table) == epochs
    if epochs:
        means = values[: epochs * steps].reshape(epochs, steps).mean(1)
        np.testing.assert_allclose(table["d_loss"], means)
        assert table["step"].tolist() == [steps * (i + 1) for i in range(epochs)]
        assert table["epoch"].tolist() == [i + 1 for i in range(epochs)]


def added(*rows, steps=3, names=("d_loss", "g_gradient", "skipped")):
    """The history's table after updates with these reports, two at a time."""
    history = History(names, steps)
    for i in range(0, len(rows), 2):
        columns = np.array(rows[i : i + 2], float).T
        list(history.add(dict(zip(names, columns, strict=True))))
    return history.table()


def test_what_a_skipped_step_did_not_have_does_not_count():
    table = added((1, INF, 1), (2, 3, 0), (3, 5, 0), (1, NAN, 1), (1, NAN, 2), (1, INF, 1))
    np.testing.assert_allclose(table["d_loss"], [2, 1])
    np.testing.assert_allclose(table["g_gradient"], [4, NAN])
    np.testing.assert_allclose(table["skipped"], [1 / 3, 4 / 3])


FINE = (1, 1, 0)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(NAN, 1, 0)], "d_loss not finite in epoch 1, update 1;"),
        ([FINE, (1, INF, 0)], "g_gradient not finite in epoch 1, update 2;"),
        ([FINE] * 3 + [(1, 1, NAN)], "a gradient not finite in epoch 2, update 1;"),
        ([FINE] * 7 + [(-INF, 1, NAN)], "d_loss not finite in epoch 3, update 2;"),
        ([FINE, (1, NAN, 0), (NAN, 1, 0)], "g_gradient not finite in epoch 1, update 2;"),
        ([FINE, FINE, (1, NAN, 0), (NAN, 1, 0)], "d_loss and g_gradient not finite in epoch 1, "
         "update 3;"),
        ([(NAN, NAN, NAN)], "d_loss and g_gradient not finite in epoch 1, update 1;"),
    ],
)  # fmt: skip
def test_divergence_is_told_where_it_began(rows, told):
    with pytest.raises(UserError, match=f"training diverged: {told}"):
        added(*rows)


def test_without_a_scale_nothing_is_forgiven():
    with pytest.raises(UserError, match="g_gradient not finite in epoch 1, update 2;"):
        added((1, 1), (1, INF), names=("d_loss", "g_gradient"))
