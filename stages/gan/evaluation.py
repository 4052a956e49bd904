"""What is drawn from a trained GAN, and the figures taken of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stages.gan.discriminator import Judge
from stages.gan.generator import Sampler, walks
from stages.gan.metrics.discriminator import decisions
from stages.gan.metrics.intervals import of_mean, of_share
from stages.gan.params.evaluate import Evaluate
from stages.gan.params.latent import Latent
from stages.gan.quality import Quality
from stages.gan.seeds import stream

if TYPE_CHECKING:
    import keras

Arrays = dict[str, np.ndarray]


def evaluate(
    networks: Mapping[str, keras.Model],
    about: Mapping[str, Any],
    train: Arrays,
    test: Arrays,
    data: dict[str, Any],
    settings: Evaluate,
    seed: int,
    classifier: keras.Model | None = None,
) -> tuple[dict[str, Any], Arrays]:
    """Measure the networks on held-out data and on repeated draws.

    Args:
        classifier: of the data's labels, where they have some.

    Returns:
        The content of metrics.json: `acc_real`, `acc_fake`, `auc`, `confusion` over all draws;
        `quality`, means over the draws; `floor`, the same of real examples, as many as a draw has
        where there are so many: held-out ones for the figures of a law and of classes, training
        data against held-out data for the others; `interval`, 95 %, over the draws (the networks
        and the held-out data stay the same) and for `acc_real` over the held-out examples.

        Arrays, in the networks' units: of the first draw the `samples` [n, …], their `labels` [n]
        for a conditional method, in the proportions of the held-out data, and `fake_scores` [n],
        D's raw outputs, and `seen` [n], the classifier's answers; `real_scores` [m]; `walks`
        [w, steps, …], samples on the way between latents.
    """
    classes, threshold = len(about["data"]["classes"]), about["decision_threshold"]
    sampler = Sampler(networks["generator"], Latent(**about["latent"]), classes)
    judge = Judge(networks["discriminator"], classes, about["packing"])
    real_scores = judge.scores(test["real"], test.get("labels"))
    quality = Quality(train, test, data, settings, classifier)
    n, first, found = settings.samples, Arrays(), []
    labels = np.resize(test["labels"], n) if sampler.takes_labels else None
    for i in range(settings.draws):
        samples = sampler.sample(n, stream(seed, "evaluate/samples", i), labels)
        fake_scores, seen = judge.scores(samples, labels), quality.see(samples)
        found.append(
            {
                **decisions(real_scores, fake_scores, threshold),
                **quality.of(samples, seen, stream(seed, "evaluate/memorisation", i)),
            }
        )
        first = first or {
            "samples": samples,
            "fake_scores": fake_scores,
            **({"seen": seen.labels} if seen else {}),
        }
    metrics = _summed_up(found, quality.floor(n))
    for kind, exact in quality.exact(sampler).items():
        metrics[kind].update(exact)
    sizes = {"samples": n, "compared": quality.comparison.n, "held_out": len(test["real"])}
    walked = walks(sampler, stream(seed, "evaluate/walks"))
    arrays = {**first, "real_scores": real_scores, "walks": walked}
    return {**metrics, **sizes}, arrays if labels is None else {**arrays, "labels": labels}


def _summed_up(found: Sequence[dict[str, Any]], floor: dict[str, float]) -> dict[str, Any]:
    """The draws' figures together; what they share (`acc_real`) as it is."""
    of_draws = {name: [float(each[name]) for each in found] for name in ("acc_fake", "auc", *floor)}
    means = {name: float(np.mean(values)) for name, values in of_draws.items()}
    counts = [each["confusion"]["counts"] for each in found]
    real, fakes = counts[0][0], np.sum([fakes for _, fakes in counts], 0).tolist()
    return {
        "acc_real": found[0]["acc_real"],
        "acc_fake": means.pop("acc_fake"),
        "auc": means.pop("auc"),
        "confusion": {**found[0]["confusion"], "counts": [real, fakes]},
        "quality": means,
        "floor": floor,
        "interval": {
            "acc_real": of_share(real[0], sum(real)),
            **{name: of_mean(values) for name, values in of_draws.items()},
        },
        "draws": len(found),
    }
