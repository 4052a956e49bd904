"""Figures of labelled examples, taken through a classifier of their labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import chi2_contingency, entropy

from forger.metrics.gaussian import frechet_between
from forger.metrics.mmd import cubic, mmd
from forger.metrics.neighbours import DENSITY_K, coverage

if TYPE_CHECKING:
    from forger.models.classifier import Seen


def by_class(samples: Seen, train_labels: np.ndarray, number: int) -> dict[str, float]:
    """Return the figures of the samples' classes.

    - `modes`: the number of classes among the samples.
    - `rarest_class`: the least share of a class, as a share of the training data's.
    - `class_kl`: the Kullback-Leibler divergence, in nats, of the samples' classes from those of
      the training data.
    - `classifier_score`: exp E KL(p(y|x) ‖ p(y)), from 1 to the number of classes (Salimans et al.
      2016, section 4); for stacked images, the first image's.

    Args:
        train_labels: the training data's labels, int `[m]`; every class must occur.
        number: the number of classes.
    """
    found = np.bincount(samples.labels, minlength=number)
    real = np.bincount(train_labels, minlength=number)
    shares = found / found.sum() / (real / real.sum())
    p = samples.probabilities.astype(np.float64)
    return {
        "modes": float(np.count_nonzero(found)),
        "rarest_class": float(shares.min()),
        "class_kl": float(entropy(found, real)),
        "classifier_score": float(np.exp(np.mean(entropy(p, p.mean(0, keepdims=True), axis=1)))),
    }


def proportions(train: np.ndarray, held_out: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    """Test whether held-out examples have the training data's proportions of classes.

    Args:
        train, held_out: their labels, int `[n]` and `[m]`; every class must occur in `train`.
        classes: the classes' names.

    Returns:
        `p_value` of Pearson's test of homogeneity; `class`, the name of the class whose shares
        differ most; its shares, `train` and `held_out`; and `others_p_value`, the same test of the
        other classes among themselves.
    """
    counts = np.array([np.bincount(part, minlength=len(classes)) for part in (train, held_out)])
    shares = counts / counts.sum(1, keepdims=True)
    furthest = int(np.abs(shares[0] - shares[1]).argmax())
    others = np.delete(counts, furthest, axis=1)
    compared = others.any(1).all()  # not where held-out data have this class only
    return {
        "p_value": float(chi2_contingency(counts).pvalue),
        "others_p_value": float(chi2_contingency(others).pvalue) if compared else 1.0,
        "class": classes[furthest],
        **dict(zip(("train", "held_out"), shares[:, furthest].tolist(), strict=True)),
    }


def by_features(samples: Seen, real: Seen) -> dict[str, float]:
    """Return the distances between the features of samples and of as many real examples.

    - `classifier_frechet`: the Fréchet distance of their means and covariances (Heusel et al. 2017,
      equation 6, on this classifier's features).
    - `classifier_mmd`: the unbiased squared maximum mean discrepancy, with the kernel
      (x·y / f + 1)³ (Bińkowski et al. 2018, section 4).
    """
    fake, true = (seen.features.astype(np.float64) for seen in (samples, real))
    return {
        "classifier_frechet": frechet_between(fake, true),
        "classifier_mmd": mmd(fake, true, cubic),
    }


def by_label(
    samples: np.ndarray, asked: np.ndarray, real: np.ndarray, labels: np.ndarray
) -> dict[str, float]:
    """Return `class_coverage`, or nothing where no class has enough samples and real examples.

    It is the coverage of a class's real examples by the samples that were asked for it, averaged
    over the classes with enough of both.

    Args:
        samples: `[n, …]`.
        asked: the class that each sample was asked for, int `[n]`.
        real: `[m, …]`.
        labels: each real example's class, int `[m]`.
    """
    found = []
    for label in np.unique(labels):
        of_class = [samples[asked == label], real[labels == label]]
        n = min(map(len, of_class))
        if n > 2 * DENSITY_K:
            found.append(coverage(*(examples[:n] for examples in of_class)))
    return {"class_coverage": float(np.mean(found))} if found else {}
