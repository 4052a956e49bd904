"""Runs that are made to fail in each way are told apart, and those that work are left in peace."""

import numpy as np
import pandas as pd
import pytest

from stages.gan.diagnosis import diagnose
from stages.gan.metrics import Comparison
from stages.gan.metrics.memorisation import Memory
from stages.gan.metrics.mixture import mixture
from stages.gan.networks import Networks
from stages.gan.params.latent import Latent
from stages.gan.params.train import Adam, Train
from stages.gan.progress import Progress
from stages.gan.training import DivergedError, Trainer
from stages.gan.watch import SPREAD, Training, Watch, symptoms

RNG = np.random.default_rng(0)
PLAIN = {"classes": []}
RING = np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], 1)


def history(n=40, **columns):
    """A calm training, but for these columns."""
    calm = {
        "step": np.arange(1, n + 1) * 100,
        "d_loss": 0.69,
        "g_loss": 0.7,
        "acc_real": 0.5,
        "acc_fake": 0.5,
        "g_gradient": 0.1,
    }
    return pd.DataFrame({name: np.broadcast_to(v, n) for name, v in {**calm, **columns}.items()})


def problems(found):
    return [finding.problem for finding in found]


def test_a_calm_training_has_no_symptoms():
    for objective in ("non_saturating", "wasserstein", "relativistic", "least_squares", "hinge"):
        assert not symptoms(Training(objective, history(), {"spread": 0.9, "one_nn": 0.6}))


def test_symptoms_name_their_evidence_and_what_to_try():
    strong = Training("non_saturating", history(d_loss=0.01, g_gradient=np.geomspace(1, 1e-6, 40)))
    swings = Training(
        "hinge", history(acc_real=0.5 + 0.4 * np.sin(np.arange(40)), acc_fake=np.arange(40) % 2)
    )
    weak = Training("wasserstein", history(), {"one_nn": 0.95})
    collapsed = Training("minimax", history(), {"spread": 0.9 * SPREAD})
    few = Training("minimax", history(), {"spread": 1.0, "coverage": 0.25, "recall": 0.2})
    for training, problem, evidence in (
        (strong, "D too strong", "d_loss 0.01"),
        (swings, "oscillation", "swing by"),
        (weak, "D too weak", "accuracy 0.95, D with 0.50"),
        (collapsed, "mode collapse", "27%"),
        (few, "mode collapse", "coverage 0.25, recall 0.20"),
    ):
        (finding,) = symptoms(training)
        assert finding.problem == problem
        assert evidence in finding.evidence
        assert any(remedy.startswith("train.") for remedy in finding.remedies)


def test_a_discriminator_that_knows_is_not_weak_nor_are_samples_few_that_reach_all():
    known = Training("hinge", history(acc_real=0.6, acc_fake=0.6), {"one_nn": 0.95})
    reached = Training("hinge", history(), {"coverage": 0.25, "recall": 0.9})
    assert not symptoms(known)
    assert not symptoms(reached)


def test_a_watch_tells_each_problem_once_and_not_at_once():
    watch = Watch("non_saturating", 100)
    bad = history(100, d_loss=0.001)
    assert not list(watch.look(bad[:9], {}))
    assert problems(watch.look(bad[:10], {})) == ["D too strong"]
    assert not list(watch.look(bad[:20], {}))
    assert problems(watch.look(bad[:30], {"spread": 0.01})) == ["mode collapse"]


def measured(samples, real):
    law = {"centres": RING.tolist(), "stddev": 0.05}
    comparison, memory = Comparison(real[:500]), Memory(real[500:1000])
    return {
        "auc": 0.5,
        **{
            kind: {
                **mixture(examples, law),
                **comparison.measure(examples[:500]),
                **memory.measure(examples[:500], real[:500]),
            }
            for kind, examples in (("quality", samples), ("floor", real[1000:]))
        },
    }


def ring(n, modes=8):
    return RING[RNG.integers(modes, size=n)] + 0.05 * RNG.normal(size=(n, 2))


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (ring(1000), []),
        (ring(1000, modes=2), ["D too weak", "mode collapse"]),
        (ring(1000, modes=7), ["mode collapse"]),
        (0.05 * RNG.normal(size=(1000, 2)), ["D too weak", "samples far from the data"]),
    ],
)
def test_figures_tell_what_went_wrong(samples, expected):
    found = diagnose("non_saturating", history(), measured(samples, ring(2000)))
    assert problems(found) == expected


@pytest.mark.parametrize(
    ("modes", "of", "told"),
    [(24, 25, True), (25, 25, False), (970, 1000, True), (990, 1000, False)],
)
def test_a_mode_that_is_missed_is_told_of_unless_there_are_very_many(modes, of, told):
    figures = {"c2st": 0.5, "coverage": 0.9, "recall": 0.9, "precision": 0.9}
    figures |= {"memorisation": 0.0, "authenticity": 0.5}
    metrics = {
        "auc": 0.5,
        "quality": {**figures, "modes": modes},
        "floor": {**figures, "modes": of},
    }
    found = diagnose("non_saturating", history(), metrics)
    assert [finding.evidence for finding in found] == ([f"{modes} of {of} modes"] if told else [])


def run(
    capsys,
    d_rate=1e-3,
    g_rate=1e-3,
    epochs=20,
    generator=(32,),
    discriminator=(32, 32),
    shift=0.0,
    **options,
):
    """Train on the ring, so far from the origin; what was said on the way, and the result."""
    networks = Networks(
        latent=Latent(dim=2),
        generator={"family": "mlp", "hidden": generator},
        discriminator={"family": "mlp", "hidden": discriminator},
    )
    # Copies, which may be beyond what params.yaml may say: to diverge at once.
    optimizers = {
        player: Adam(beta_1=0.5).model_copy(update={"learning_rate": rate})
        for player, rate in (("discriminator", d_rate), ("generator", g_rate))
    }
    settings = Train(
        epochs=epochs, batch=64, optimizers=optimizers, snapshots=11, steps_per_epoch=30, **options
    )
    arrays = {"real": (ring(4000) + shift).astype(np.float32)}
    result = Trainer("gan", networks, settings, arrays, PLAIN, 1, True, Progress("ring")).run(
        "auto"
    )
    return capsys.readouterr().out, result


def test_samples_have_half_of_the_training_to_be_like_the_data(monkeypatch, capsys):
    seen = {}

    def look(watch, history, figures):
        seen[len(history)] = set(figures)
        return iter(())

    monkeypatch.setattr(Watch, "look", look)
    run(capsys, epochs=10)
    assert {epoch for epoch, names in seen.items() if "one_nn" in names} == {5, 6, 7, 8, 9, 10}
    assert all("spread" in names for names in seen.values())


@pytest.mark.slow
def test_a_discriminator_that_wins(capsys):
    said, _ = run(capsys, d_rate=1e-2, g_rate=1e-7, epochs=30, shift=3.0)
    assert "D too strong: d_loss" in said
    assert "train.penalties.r1: 1" in said


@pytest.mark.slow
def test_a_discriminator_that_learns_nothing(capsys):
    said, _ = run(capsys, d_rate=1e-7, g_rate=1e-3, epochs=30)
    assert "D too weak: the nearest neighbour tells samples from real data" in said
    assert "train.discriminator_steps: 2" in said


@pytest.mark.slow
def test_a_generator_that_collapses(capsys):
    said, _ = run(capsys, d_rate=1e-4, g_rate=1e-2, epochs=30)
    assert "mode collapse: samples spread over" in said


@pytest.mark.slow
def test_players_that_chase_each_other(capsys):
    """The Dirac GAN (Mescheder et al. 2018): a linear D circles around where it can't tell."""
    linear = {"generator": (), "discriminator": (), "shift": 3.0}
    said, result = run(capsys, d_rate=1e-2, g_rate=1e-2, epochs=60, **linear)
    assert "oscillation: D's accuracies swing" in said
    assert "oscillation" in problems(symptoms(Training("non_saturating", result.history)))


@pytest.mark.slow
def test_a_training_that_works_is_left_in_peace(capsys):
    options = {"penalties": {"r1": 0.05, "r2": 0.05}, "objective": "relativistic", "ema": 0.99}
    said, result = run(capsys, epochs=60, generator=(64, 64), discriminator=(64, 64), **options)
    assert not symptoms(Training("relativistic", result.history))
    assert "try" not in said


def test_divergence_stops_the_run_and_keeps_what_was_good(capsys):
    with pytest.raises(
        DivergedError, match=r"diverged: .* not finite in epoch \d+, update"
    ) as caught:
        run(capsys, d_rate=1e30, g_rate=1e30)
    kept = caught.value.networks
    assert caught.value.epoch == 0
    assert all(np.isfinite(w).all() for n in kept.values() for w in n.get_weights())
