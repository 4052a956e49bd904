"""The figures of samples whose law is known exactly, without drawing any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from forger.data.description import Description
from forger.metrics.gaussian import frechet
from forger.models.generator import Sampler

MOST_DIM = 4096  # coordinates whose images, one by one, are held in memory


def measure_exactly(sampler: Sampler, data: Description) -> dict[str, float]:
    """Return `frechet_exact` if the generator is an affine map of normal latents, else nothing.

    Its samples are then Gaussian, with a mean and a covariance that its weights determine."""
    latent = sampler.latent
    if data.law.get("name") != "gaussian" or not latent.is_normal or sampler.told:
        return {}
    dim = latent.size
    if dim > MOST_DIM:
        return {}
    points = np.concatenate([np.zeros((1, dim)), np.eye(dim), -3 * np.eye(dim)])
    decoded = sampler.decode(points.astype(np.float32)).astype(np.float64)
    offset, *images = data.real.codec.decode(decoded)
    rows = np.array(images[:dim]) - offset
    thrice = np.array(images[dim:]) - offset
    if not np.allclose(thrice, -3 * rows, rtol=1e-4, atol=1e-5):
        return {}
    return {"frechet_exact": distance_from_law(offset, rows.T @ rows, data.law)}


def distance_from_law(mean: np.ndarray, covariance: np.ndarray, law: Mapping[str, Any]) -> float:
    """Return the Fréchet distance of a mean `[d]` and covariance `[d, d]` from a law's."""
    return frechet(mean, covariance, law["mean"], np.array(law["covariance"]))
