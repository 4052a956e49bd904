"""How likely samples of a table are by the law of the data, and real rows by that of the samples.

These are the likelihood fitnesses of CTGAN's simulated benchmark (Xu et al. 2019, section 5.1), as
its code has them: a law of numbers is not taken as known, but as a mixture fitted to rows.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

COMPONENTS = 30  # of a mixture: with these, real rows have the published likelihoods
FLOOR = 1e-8  # added to each row's probability, so that impossible ones have a logarithm


def measure_likelihood(
    samples: np.ndarray, real: np.ndarray, law: Mapping[str, Any], names: Sequence[str]
) -> dict[str, float]:
    """Return the figures of samples of a law, beside real rows; none of a law without any.

    - `likelihood_samples`: the mean log-likelihood of the samples, in nats a row (L_syn).
    - `likelihood_test`: that of the real rows, by a law fitted to the samples (L_test).
    - `impossible`: the share of samples that a network gives no chance.

    Args:
        samples, real: values, float64 `[n, columns]`, see `Column`.
        law: its `name` and parameters, as data.json has them.
        names: the columns'.
    """
    if law.get("name") == "points":
        return score_points(samples, real)
    if law.get("name") == "network":
        nodes = law["nodes"]
        return score_network(_place(samples, nodes, names), _place(real, nodes, names), nodes)
    return {}


def score_points(samples: np.ndarray, real: np.ndarray) -> dict[str, float]:
    """Return the likelihoods of points `[n, d]`, each by a mixture that is fitted to the others."""
    return {
        "likelihood_samples": float(_fit_mixture(real).score(samples)),
        "likelihood_test": float(_fit_mixture(samples).score(real)),
    }


def score_network(
    samples: np.ndarray, real: np.ndarray, nodes: Sequence[Mapping[str, Any]]
) -> dict[str, float]:
    """Return the figures of rows of a Bayesian network.

    Of the samples' law, the structure is the network's and the probabilities are their shares; a
    state of the parents that no sample has leaves all of a variable's states equally likely.

    Args:
        samples, real: the place of each variable's state, int `[n, nodes]`.
        nodes: the fields of `Node`, in the order of the columns.
    """
    tables = [np.asarray(node["table"]) for node in nodes]
    by_law = _find_chances(samples, nodes, tables)
    by_samples = _find_chances(real, nodes, _count_tables(samples, nodes, tables))
    return {
        "likelihood_samples": float(np.log(by_law + FLOOR).mean()),
        "likelihood_test": float(np.log(by_samples + FLOOR).mean()),
        "impossible": float(np.mean(by_law == 0)),
    }


def _fit_mixture(rows: np.ndarray) -> GaussianMixture:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    components = min(COMPONENTS, len(rows))
    mixture = GaussianMixture(components, covariance_type="diag", random_state=0)
    with warnings.catch_warnings():
        # Samples in few places have fewer clusters, and the mixture is then of these.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(rows)


def _place(
    rows: np.ndarray, nodes: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> np.ndarray:
    """Return all variables' states, int `[n, nodes]`: the table lacks those that have only one."""
    found = np.zeros((len(rows), len(nodes)), np.int64)
    for i, node in enumerate(nodes):
        if node["name"] in names:
            found[:, i] = rows[:, names.index(node["name"])]
    return found


def _find_chances(
    rows: np.ndarray, nodes: Sequence[Mapping[str, Any]], tables: Sequence[np.ndarray]
) -> np.ndarray:
    """Return the probability of each row `[n, nodes]`, float64 `[n]`."""
    logs = np.zeros(len(rows))
    with np.errstate(divide="ignore"):
        for table, place in zip(tables, _find_places(rows, nodes), strict=True):
            logs += np.log(table[place])
    return np.asarray(np.exp(logs))


def _count_tables(
    rows: np.ndarray, nodes: Sequence[Mapping[str, Any]], tables: Sequence[np.ndarray]
) -> list[np.ndarray]:
    found = []
    for table, place in zip(tables, _find_places(rows, nodes), strict=True):
        counts = np.zeros(table.shape)
        np.add.at(counts, place, 1)
        totals = counts.sum(axis=-1, keepdims=True)
        even = 1 / table.shape[-1]
        found.append(np.where(totals, counts / np.maximum(totals, 1), even))
    return found


def _find_places(
    rows: np.ndarray, nodes: Sequence[Mapping[str, Any]]
) -> list[tuple[np.ndarray, ...]]:
    """Return, for each variable, where each row is in its table."""
    column = {node["name"]: rows[:, i] for i, node in enumerate(nodes)}
    return [tuple(column[name] for name in (*node["parents"], node["name"])) for node in nodes]
