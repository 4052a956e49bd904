"""The sliced Wasserstein distance, a figure for data of any kind."""

import numpy as np

from forger.core.seeds import stream

PROJECTIONS = 128
AT_ONCE = 8  # projections, to bound memory


def sliced_wasserstein(samples: np.ndarray, real: np.ndarray) -> float:
    """Return the mean Wasserstein-1 distance along random directions, in the data's units.

    See Rabin et al. 2011, "Wasserstein barycenter and its application to texture mixing". The
    directions are the same in every call.

    Args:
        samples, real: `[n, d]` and `[m, d]`.
    """
    directions = stream(0, "sliced_wasserstein").normal(size=(samples.shape[1], PROJECTIONS))
    directions /= np.linalg.norm(directions, axis=0)
    found = [
        _distances(*((x @ directions[:, i : i + AT_ONCE]).T for x in (samples, real)))
        for i in range(0, PROJECTIONS, AT_ONCE)
    ]
    return float(np.mean(found))


def _distances(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Return the Wasserstein-1 distance of each row of `[p, n]` from that of `[p, m]`, `[p]`: the
    mean distance of their quantiles. `scipy.stats.wasserstein_distance` gives the same row by row,
    but takes seven times as long."""
    u = np.sort(u)
    v = np.sort(v)
    if u.shape == v.shape:
        return np.abs(u - v).mean(1)
    ends = [np.arange(1, x.shape[1] + 1) / x.shape[1] for x in (u, v)]
    steps = np.union1d(*ends)  # between these, both quantile functions are constant
    of_u, of_v = (x[:, np.searchsorted(end, steps)] for x, end in zip((u, v), ends, strict=True))
    return (np.abs(of_u - of_v) * np.diff(steps, prepend=0)).sum(1)
