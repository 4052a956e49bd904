"""All figures of samples of one kind of data."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from stages.gan.classifier import Seen, see
from stages.gan.dataset_files import in_data_units
from stages.gan.generator import Sampler
from stages.gan.metrics import Comparison, by_law
from stages.gan.metrics.classes import by_class, by_features
from stages.gan.metrics.gaussian import frechet
from stages.gan.params.evaluate import Evaluate

if TYPE_CHECKING:
    import keras

FEATURES_OF = 5000  # examples of each kind in distances of a classifier's features
Arrays = dict[str, np.ndarray]


class Quality:
    """Measures samples beside one recipe's data.

    Args:
        data: data.json.
        classifier: of the data's labels, where they have some.
    """

    def __init__(
        self,
        train: Arrays,
        test: Arrays,
        data: dict[str, Any],
        settings: Evaluate,
        classifier: keras.Model | None,
    ) -> None:
        self.train, self.data, self.classifier = train, data, classifier
        self.real = np.asarray(test["real"][: settings.samples])
        kept = train["real"][: max(settings.samples, settings.compared)]
        self.other = np.asarray(kept)
        self.comparison = Comparison(
            in_data_units(self.other, data), in_data_units(self.real, data), settings.compared
        )

    def see(self, samples: np.ndarray) -> Seen | None:
        """What the classifier sees in samples `[n, …]`, where there is one."""
        return None if self.classifier is None else see(self.classifier, samples)

    def of(
        self, samples: np.ndarray, seen: Seen | None, rng: np.random.Generator
    ) -> dict[str, float]:
        """Of samples `[n, …]` in the networks' units, and of what `see` sees in them."""
        in_units = in_data_units(samples, self.data)
        return {
            **by_law(in_units, self.data["law"]),
            **self.comparison.of(in_units, rng),
            **(self._by_classifier(seen, seen) if seen else {}),
        }

    def floor(self, n: int) -> dict[str, float]:
        """Of `n` real examples: held-out ones, and where two kinds are compared, training ones
        beside them."""
        beside = self.see(self.other[:n])
        return {
            **by_law(in_data_units(self.real[:n], self.data), self.data["law"]),
            **self.comparison.floor(n),
            **(self._by_classifier(self._real_seen.first(n), beside) if beside else {}),
        }

    def _by_classifier(self, seen: Seen, compared: Seen) -> dict[str, float]:
        """The classes of what is seen, and the features of what is compared with held-out
        examples."""
        number, n = len(self.data["classes"]), min(len(self.real), len(self.other), FEATURES_OF)
        return {
            **by_class(seen, self.train["labels"], number),
            **by_features(compared, self._real_seen, n),
        }

    @cached_property
    def _real_seen(self) -> Seen:
        assert self.classifier is not None
        return see(self.classifier, self.real)

    def exact(self, sampler: Sampler) -> dict[str, dict[str, float]]:
        """`quality` and `floor` of a generator that is an affine map of normal latents: its samples
        are Gaussian, with a mean and a covariance that its weights say. Nothing otherwise.

        The floor is that of the training data's own mean and covariance.
        """
        law, dim = self.data["law"], sampler.latent.dim
        if (
            not law
            or law["name"] != "gaussian"
            or sampler.latent.law != "normal"
            or sampler.latent.categories
        ):
            return {}
        points = np.concatenate([np.zeros((1, dim)), np.eye(dim), -3 * np.eye(dim)])
        decoded = sampler.decode(points.astype(np.float32)).astype(np.float64)
        offset, *images = in_data_units(decoded, self.data)
        rows, thrice = np.array(images[:dim]) - offset, np.array(images[dim:]) - offset
        if not np.allclose(thrice, -3 * rows, rtol=1e-4, atol=1e-5):
            return {}
        true = law["mean"], np.array(law["covariance"])
        drawn = in_data_units(np.asarray(self.train["real"], np.float64), self.data)
        return {
            "quality": {"frechet_exact": frechet(offset, rows.T @ rows, *true)},
            "floor": {"frechet_exact": frechet(drawn.mean(0), np.cov(drawn, rowvar=False), *true)},
        }
