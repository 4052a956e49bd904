"""Runs that are made to fail in each way are told apart, and those that work are left in peace."""

import numpy as np
import pandas as pd
import pytest

from forger.core.progress import Progress
from forger.evaluation.diagnosis import diagnose
from forger.methods.findings import Training
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from forger.methods.objectives.kinds import KINDS
from forger.methods.settings import Adam, Train
from forger.metrics.comparison import Comparison
from forger.metrics.memorisation import Memory
from forger.metrics.mixture import mixture
from forger.networks.mlp import MLP
from forger.training.assembly import Plan
from forger.training.trainer import DivergedError, Trainer
from forger.training.watch import SPREAD, Watch, account, symptoms
from tests.data.described import data_of, described

RNG = np.random.default_rng(0)
PLAIN = described(2)
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


def gan(objective):
    return GAN(kind="gan", latent=Latent(dim=2), objective=objective)


def diagnosis(objective, history, metrics):
    """What the stages train and evaluate find in one training."""
    return diagnose(account(gan(objective), history), history, metrics)


def problems(found):
    return [finding.problem for finding in found]


def test_a_calm_training_has_no_symptoms():
    for objective in ("non_saturating", "wasserstein", "relativistic", "least_squares", "hinge"):
        assert not symptoms(gan(objective), Training(history(), {"spread": 0.9, "one_nn": 0.6}))


def test_symptoms_name_their_evidence_and_what_to_try():
    strong = Training(history(d_loss=0.01, g_gradient=np.geomspace(1, 1e-6, 40)))
    swings = Training(
        history(acc_real=0.5 + 0.4 * np.sin(np.arange(40)), acc_fake=np.arange(40) % 2)
    )
    weak = Training(history(), {"one_nn": 0.95})
    collapsed = Training(history(), {"spread": 0.9 * SPREAD})
    few = Training(history(), {"spread": 1.0, "coverage": 0.25, "recall": 0.2})
    for objective, training, problem, evidence in (
        ("non_saturating", strong, "D too strong", "d_loss 0.01"),
        ("hinge", swings, "oscillation", "swing by"),
        ("wasserstein", weak, "D too weak", "accuracy 0.95, D with 0.50"),
        ("minimax", collapsed, "mode collapse", "27%"),
        ("minimax", few, "mode collapse", "coverage 0.25, recall 0.20"),
    ):
        (finding,) = symptoms(gan(objective), training)
        assert finding.problem == problem
        assert evidence in finding.evidence
        assert any(remedy.startswith(("train.", "method.")) for remedy in finding.remedies)


def test_a_discriminator_that_knows_is_not_weak_nor_are_samples_few_that_reach_all():
    known = Training(history(acc_real=0.6, acc_fake=0.6), {"one_nn": 0.95})
    reached = Training(history(), {"coverage": 0.25, "recall": 0.9})
    assert not symptoms(gan("hinge"), known)
    assert not symptoms(gan("hinge"), reached)


def test_a_watch_tells_each_problem_once_and_not_at_once():
    watch = Watch(gan("non_saturating"), 100)
    bad = history(100, d_loss=0.001)
    assert not list(watch.look(bad[:9], {}))
    assert problems(watch.look(bad[:10], {})) == ["D too strong"]
    assert not list(watch.look(bad[:20], {}))
    assert problems(watch.look(bad[:30], {"spread": 0.01})) == ["mode collapse"]


# A D that can't tell.
UNSURE = {"acc_real": 0.5, "acc_fake": 0.5, "auc": 0.5}


def measured(samples, real):
    law = {"centres": RING.tolist(), "stddev": 0.05}
    comparison, memory = Comparison(real[:500]), Memory(real[:2000])
    return {
        **UNSURE,
        **{
            kind: {
                **mixture(examples, law),
                **comparison.measure(examples[:500]),
                **memory.measure(examples, real[2000:4000]),
            }
            for kind, examples in (("quality", samples), ("floor", real[4000:]))
        },
    }


def ring(n, modes=8, rng=RNG):
    return RING[rng.integers(modes, size=n)] + 0.05 * rng.normal(size=(n, 2))


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (ring(2000), []),
        (ring(2000, modes=2), ["D too weak", "mode collapse"]),
        (ring(2000, modes=7), ["mode collapse"]),
        (0.05 * RNG.normal(size=(2000, 2)), ["D too weak", "samples far from the data"]),
    ],
)
def test_figures_tell_what_went_wrong(samples, expected):
    real = ring(6000, rng=np.random.default_rng(1))  # whatever ran before
    found = diagnosis("non_saturating", history(), measured(samples, real))
    assert problems(found) == expected


@pytest.mark.parametrize(
    ("modes", "of", "told"),
    [(24, 25, True), (25, 25, False), (970, 1000, True), (990, 1000, False)],
)
def test_a_mode_that_is_missed_is_told_of_unless_there_are_very_many(modes, of, told):
    figures = {"c2st": 0.5, "coverage": 0.9, "recall": 0.9, "precision": 0.9}
    figures |= {"memorisation": 0.0, "authenticity": 0.5}
    metrics = {
        **UNSURE,
        "quality": {**figures, "modes": modes},
        "floor": {**figures, "modes": of},
    }
    found = diagnosis("non_saturating", history(), metrics)
    assert [finding.evidence for finding in found] == ([f"{modes} of {of} modes"] if told else [])


# Figures of a GAN that does as real data do.
FLOOR = {
    "c2st": 0.5, "precision": 0.9, "recall": 0.9, "coverage": 0.9, "memorisation": 0.0,
    "authenticity": 0.5,
}  # fmt: skip


# Of labelled data, whose rarest class has 0.8 of its share by chance.
CLASSES = {"floor": {"class_kl": 0.01, "rarest_class": 0.8, "modes": 100}}
FAR = ["samples far from the data"]
SHARES = {"class": "7", "train": 0.05, "held_out": 0.1}


def figures(auc=0.5, accuracies=(0.5, 0.5), interval=None, floor=None, proportions=None, **quality):
    """figures.json, but for these."""
    real = {**FLOOR, **(floor or {})}
    return {
        **dict(zip(("acc_real", "acc_fake"), accuracies, strict=True)),
        "auc": auc,
        "quality": {**real, **quality},
        "floor": real,
        "interval": interval or {},
        "floor_interval": {},
        "proportions": proportions or {},
    }


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        # Told by 0.3 more than real data are, and D, whose ROC has an area of up to 0.6, can't.
        ({"c2st": 0.81}, ["D too weak"]),
        ({"c2st": 0.79}, []),
        ({"c2st": 0.81, "floor": {"c2st": 0.55}}, []),
        ({"c2st": 0.81, "auc": 0.59}, ["D too weak"]),
        ({"c2st": 0.81, "auc": 0.61}, []),
        ({"c2st": 0.81, "auc": 0.6}, ["D too weak"]),
        ({"c2st": 0.3, "floor": {"c2st": 0.0}}, ["D too weak"]),
        # So are real data.
        ({"floor": {"c2st": 0.79}}, []),
        ({"floor": {"c2st": 0.8}}, ["parts of the data differ"]),
        ({"proportions": {**SHARES, "p_value": 9e-5}}, ["parts of the data differ"]),
        ({"proportions": {**SHARES, "p_value": 1.1e-4}}, []),
        # Half of what real data have.
        ({"floor": {"label_accuracy": 0.8}, "label_accuracy": 0.39}, ["labels ignored"]),
        ({"floor": {"label_accuracy": 0.8}, "label_accuracy": 0.41}, []),
        # Both tell: a tenth is copied, and a tenth of the authenticity is lost, beyond the noise.
        ({"memorisation": 0.11, "authenticity": 0.44}, ["memorisation"]),
        ({"memorisation": 0.09, "authenticity": 0.44}, []),
        ({"memorisation": 0.11, "authenticity": 0.46}, []),
        ({"memorisation": 0.11, "authenticity": 0.56}, []),
        ({"memorisation": 0.11, "authenticity": 0.3, "floor": {"memorisation": 0.02}}, []),
        ({"memorisation": 0.3, "authenticity": 0.3, "interval": {"memorisation": [0, 0.62]}}, []),
        (
            {"memorisation": 0.3, "authenticity": 0.3, "interval": {"memorisation": [0, 0.58]}},
            ["memorisation"],
        ),
        ({"memorisation": 0.3, "authenticity": 0.3, "interval": {"authenticity": [0, 0.42]}}, []),
        (
            {"memorisation": 0.3, "authenticity": 0.3, "interval": {"authenticity": [0, 0.38]}},
            ["memorisation"],
        ),
        # Both are less than half of what real data have.
        ({"coverage": 0.44, "recall": 0.44}, ["mode collapse"]),
        ({"coverage": 0.46, "recall": 0.44}, []),
        ({"coverage": 0.44, "recall": 0.46}, []),
        # Where modes are counted, they tell.
        ({"coverage": 0.1, "recall": 0.1, "high_quality": 0.9, "floor": {"high_quality": 1}}, []),
        ({"modes": 7, "floor": {"modes": 8}}, ["mode collapse"]),
        # Of ten even classes the divergence is 0.105 without one.
        ({**CLASSES, "class_kl": 0.07, "rarest_class": 0.19}, ["mode collapse"]),
        ({**CLASSES, "class_kl": 0.07, "rarest_class": 0.2}, ["classes out of proportion"]),
        ({**CLASSES, "class_kl": 0.05, "rarest_class": 0.1}, []),
        ({**CLASSES, "class_kl": 0.07, "rarest_class": 0.5, "modes": 97}, ["mode collapse"]),
        ({**CLASSES, "class_kl": 2.0, "rarest_class": 0.5, "precision": 0.0}, FAR),
        ({"modes": 9, "class_kl": 0, "floor": {"class_kl": 0, "modes": 10}}, ["mode collapse"]),
        # What is at a bound: half of the labels, 98 of 100 modes, all that is allowed of classes;
        # a tenth of the samples that are copies, and of the authenticity that is lost, is too much.
        ({"floor": {"label_accuracy": 0.8}, "label_accuracy": 0.4}, []),
        ({"floor": {"modes": 100}, "modes": 98}, []),
        ({**CLASSES, "class_kl": 0.06}, []),
        ({"memorisation": 0.1, "authenticity": 0.3}, ["memorisation"]),
        (
            {"memorisation": 0.3, "authenticity": 0.5625, "floor": {"authenticity": 0.625}},
            ["memorisation"],
        ),
        # Few are among the data at all: no more can be said of them.
        ({"precision": 0.08}, ["samples far from the data"]),
        ({"precision": 0.1}, []),
        ({"precision": 0.08, "coverage": 0.1, "recall": 0.1}, ["samples far from the data"]),
    ],
)  # fmt: skip
def test_each_rule_of_figures_by_its_bound(changed, expected):
    assert problems(diagnosis("non_saturating", history(), figures(**changed))) == expected


FAKE, REAL = "D says fake to everything", "D says real to everything"


@pytest.mark.parametrize("objective", sorted(KINDS))
@pytest.mark.parametrize(
    ("accuracies", "expected"),
    [
        ((0.0, 1.0), FAKE),
        ((1.0, 0.0), REAL),
        ((0.019, 0.981), FAKE),
        ((0.981, 0.019), REAL),
        ((0.02, 1.0), None),
        ((0.0, 0.98), None),
        ((1.0, 0.02), None),
        ((0.98, 0.0), None),
        ((1.0, 1.0), None),  # it wins, or loses, but tells
        ((0.0, 0.0), None),
        ((0.5, 0.5), None),
    ],
)
@pytest.mark.parametrize("auc", [0.1, 0.39, 0.45, 0.5, 0.55, 0.61, 0.99])
def test_a_discriminator_of_one_answer(objective, accuracies, expected, auc):
    """The threshold of a critic that can't tell is anywhere, unless its outputs are all one."""
    found = diagnosis(objective, history(), figures(auc, accuracies))
    critic = objective in ("wasserstein", "relativistic", "relativistic_average")
    anywhere = critic and 0.4 < auc < 0.6 and auc != 0.5
    assert problems(found) == ([] if anywhere or expected is None else [expected])


@pytest.mark.parametrize(
    ("auc", "trained", "remedy"),
    [
        (0.52, {"acc_real": 0.1}, "a wider networks.discriminator"),
        (0.9, {"acc_real": 0.1}, "a smaller train.optimizers.discriminator.learning_rate"),
        (0.9, {"acc_real": 0.9}, "more training data"),
        (0.52, {"acc_real": 0.9}, "more training data"),
    ],
)
def test_the_evidence_and_remedies_of_one_answer(auc, trained, remedy):
    (found,) = diagnosis("hinge", history(**trained), figures(auc, (0.004, 0.9991)))
    evidence = (
        "D takes 99.6% of held-out real data and 99.9% of samples for fake; its ROC has an area of "
        f"{auc:.2f}"
    )
    known = trained["acc_real"] > 0.8
    assert found.evidence == evidence + ("; in training, its acc_real is 0.90" if known else "")
    assert found.remedies[0] == remedy


@pytest.mark.parametrize(("updates", "expected"), [(999, "undertrained"), (1000, "samples far")])
def test_the_rule_of_a_short_training(updates, expected):
    (found,) = diagnosis("hinge", history(step=updates), figures(precision=0.0))
    assert found.problem.startswith(expected)
    assert "0.0% of the samples lie among real data (real data: 90.0%)" in found.evidence
    assert found.remedies[0] == "more train.epochs"


def test_the_rules_evidence():
    found = diagnosis(
        "hinge",
        history(),
        figures(
            c2st=0.9, auc=0.55, label_accuracy=0.1, memorisation=0.4, authenticity=0.1,
            coverage=0.2, recall=0.1, floor={"label_accuracy": 0.97},
        ),
    )  # fmt: skip
    assert [finding.evidence for finding in found] == [
        "a classifier tells samples from real data with accuracy 0.90, D's ROC has an area of 0.55",
        "10.0% of the samples show the label that was asked for (real data: 97.0%)",
        "40% of the samples are as near to training data as copies are; 10% lie further from them "
        "than these from each other (real data: 50%)",
        "coverage 0.20 (real data: 0.90); recall 0.10 (real data: 0.90)",
    ]
    assert all(finding.remedies for finding in found)


LATE = {"d_loss": np.r_[np.full(30, 1.0), np.full(10, 0.04)]}


@pytest.mark.parametrize(
    ("objective", "columns", "seen", "expected"),
    [
        # The losses of the last quarter alone.
        ("hinge", LATE, {}, ["D too strong"]),
        ("hinge", {"d_loss": np.r_[np.full(31, 1.0), np.full(9, 0.04)]}, {}, []),
        ("minimax", {"d_loss": 0.049}, {}, ["D too strong"]),
        ("minimax", {"d_loss": 0.051}, {}, []),
        ("relativistic", {"d_loss": 0.049}, {}, ["D too strong"]),
        ("relativistic_average", {"d_loss": 0.049}, {}, ["D too strong"]),
        ("least_squares", {"d_loss": 0.019}, {}, ["D too strong"]),
        ("least_squares", {"d_loss": 0.021}, {}, []),
        ("wasserstein", {"d_loss": 0.0}, {}, []),
        # D's mean accuracy over the last quarter below 0.55, while neighbours tell.
        ("hinge", {"acc_real": 0.54, "acc_fake": 0.55}, {"one_nn": 0.81}, ["D too weak"]),
        ("hinge", {"acc_real": 0.54, "acc_fake": 0.57}, {"one_nn": 0.81}, []),
        ("hinge", {}, {"one_nn": 0.79}, []),
        ("hinge", {"acc_real": np.r_[np.full(30, 1.0), np.full(10, 0.5)]}, {"one_nn": 0.9},
         ["D too weak"]),
        # Both accuracies' standard deviation over the last quarter above 0.1.
        ("hinge", {"acc_real": 0.5 + 0.11 * np.resize([1, -1], 40),
                   "acc_fake": 0.5 + 0.11 * np.resize([1, -1], 40)}, {}, ["oscillation"]),
        ("hinge", {"acc_real": 0.5 + 0.09 * np.resize([1, -1], 40),
                   "acc_fake": 0.5 + 0.2 * np.resize([1, -1], 40)}, {}, []),
        ("hinge", {"acc_real": 0.5 + 0.2 * np.resize([1, -1], 40)}, {}, []),
        # Samples of little spread, or that leave out half of the data.
        ("hinge", {}, {"spread": 0.29}, ["mode collapse"]),
        ("hinge", {}, {"spread": 0.31}, []),
        ("hinge", {}, {"coverage": 0.49, "recall": 0.49}, ["mode collapse"]),
        ("hinge", {}, {"coverage": 0.51, "recall": 0.49}, []),
        ("hinge", {}, {"coverage": 0.49, "recall": 0.51}, []),
        # What is at a bound is not beyond it.
        ("hinge", {}, {"spread": 0.3}, []),
        ("hinge", {}, {"coverage": 0.5, "recall": 0.1}, []),
        ("hinge", {}, {"coverage": 0.1, "recall": 0.5}, []),
        ("hinge", {}, {"one_nn": 0.8}, ["D too weak"]),
        ("hinge", {"d_loss": 0.05}, {}, []),
    ],
)  # fmt: skip
def test_each_rule_of_training_by_its_bound(objective, columns, seen, expected):
    assert problems(symptoms(gan(objective), Training(history(**columns), seen))) == expected


def test_the_rules_remedies_fit_the_objective():
    def remedies(objective):
        (found,) = symptoms(gan(objective), Training(history(d_loss=0.0)))
        return found.remedies

    assert "method.labels.real: [0.7, 1.0]" in remedies("minimax")
    assert "method.labels.real: [0.7, 1.0]" not in remedies("hinge")
    assert "method.objective: relativistic" in remedies("hinge")
    assert "method.objective: relativistic" not in remedies("relativistic_average")


def test_the_rule_of_a_d_that_wins_looks_at_the_last_epoch_at_least():
    won = history(2, d_loss=[1.0, 0.0], g_gradient=[3.0, 0.5])
    (found,) = symptoms(gan("hinge"), Training(won))
    expected = "d_loss 0 over the last 1 epochs (limit 0.05); G's gradient 0.5, at first 3"
    assert found.evidence == expected


def test_no_rule_speaks_of_swings_in_fewer_than_four_epochs():
    swings = {name: np.resize([0.0, 1.0], 14) for name in ("acc_real", "acc_fake")}
    assert problems(symptoms(gan("hinge"), Training(history(14, **swings)))) == ["oscillation"]
    few = history(13, **{name: values[:13] for name, values in swings.items()})
    assert problems(symptoms(gan("hinge"), Training(few))) == []


def test_the_rules_of_when_a_watch_looks():
    """Not in the first eight epochs, nor in the first tenth."""
    bad = history(100, d_loss=0.0)
    for epochs, first in ((10, 8), (80, 8), (81, 9), (100, 10)):
        told = [n for n in range(1, 12) if list(Watch(gan("hinge"), epochs).look(bad[:n], {}))]
        assert told[0] == first


def run(
    capsys,
    d_rate=1e-3,
    g_rate=1e-3,
    epochs=20,
    generator=(32,),
    discriminator=(32, 32),
    shift=0.0,
    ema=None,
    **options,
):
    """Train on the ring, so far from the origin; what was said on the way, and the result."""
    networks = {
        "generator": MLP(**{"family": "mlp", "hidden": generator}),
        "discriminator": MLP(**{"family": "mlp", "hidden": discriminator}),
    }
    # Copies, which may be beyond what params.yaml may say: to diverge at once.
    optimizers = {
        player: Adam(beta_1=0.5).model_copy(update={"learning_rate": rate})
        for player, rate in (("discriminator", d_rate), ("generator", g_rate))
    }
    settings = Train(
        epochs=epochs,
        batch=64,
        optimizers=optimizers,
        snapshots=11,
        steps_per_epoch=30,
        ema=ema,
    )
    method = GAN(kind="gan", latent=Latent(dim=2), **options)
    data = data_of((ring(4000) + shift).astype(np.float32), PLAIN)
    plan = Plan(method, networks, settings)
    result = Trainer(plan, data, 1, True, Progress("ring")).run("auto")
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
    assert "method.penalties.r1: 1" in said


@pytest.mark.slow
def test_a_discriminator_that_learns_nothing(capsys):
    said, _ = run(capsys, d_rate=1e-7, g_rate=1e-3, epochs=30)
    assert "D too weak: the nearest neighbour tells samples from real data" in said
    assert "method.discriminator_steps: 2" in said


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
    assert "oscillation" in problems(symptoms(gan("non_saturating"), Training(result.history)))


@pytest.mark.slow
def test_a_training_that_works_is_left_in_peace(capsys):
    options = {"penalties": {"r1": 0.05, "r2": 0.05}, "objective": "relativistic", "ema": 0.99}
    said, result = run(capsys, epochs=60, generator=(64, 64), discriminator=(64, 64), **options)
    assert not symptoms(gan("relativistic"), Training(result.history))
    assert "try" not in said


def test_divergence_stops_the_run_and_keeps_what_was_good(capsys):
    with pytest.raises(
        DivergedError, match=r"diverged: .* not finite in epoch \d+, update"
    ) as caught:
        run(capsys, d_rate=1e30, g_rate=1e30)
    kept = caught.value.products
    assert caught.value.epoch == 0
    assert all(np.isfinite(w).all() for p in kept.values() for w in p.network.get_weights())
