"""Figures of an encoder: what is lost on the way through latents, and what codes say of labels."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import logsumexp


def reconstruction_errors(examples: np.ndarray, reconstructed: np.ndarray) -> np.ndarray:
    """Return each example's squared error as a share of the examples' total variance, float `[n]`.

    The mean is 0 for perfect reconstructions, and 1 if each is the examples' mean.

    Args:
        examples, reconstructed: `[n, …]`, in the same units.
    """
    real, made = (x.reshape(len(x), -1).astype(np.float64) for x in (examples, reconstructed))
    return np.asarray(np.square(real - made).sum(1) / real.var(0).sum())


def log_normal(x: np.ndarray, mean: np.ndarray, log_variance: np.ndarray | float) -> np.ndarray:
    """Return the log density of diagonal Gaussians, summed over the last axis, in nats."""
    spread = np.asarray(log_variance, np.float64)  # whose exponential float32 may not hold
    squares = np.square(x - mean) / np.exp(spread) + spread + math.log(2 * math.pi)
    return np.asarray(-squares.sum(-1) / 2)


def importance_weighted(log_weights: np.ndarray) -> np.ndarray:
    """Return the logarithm of the mean weight of an example's draws, float `[n]`.

    It is below the log-likelihood on average, and comes to it with the number of draws (Burda et
    al. 2016, equation 8).

    Args:
        log_weights: ln p(x, z) − ln q(z | x), `[draws, n]`.
    """
    return np.asarray(logsumexp(log_weights, axis=0) - math.log(len(log_weights)))


def match(codes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the label that each category stands for, or −1, int `[largest category + 1]`.

    Each category stands for at most one label, so that as few examples as possible have a category
    that does not stand for their label (Chen et al. 2016, section 7.2).

    Args:
        codes, labels: int `[n]`, from 0.
    """
    table = np.zeros((codes.max() + 1, labels.max() + 1), np.int64)
    np.add.at(table, (codes, labels), 1)
    stands_for = np.full(len(table), -1)
    categories, matched = linear_sum_assignment(-table)
    stands_for[categories] = matched
    return stands_for
