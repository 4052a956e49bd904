"""What each remedy does."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from forger.engine.constraints import Clip
from forger.methods.base import Fields
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from forger.methods.settings import Adam, Train
from forger.models.discriminator import Judge, separating
from forger.networks.mlp import MLP
from forger.training.assembly import Plan, adversarial
from tests.engine.reference import judged
from tests.engine.small import (
    BATCH,
    CLASSES,
    EXAMPLE,
    FIELDS,
    LATENT,
    ON_JAX,
    OPTIMIZERS,
    UPDATES,
    batches,
    build,
    distance,
    layers,
    run,
    weights,
)

NETWORKS = dict.fromkeys(("generator", "discriminator"), MLP(family="mlp", hidden=(5,)))


class Step:
    """As much of an engine's step as drawing numbers takes."""

    def __init__(self, progress=0.0):
        self.random, self._progress = keras.random.SeedGenerator(3), progress

    def progress(self):
        return ops.convert_to_tensor(self._progress)

    def log(self, **values):
        self.logged = values


def gan(**options):
    return GAN(kind="gan", latent=Latent(dim=LATENT), **options)


@pytest.mark.parametrize("flip", [0.0, 0.25])
def test_soft_and_noisy_targets(flip):
    method = gan(
        objective="least_squares", labels={"real": (0.7, 1.2), "fake": (0.0, 0.3), "flip": flip}
    )
    # Held against outputs of 0, the loss is the mean square of the targets.
    nothing = ops.zeros((40_000, 1))
    real, fake = (float(method.hold(Step(), kind, nothing, None)) for kind in ("real", "fake"))
    square = {low: stats.uniform(low, high - low).moment(2) for low, high in ((0.7, 1.2), (0, 0.3))}
    assert real == pytest.approx((1 - flip) * square[0.7] + flip * square[0], rel=0.02)
    assert fake == pytest.approx((1 - flip) * square[0] + flip * square[0.7], rel=0.05)


@pytest.mark.parametrize(
    ("noise", "progress", "stddev"),
    [
        ({"stddev": 0.5}, 0.0, 0.5),
        ({"stddev": 0.5}, 0.5, 0.25),
        ({"stddev": 0.5}, 1.0, 0.0),
        ({"stddev": 0.5, "until": 0.5}, 0.25, 0.25),
        ({"stddev": 0.5, "final": 0.005}, 0.5, 0.05),
        ({"stddev": 0.5, "final": 0.005, "until": 0.8}, 0.9, 0.005),
    ],
)
def test_instance_noise_decays(noise, progress, stddev):
    shown = gan(instance_noise=noise).show(Step(progress), ops.ones((20_000, 2)))
    assert np.std(ops.convert_to_numpy(shown) - 1) == pytest.approx(stddev, rel=0.02, abs=1e-7)


def test_images_are_shifted_with_their_edges_repeated():
    image = np.random.default_rng(0).normal(size=(8, 12, 2)).astype("f4")
    padded = np.pad(image, ((2, 2), (3, 3), (0, 0)), "edge")
    crops = [padded[y : y + 8, x : x + 12] for y in range(5) for x in range(7)]
    images = ops.convert_to_tensor(np.stack([image] * 4000))
    shown = gan(augmentation={"translation": 0.25}).show(Step(), images)
    found = [(ops.convert_to_numpy(shown) == crop).all((1, 2, 3)) for crop in crops]
    counts = np.sum(found, axis=1)
    assert counts.sum() == 4000
    assert stats.chisquare(counts).pvalue > 1e-3


class Watching(GAN):
    """Reports how far the training is."""

    def update(self, step, batch):
        step.log(d_loss=step.progress())


def test_progress_goes_from_update_to_update():
    model = build(Watching)
    for first in (0, 4):
        found = run(model, batches(4))["d_loss"]
        np.testing.assert_allclose(found, (first + np.arange(4)) / UPDATES, rtol=1e-6)


def test_packing_shows_d_several_examples_as_one():
    method = gan(packing=2)
    roles = method.roles(Fields({"real": (8, 8, 3)}))
    assert roles["discriminator"].inputs == {"examples": (8, 8, 6)}
    rows = np.arange(8.0).reshape(4, 2)
    packed = ops.convert_to_numpy(method.show(Step(), ops.convert_to_tensor(rows)))
    assert packed.tolist() == [[0, 1, 4, 5], [2, 3, 6, 7]]
    model = build(packing=2)
    before = weights(model, "discriminator")
    assert before[0].shape[0] == 2 * EXAMPLE
    run(model, batches(2))
    assert distance(before, weights(model, "discriminator")) > 1e-4
    judge = Judge(model.method.products(model.networks)["discriminator"])
    assert judge.scores({"real": np.ones((7, EXAMPLE), "f4")}).shape == (3,)


def test_packing_tells_d_several_labels():
    model = build(name="conditional_gan", packing=2)
    before = weights(model, "discriminator")
    assert before[0].shape[0] == 2 * (EXAMPLE + CLASSES)
    run(model, batches(2, labels=True))
    assert distance(before, weights(model, "discriminator")) > 1e-4
    judge = Judge(model.method.products(model.networks)["discriminator"], CLASSES)
    rows = {"real": np.ones((7, EXAMPLE), "f4"), "labels": np.zeros(7, int)}
    assert judge.scores(rows).shape == (3,)


@pytest.mark.parametrize("name", ["gan", "conditional_gan", "info_gan"])
@pytest.mark.parametrize("kind", ["separate", "mixed", "alternating"])
def test_remedies_go_together(name, kind):
    penalties = dict.fromkeys(("r1", "r2", "gradient_penalty", "dragan"), 0.1)
    model = build(
        name=name,
        discriminator_batches=kind,
        penalties={} if kind == "alternating" else penalties,  # which is refused
        labels={"real": (0.7, 1.2), "fake": (0.0, 0.3), "flip": 0.05},
        instance_noise={"stddev": 0.5},
        dropout=0.3,
        discriminator_steps=2,
        generator_batch=6,
        ema=0.9,
        **({"codes": Latent(dim=2, categories=3)} if name == "info_gan" else {"packing": 2}),
    )
    before = {role: weights(model, role) for role in model.networks}
    reports = run(model, batches(2, steps=2, latents=False, labels=True))
    assert all(np.isfinite(values).all() for values in reports.values())
    for role, own in before.items():
        assert distance(own, weights(model, role)) > 1e-4


def averaged(average, after, n, ema):
    """An average of weights, moved towards those after the n-th update."""
    decay = min(ema, n / (n + 9))
    return [decay * a + (1 - decay) * w for a, w in zip(average, after, strict=True)]


def test_the_average_of_g_is_that_of_its_weights():
    ema = 0.6
    model, found = build(ema=ema), []
    for update in range(20):
        run(model, batches(1, seed=update))
        found.append(weights(model, "generator"))
    average = weights(build(), "generator")
    for n, after in enumerate(found, 1):
        average = averaged(average, after, n, ema)
    kept = [w.copy() for w in model.select_kept()["generator"].get_weights()]
    assert distance(average, kept) < 1e-5
    assert distance(kept, found[-1]) > 1e-3


def test_the_average_of_a_normalised_g_is_normalised():
    """Its kernels are divided by their own singular values, not by a mean of others'."""
    ema = 0.9
    places = (0, 2), (3, 5)  # of each layer's kernel and direction among the weights
    model = build(ema=ema, spectral=True)
    average = weights(model, "generator")
    for update in range(20):
        run(model, batches(1, seed=update))
        average = averaged(average, weights(model, "generator"), update + 1, ema)
        for kernel, direction in places:
            left = average[kernel].T @ average[kernel] @ average[direction]
            average[direction] = left / np.linalg.norm(left)
    normalised = [
        layer for layer in model.select_kept()["generator"].layers if hasattr(layer, "kernel")
    ]
    for layer, (kernel, direction) in zip(normalised, places, strict=True):
        divided = average[kernel] / np.linalg.norm(average[kernel] @ average[direction])
        np.testing.assert_allclose(np.asarray(layer.kernel), divided, atol=1e-5)


def test_an_average_changes_nothing_else():
    arrays = batches(5)
    with_one, without = build(ema=0.9), build()
    run(with_one, arrays)
    run(without, arrays)
    for role in without.networks:
        assert distance(weights(with_one, role), weights(without, role)) < 1e-6


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", lambda t: 1.0),
        ("linear", lambda t: 1 - 0.9 * t),
        ("cosine", lambda t: 0.1 + 0.9 * (1 + np.cos(np.pi * t)) / 2),
    ],
)
@pytest.mark.parametrize(("kind", "steps"), [("separate", 3), ("alternating", 6)])
def test_learning_rates_fall_as_scheduled(schedule, expected, kind, steps):
    adam = Adam(learning_rate=0.02, schedule=schedule, final=0.1)
    settings = Train(epochs=1, batch=1, optimizers={**OPTIMIZERS, "discriminator": adam})
    method = GAN(
        kind="gan", latent=Latent(dim=LATENT), discriminator_steps=3, discriminator_batches=kind
    )
    model = adversarial(Plan(method, NETWORKS, settings), FIELDS, 1, ON_JAX, UPDATES)
    made = model.optimizer.players["discriminator"]
    for at in (0, steps * UPDATES // 2, steps * UPDATES):
        made.iterations.assign(at)
        wanted = 0.02 * expected(at / (steps * UPDATES))
        assert float(made.learning_rate) == pytest.approx(wanted, rel=1e-5)


def test_clipping_keeps_weights_small():
    settings = Train(epochs=1, batch=BATCH, optimizers=OPTIMIZERS)
    method = GAN(kind="gan", latent=Latent(dim=LATENT), objective="wasserstein", weight_clip=0.01)
    model = adversarial(Plan(method, NETWORKS, settings), FIELDS, 1, ON_JAX, UPDATES)
    run(model, batches(2))
    largest = [np.abs(w).max() for w in weights(model, "discriminator")]
    assert largest[0] == np.float32(0.01)
    assert max(largest) <= np.float32(0.01)
    assert max(np.abs(w).max() for w in weights(model, "generator")) > 0.01


def test_latents_of_every_law():
    seed = keras.random.SeedGenerator(3)
    spherical = Latent(dim=6, law="spherical")
    truncated = Latent(dim=6, law="truncated", bound=1.5)
    for draw in (
        lambda latent: ops.convert_to_numpy(latent.draw(3000, seed)),
        lambda latent: latent.sample(3000, np.random.default_rng(0)),
    ):
        np.testing.assert_allclose(np.linalg.norm(draw(spherical), axis=1), 6**0.5, rtol=1e-5)
        assert np.abs(draw(spherical).mean(0)).max() < 0.1
        numbers = draw(truncated).ravel()
        assert np.abs(numbers).max() <= 1.5
        assert stats.kstest(numbers, stats.truncnorm(-1.5, 1.5).cdf).pvalue > 1e-3
        categories = draw(Latent(dim=2, categories=4))
        assert categories.shape == (3000, 6)
        assert (np.sort(categories[:, 2:], axis=1) == [0, 0, 0, 1]).all()
        assert stats.chisquare(categories[:, 2:].sum(0)).pvalue > 1e-3


def test_a_critics_accuracy_is_beside_the_middle_of_the_batch():
    model = build(objective="wasserstein", penalties={"gradient_penalty": 10.0})
    g, d = layers(model, "generator"), layers(model, "discriminator")
    arrays = batches(1)
    reports = run(model, arrays)
    on_real, on_fakes = judged(g, d, arrays["real"][0, 0], arrays["latents"][0, 0])
    middle = (on_real.mean() + on_fakes.mean()) / 2
    assert reports["acc_real"][0] == pytest.approx(np.mean(on_real > middle))
    assert reports["acc_fake"][0] == pytest.approx(np.mean(on_fakes < middle))


def test_the_threshold_that_separates_best():
    rng = np.random.default_rng(1)
    real, fake = rng.normal(2, 1, 400), rng.normal(0, 1, 300)
    found = separating(real, fake)
    best = max(np.mean(real > t) + np.mean(fake <= t) for t in np.concatenate([real, fake, [-9.0]]))
    assert np.mean(real > found) + np.mean(fake <= found) == pytest.approx(best)


def test_gs_gradient_is_reported():
    reports = run(build(), batches(3))
    assert (reports["g_gradient"] > 0).all()
    assert len(reports["g_gradient"]) == 3 <= BATCH


def test_clipping_leaves_alone_what_is_small():
    values = np.array([-2.0, -0.5, -0.3, 0.0, 0.3, 0.5, 2.0], np.float32)
    clipped = np.asarray(Clip(0.5)(ops.convert_to_tensor(values)))
    np.testing.assert_array_equal(clipped, np.clip(values, -0.5, 0.5))
