"""Likelihoods of tables with a law, against independent computations."""

from itertools import product

import numpy as np
import pytest
from scipy import stats
from sklearn.mixture import GaussianMixture

from forger.data.simulated import Simulated
from forger.metrics.likelihood import measure_likelihood, score_network, score_points

NODES = [
    {"name": "rain", "states": ["no", "yes"], "parents": [], "table": [0.75, 0.25]},
    {
        "name": "wet",
        "states": ["damp", "dry", "wet"],
        "parents": ["rain", "place"],
        "table": [[[0.2, 0.7, 0.1]], [[0.5, 0, 0.5]]],
    },
    {"name": "place", "states": ["here"], "parents": [], "table": [1]},
]
LAW = {"name": "network", "nodes": NODES}
JOINT = {
    (0, 0): 0.15, (0, 1): 0.525, (0, 2): 0.075, (1, 0): 0.125, (1, 1): 0.0, (1, 2): 0.125,
}  # fmt: skip


def draw(n, seed):
    rows = np.array([*JOINT])
    return rows[np.random.default_rng(seed).choice(len(rows), n, p=[*JOINT.values()])]


def test_a_networks_likelihood_is_that_of_its_joint_law():
    samples = np.concatenate([draw(200, 0), [[1, 1]] * 10])
    real = draw(150, 1)
    found = measure_likelihood(samples.astype(float), real.astype(float), LAW, ["rain", "wet"])
    chances = np.array([JOINT[tuple(row)] for row in samples])
    assert found["likelihood_samples"] == pytest.approx(np.log(chances + 1e-8).mean())
    assert found["impossible"] == pytest.approx(10 / 210)
    # rain → wet is every joint law of the two: what is fitted are the samples' own shares.
    shares = {pair: (samples == pair).all(1).mean() for pair in JOINT}
    wanted = np.log([shares[tuple(row)] + 1e-8 for row in real]).mean()
    assert found["likelihood_test"] == pytest.approx(wanted)


def test_columns_may_stand_in_any_order():
    samples, real = draw(200, 0).astype(float), draw(200, 1).astype(float)
    straight = measure_likelihood(samples, real, LAW, ["rain", "wet"])
    turned = measure_likelihood(samples[:, ::-1], real[:, ::-1], LAW, ["wet", "rain"])
    assert straight == turned


def test_states_of_parents_that_no_sample_has_leave_all_open():
    samples = np.array([[0, 0, 0], [0, 1, 0]])
    real = np.array([[1, 2, 0]])
    nodes = [{**NODES[0], "table": [0.5, 0.5]}, *NODES[1:]]
    assert score_network(samples, real, nodes)["likelihood_test"] == pytest.approx(np.log(1e-8))
    samples = np.array([[0, 0, 0], [1, 0, 0]])
    # P(rain) = ½, and P(wet | rain) is 1 at damp.
    real = np.array([[1, 0, 0]])
    found = score_network(samples, real, nodes)["likelihood_test"]
    assert found == pytest.approx(np.log(0.5 + 1e-8))
    grandchild = [
        *nodes,
        {"name": "end", "states": ["a", "b"], "parents": ["wet"], "table": [[1, 0]] * 3},
    ]
    samples = np.array([[0, 0, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], [1, 2, 0, 0]])
    real = np.array([[0, 2, 0, 0]])
    found = score_network(samples, real, grandchild)["likelihood_test"]
    assert found == pytest.approx(np.log(0.25 + 1e-8))


def test_every_state_alike_where_nothing_is_known():
    nodes = [
        {"name": "a", "states": ["0", "1"], "parents": ["b"], "table": [[0.5, 0.5]] * 2},
        {"name": "b", "states": ["0", "1"], "parents": ["c"], "table": [[0.5, 0.5]] * 2},
        {"name": "c", "states": ["0", "1"], "parents": [], "table": [0.5, 0.5]},
    ]
    samples = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 0]])
    total = sum(
        np.exp(score_network(samples, np.array([row]), nodes)["likelihood_test"]) - 1e-8
        for row in product(range(2), repeat=3)
    )
    assert total == pytest.approx(1)


def test_points_are_scored_by_the_density_of_a_mixture():
    rng = np.random.default_rng(0)
    samples, real = rng.normal(size=(400, 2)), rng.normal(size=(300, 2))
    found = score_points(samples, real)
    for rows, fitted, name in (
        (samples, real, "likelihood_samples"), (real, samples, "likelihood_test"),
    ):  # fmt: skip
        mixture = GaussianMixture(30, covariance_type="diag", random_state=0).fit(fitted)
        density = sum(
            weight * stats.norm(mean, np.sqrt(variance)).pdf(rows).prod(1)
            for weight, mean, variance in zip(
                mixture.weights_, mixture.means_, mixture.covariances_, strict=True
            )
        )
        assert found[name] == pytest.approx(np.log(density).mean(), rel=1e-9)


@pytest.mark.parametrize(("name", "published"), [("gridr", -3.06), ("ring", -1.70)])
def test_real_points_have_the_published_likelihood(name, published):
    """The row "identity" of Xu et al. 2019, table 2."""
    dataset = Simulated(kind="simulated", name=name)
    rng = np.random.default_rng(0)
    samples, real = (dataset.draw(10_000, rng) for _ in range(2))
    found = measure_likelihood(samples, real, {"name": "points"}, ["x", "y"])
    assert found["likelihood_samples"] == pytest.approx(published, abs=0.03)
    assert found["likelihood_test"] == pytest.approx(published, abs=0.03)


@pytest.mark.filterwarnings("error")
def test_samples_in_one_place_are_far_from_real_rows():
    dataset = Simulated(kind="simulated", name="ring")
    real = dataset.draw(500, np.random.default_rng(0))
    found = score_points(np.repeat(real[:1], 500, axis=0), real)
    assert found["likelihood_test"] < -1000
    assert np.isfinite(found["likelihood_samples"])


def test_other_laws_have_none():
    assert measure_likelihood(np.zeros((5, 1)), np.zeros((5, 1)), {}, ["x"]) == {}
