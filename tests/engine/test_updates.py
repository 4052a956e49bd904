"""What an update does. Runs on the backend that KERAS_BACKEND names; test_backends.py runs the
folder on the other one."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from forger.engine.course import Course
from forger.engine.model import Adversarial
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from tests.engine.reference import Reference, judged
from tests.engine.small import (
    FIELDS,
    ON_JAX,
    batches,
    build,
    distance,
    layers,
    networks,
    run,
    weights,
)


class OnlyDiscriminator(GAN):
    """The plain GAN without G's step."""

    def update(self, step, batch):
        self.train_discriminator(step, {name: rows[0] for name, rows in batch.items()})


class OnlyGenerator(GAN):
    """The plain GAN without D's step."""

    def update(self, step, batch):
        batch = {name: rows[0] for name, rows in batch.items()}
        self.train_generator(step, batch, self.generate(step, batch))


@pytest.mark.parametrize(
    ("method", "moves", "rests"),
    [
        (OnlyDiscriminator, "discriminator", "generator"),
        (OnlyGenerator, "generator", "discriminator"),
    ],
)
def test_each_player_moves_in_its_own_step_only(method, moves, rests):
    model = build(method)
    for update in range(5):
        before = weights(model, moves), weights(model, rests)
        run(model, batches(1, seed=update))
        assert distance(before[0], weights(model, moves)) > 1e-4
        assert distance(before[1], weights(model, rests)) == 0


def test_both_move_in_every_update():
    model = build()
    for update in range(5):
        before = {role: weights(model, role) for role in model.networks}
        run(model, batches(1, seed=update))
        for role in model.networks:
            assert distance(before[role], weights(model, role)) > 1e-4


class Several(GAN):
    """Four steps of G down one forward pass, two of them in a loop, and one of D in between."""

    def update(self, step, batch):
        generator, discriminator = step.networks("generator", "discriminator")
        made = step.share("generator", lambda: generator({"latents": batch["latents"][0]}))
        step.descend("generator", lambda fakes: _off(fakes, 0.0), made)
        step.descend("generator", lambda fakes: _off(fakes, 1.0), made)
        step.descend(
            "discriminator", lambda fakes: ops.mean(discriminator({"examples": fakes})), made
        )
        step.repeat(2, lambda i: step.descend("generator", lambda fakes: _off(fakes, 2.0), made))


def _off(fakes, target):
    return ops.mean(ops.square(fakes - target))


@pytest.mark.parametrize("jit", sorted({ON_JAX, True}))
def test_a_player_descends_one_forward_pass_several_times(jit):
    """Each time by the gradient at the weights of the pass: against NumPy."""
    method = Several(kind="gan", latent=Latent(dim=3))
    optimizers = {player: keras.optimizers.SGD(0.1, name=player) for player in method.players}
    model = Adversarial(method, FIELDS, networks(method), optimizers, Course(1, jit))
    (first, bias), (second, shift) = layers(model, "generator")
    d = weights(model, "discriminator")
    arrays = batches(1)
    z = arrays["latents"][0, 0].astype(np.float64)
    before = z @ first + bias
    hidden = np.where(before > 0, before, 0.2 * before)
    fakes = hidden @ second + shift
    back = sum(2 * (fakes - target) / fakes.size for target in (0, 1, 2, 2))
    inside = back @ second.T * np.where(before > 0, 1, 0.2)
    run(model, arrays)
    wanted = [z.T @ inside, inside.sum(0), hidden.T @ back, back.sum(0)]
    for found, was, gradient in zip(
        weights(model, "generator"), (first, bias, second, shift), wanted, strict=True
    ):
        np.testing.assert_allclose(found, was - 0.1 * gradient, atol=1e-6)
    assert distance(d, weights(model, "discriminator")) > 1e-4


@pytest.mark.parametrize(
    ("objective", "kind", "updates"),
    [
        ("non_saturating", "separate", 1),
        ("non_saturating", "separate", 10),
        ("non_saturating", "mixed", 10),
        ("non_saturating", "alternating", 10),
        ("minimax", "mixed", 10),
        ("least_squares", "separate", 10),
    ],
)
def test_equals_numpy(objective, kind, updates):
    model = build(objective=objective, discriminator_batches=kind)
    reference = Reference(
        layers(model, "generator"), layers(model, "discriminator"), objective, kind, 0.02, 0.05
    )
    arrays = batches(updates)
    run(model, arrays)
    for real, latents in zip(arrays["real"], arrays["latents"], strict=True):
        reference.update(real[0].astype(float), latents[0].astype(float))
    for role, expected in (("generator", reference.g), ("discriminator", reference.d)):
        for pair, wanted in zip(layers(model, role), expected, strict=True):
            for found, value in zip(pair, wanted, strict=True):
                np.testing.assert_allclose(found, value, atol=1e-5)


def test_losses_and_accuracies_are_those_of_the_batch():
    model = build()
    g, d = layers(model, "generator"), layers(model, "discriminator")
    arrays = batches(1)
    reports = run(model, arrays)
    on_real, on_fakes = judged(g, d, arrays["real"][0, 0], arrays["latents"][0, 0])
    loss = (np.mean(np.log1p(np.exp(-on_real))) + np.mean(np.log1p(np.exp(on_fakes)))) / 2
    assert reports["d_loss"][0] == pytest.approx(loss, abs=1e-5)
    assert reports["acc_real"][0] == pytest.approx(np.mean(on_real > 0))
    assert reports["acc_fake"][0] == pytest.approx(np.mean(on_fakes < 0))


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_many_updates_in_a_call_equal_as_many_calls(dropout):
    arrays = batches(6, latents=False)
    together, apart = build(dropout=dropout), build(dropout=dropout)
    reports = run(together, arrays)
    single = [
        run(apart, {name: rows[i : i + 1] for name, rows in arrays.items()}) for i in range(6)
    ]
    for role in together.networks:
        assert distance(weights(together, role), weights(apart, role)) < 1e-6
    for name, values in reports.items():
        np.testing.assert_allclose(values, [float(r[name][0]) for r in single], atol=1e-5)


def test_a_shorter_call_runs_so_many_updates_without_another_trace(monkeypatch):
    model, exact = build(), build()
    traces = []
    update = GAN.update
    monkeypatch.setattr(GAN, "update", lambda *a: (traces.append(1), update(*a))[1])
    run(model, batches(4))
    traced = len(traces)
    padded = batches(4, seed=1)
    run(model, padded, count=3)
    assert len(traces) == traced
    run(exact, batches(4))
    run(exact, {name: rows[:3] for name, rows in padded.items()})
    for role in model.networks:
        assert distance(weights(model, role), weights(exact, role)) < 1e-6


def test_more_steps_of_d_than_of_g():
    model = build(discriminator_steps=3)
    run(model, batches(2, steps=3))
    steps = {player: int(o.iterations.numpy()) for player, o in model.optimizer.players.items()}
    assert steps == {"discriminator": 6, "generator": 2}


def test_a_batch_of_its_own_for_g_draws_other_latents():
    arrays = batches(3, latents=False)
    shared, own = build(), build(generator_batch=8)
    run(shared, arrays)
    run(own, arrays)
    assert distance(weights(shared, "generator"), weights(own, "generator")) > 1e-4


def test_without_xla_the_updates_are_the_same():
    arrays = batches(5)
    with_xla, without = build(jit=True), build(jit=False)
    run(with_xla, arrays)
    run(without, arrays)
    for role in with_xla.networks:
        assert distance(weights(with_xla, role), weights(without, role)) < 1e-5


def test_latents_follow_their_law():
    seed = keras.random.SeedGenerator(3)
    for latent, law in (
        (Latent(dim=10), stats.norm),
        (Latent(dim=10, law="uniform", low=-5, high=5), stats.uniform(-5, 10)),
    ):
        drawn = np.asarray(latent.draw(2000, seed)).ravel()
        assert np.isfinite(drawn).all()
        assert stats.kstest(drawn, law.cdf).pvalue > 1e-3


def test_latents_are_finite_at_the_ends_too(monkeypatch):
    """Made of uniform numbers that are as small or as large as they can be."""
    ends = np.array([[-1.0, 0.0, 1 - 2**-22]], np.float32)
    monkeypatch.setattr(keras.random, "uniform", lambda *_, **__: keras.ops.convert_to_tensor(ends))
    low, middle, high = np.asarray(Latent(dim=3).draw(1, None))[0]
    assert (low, middle, high) == pytest.approx((-5.42, 0, 5.17), abs=0.02)


@pytest.mark.parametrize(("penalties", "logged"), [({}, 0), ({"r1": 0.0}, 0), ({"r1": 0.1}, 1)])
def test_a_penalty_is_reported_where_there_is_one(penalties, logged):
    model = build(penalties=penalties)
    assert list(run(model, batches(1))).count("penalty") == logged


def test_labels_reach_both_networks():
    model, other = build(name="conditional_gan"), build(name="conditional_gan")
    arrays = batches(3, labels=True)
    run(model, arrays)
    run(other, {**arrays, "labels": (arrays["labels"] + 1) % 3})
    for role in model.networks:
        assert distance(weights(model, role), weights(other, role)) > 1e-4


class Progress(GAN):
    """Reports how far the training is."""

    def update(self, step, batch):
        step.log(d_loss=step.progress())


def test_a_training_is_of_one_update_unless_it_is_said():
    method = Progress(kind="gan", latent=Latent(dim=3))
    optimizers = {player: keras.optimizers.SGD(0.1, name=player) for player in method.players}
    model = Adversarial(method, FIELDS, networks(method), optimizers, Course(1, ON_JAX))
    assert run(model, batches(2))["d_loss"].tolist() == [0, 1]


def test_what_a_model_trains_is_its_players_weights():
    model = build(ema=0.9, dropout=0.5)
    own = [v for player in model.moved.values() for v in player]
    assert {id(v) for v in model.trainable_variables} == {id(v) for v in own}
    assert model.averages["generator"].trainable_weights == []
