"""Generators whose faults are known, through the whole evaluation: what is said of each.

A figure that a lookup table passes, or that fresh real data miss, is no figure of quality.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from forger.config.section import parse
from forger.data.base import Data
from forger.data.description import Description
from forger.data.digits import Digits
from forger.data.mixture import Ring
from forger.data.sinusoid import Sinusoid
from forger.evaluation.diagnosis import diagnose
from forger.evaluation.evaluate import Reference, evaluate
from forger.evaluation.gate import Gate
from forger.evaluation.grade import grade
from forger.evaluation.quality import Quality
from forger.evaluation.settings import Evaluate
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from forger.methods.products import Drawn, Given, Product
from forger.metrics.figures import excess, headlines, noise
from forger.models import classifier
from forger.models.generator import WALK_STEPS, WALKS
from forger.training.watch import account
from jobs.shared.verdicts import judge

pytestmark = pytest.mark.slow

HERE = None
LATENT = Latent(dim=2)
CURVES = pytest.param("curves", marks=pytest.mark.slow)  # to fit them takes a while
KINDS = ("ring", CURVES, "digits")
CALM = pd.DataFrame(
    {
        "step": np.arange(1, 41) * 100,
        **dict.fromkeys(("d_loss", "g_loss"), 0.69),
        **dict.fromkeys(("acc_real", "acc_fake"), 0.5),
        "g_gradient": 0.1,
    }
)


def diagnosis(history, figures):
    """What the stages train and evaluate find."""
    return diagnose(account(GAN(kind="gan", latent=Latent(dim=2)), history), history, figures)


@dataclass
class World:
    """Data, their reference, and rows of the same law that are in no part of them."""

    data: Description
    parts: dict
    fresh: dict
    settings: Evaluate
    reference: Reference

    @property
    def whole(self):
        return Data(self.parts, self.data)

    def measure(self, draw, told=False, bias=0.0):
        """Evaluate a generator that gives `draw(n, rng, labels)`, and a D that knows nothing.

        Its outputs are normal, around the `bias`.
        """
        rng = np.random.default_rng(5)

        def generate(inputs, training):
            labels = inputs["labels"].argmax(1) if told else None
            return draw(len(inputs["latents"]), rng, labels)

        def discriminate(inputs, training):
            return rng.normal(bias, size=(len(inputs["examples"]), 1))

        inputs = {"latents": Drawn(LATENT), **({"labels": Given("labels")} if told else {})}
        products = {
            "generator": Product(generate, inputs),
            "discriminator": Product(discriminate, {"examples": Given("real")}, 0.0),
        }
        figures, _ = evaluate(products, self.whole, self.settings, 1, self.reference)
        figures["grade"] = grade(figures)
        figures["diagnosis"] = diagnosis(CALM, figures)
        return figures


def world(dataset, fresh, network=None, **settings):
    made = dataset.make(HERE)
    data, parts = made.description, made.arrays
    if fresh is None:  # of few images, some that no part keeps
        parts["train"], fresh = (
            {name: rows[half] for name, rows in parts["train"].items()}
            for half in (slice(450, None), slice(450))
        )
    settings = Evaluate(**settings)
    if data.classes:
        network = classifier.train(*data.unstack(parts["train"]), len(data.classes))
    floor, interval = Quality(Data(parts, data), settings, network).floor()
    return World(data, parts, fresh, settings, Reference(floor, interval, network))


@pytest.fixture(scope="module")
def ring():
    return world(
        Ring(kind="ring", train=10_000, validation=3000, test=3000),
        Ring(kind="ring", train=100_000, seed=99).make(HERE).arrays["train"],
        samples=2000,
        compared=600,
    )


@pytest.fixture(scope="module")
def curves():
    return world(
        Sinusoid(kind="sinusoid", train=2000, validation=1500, test=1500),
        Sinusoid(kind="sinusoid", train=20_000, seed=99).make(HERE).arrays["train"],
        samples=600,
        compared=300,
    )


@pytest.fixture(scope="module")
def digits():
    patch = pytest.MonkeyPatch()
    patch.setattr(classifier, "UPDATES", 600)
    yield world(Digits(kind="digits"), None, samples=400)
    patch.undo()


def fresh(world):
    """Rows of the law that nobody has seen, none twice in a draw."""
    rows = world.fresh["real"]
    return lambda n, rng, _: rows[rng.choice(len(rows), n, replace=False)]


def lookup(world, share=1.0):
    rows = world.parts["train"]["real"]
    most = round(share * len(rows))
    return lambda n, rng, _: rows[rng.integers(most, size=n)]


def noisy_copies(world):
    """Training rows, moved by a tenth of the typical distance to the nearest other."""
    rows = world.parts["train"]["real"]
    some = rows[:500].reshape(500, -1)
    distances = np.linalg.norm(some[:, None] - rows.reshape(1, len(rows), -1), axis=2)
    typical = np.median(np.partition(distances, 1, axis=1)[:, 1])

    def draw(n, rng, _):
        step = rng.normal(size=(n, *rows.shape[1:]))
        length = np.sqrt(np.sum(step**2, axis=tuple(range(1, step.ndim)), keepdims=True))
        return rows[rng.integers(len(rows), size=n)] + 0.1 * typical * step / length

    return draw


def nearly_real(world, stddev=1e-3):
    """Fresh rows and a little noise, less than the resolution of the data or of their law."""
    own = fresh(world)

    def draw(n, rng, labels):
        rows = own(n, rng, labels)
        return rows + stddev * rng.normal(size=rows.shape)

    return draw


def without(world, missing):
    """Fresh rows but for those of one mode or class: `missing(rows, labels)`."""
    rows = world.fresh["real"]
    rows = rows[~missing(rows, world.fresh.get("labels"))]
    return lambda n, rng, _: rows[rng.choice(len(rows), n, replace=n > len(rows))]


def mean(world):
    rows = world.parts["train"]["real"].mean(0, keepdims=True)
    return lambda n, rng, _: np.repeat(rows, n, axis=0)


def by_label(world, deaf):
    """Fresh rows of the class that was asked for, or of any."""
    rows, of_class = world.fresh["real"], world.fresh["labels"]

    def draw(n, rng, labels):
        if deaf:
            return rows[rng.choice(len(rows), n, replace=False)]
        found = np.empty(n, int)
        for label in np.unique(labels):
            where, own = np.flatnonzero(labels == label), np.flatnonzero(of_class == label)
            found[where] = np.resize(rng.permutation(own), len(where))
        return rows[found]

    return draw


def problems(figures):
    return {finding.problem for finding in figures["diagnosis"]}


def holds(figures, **bounds):
    """Whether a gate on the figures' distance from their floors holds."""

    class Revision:
        title = "workspace"

        def figures(self, recipe):
            return figures

    class Parameters:
        recipes: ClassVar = {"any": type("Recipe", (), {"gate": parse(Gate, bounds)})}

    return all(v.holds for v in judge(Parameters, ["any"], Revision()))


def gaps(figures):
    """How far each figure is from its floor, in half widths of the 95 % interval of that."""
    return {
        name: excess(figures, name) / (noise(figures, name) or 1e-9)
        for name in figures["interval"]
        if name in figures["floor"] and excess(figures, name) > 1e-6
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("generator", [fresh, nearly_real])
def test_real_data_land_on_every_floor_and_nothing_is_wrong_with_them(kind, generator, request):
    of = request.getfixturevalue(kind)
    stddev = {} if generator is fresh else {"stddev": 1e-2 if kind == "digits" else 1e-4}
    figures = of.measure(generator(of, **stddev))
    beyond = {name: gap for name, gap in gaps(figures).items() if gap > 1}
    assert len(beyond) <= 2, beyond  # of some twenty intervals of 95 %
    assert not beyond or max(beyond.values()) < 2, beyond
    assert problems(figures) == set()
    assert figures["grade"].grade in ("indistinguishable", "close")
    assert holds(
        figures, coverage={"min": 0.9 * figures["floor"]["coverage"]}, c2st={"floors": 1.2}
    )


@pytest.mark.parametrize(("bias", "answer"), [(-5.0, "fake"), (5.0, "real")])
def test_a_discriminator_of_one_answer_is_told_beside_samples_like_real_data(ring, bias, answer):
    figures = ring.measure(fresh(ring), bias=bias)
    assert problems(figures) == {f"D says {answer} to everything"}
    assert figures["grade"].grade in ("indistinguishable", "close")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("copies", ["all", "a tenth", "with noise"])
def test_copies_of_training_data_are_told(kind, copies, request):
    of = request.getfixturevalue(kind)
    generator = {
        "all": lambda: lookup(of),
        "a tenth": lambda: lookup(of, 0.1),
        "with noise": lambda: noisy_copies(of),
    }[copies]()
    figures = of.measure(generator)
    assert "memorisation" in problems(figures)
    assert figures["quality"]["memorisation"] > 0.9
    assert figures["quality"]["authenticity"] < 0.1
    assert not holds(figures, memorisation={"max": 0.5})


def test_a_missing_mode_is_told(ring):
    centre = ring.data.real.codec.encode(np.array(ring.data.law["centres"][3]))
    figures = ring.measure(
        without(ring, lambda rows, _: np.linalg.norm(rows - centre, axis=1) < 0.2)
    )
    assert problems(figures) == {"mode collapse"}
    assert figures["quality"]["modes"] == 7
    assert figures["quality"]["coverage"] == pytest.approx(7 / 8 * 0.97, abs=0.03)
    assert figures["grade"].grade == "close"
    assert not holds(figures, modes={"min": 8})
    assert not holds(figures, reverse_kl={"floors": 3})


def test_a_missing_class_is_told(digits):
    figures = digits.measure(without(digits, lambda _, labels: labels == 4))
    assert problems(figures) == {"mode collapse"}
    assert figures["quality"]["class_kl"] > 5 * figures["floor"]["class_kl"]
    assert not holds(figures, class_kl={"floors": 3})


@pytest.mark.slow
def test_curves_of_one_frequency_are_told(curves):
    b = curves.fresh["real"]  # sin(bx + c): the mean of |slope| is ∝ b
    slope = np.abs(np.diff(b, axis=1)).mean(1)
    figures = curves.measure(without(curves, lambda *_: slope > np.quantile(slope, 0.1)))
    assert problems(figures) >= {"mode collapse"}
    assert figures["quality"]["ks_b"] > 0.5
    assert figures["quality"]["r2_share"] == pytest.approx(1)
    assert figures["grade"].grade in ("far", "failed")


def test_a_conditional_generator_that_is_deaf_is_told_and_one_that_listens_is_not(digits):
    deaf = digits.measure(by_label(digits, deaf=True), told=True)
    assert problems(deaf) == {"labels ignored"}
    assert deaf["quality"]["label_accuracy"] == pytest.approx(0.1, abs=0.05)
    listening = digits.measure(by_label(digits, deaf=False), told=True)
    assert listening["proportions"]["p_value"] > 1e-3
    assert problems(listening) == set()
    gap = excess(listening, "label_accuracy") / noise(listening, "label_accuracy")
    assert gap < 2
    assert not holds(deaf, label_accuracy={"min": 0.9})
    assert holds(listening, label_accuracy={"min": 0.9})


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("ring", "samples far from the data"),
        pytest.param("curves", "samples far from the data", marks=pytest.mark.slow),
        ("digits", "mode collapse"),  # in many dimensions the mean is near to all of them
    ],
)
def test_the_mean_of_the_data_is_nothing_like_them(kind, problem, request):
    of = request.getfixturevalue(kind)
    figures = of.measure(mean(of))
    assert problem in problems(figures)
    assert "memorisation" not in problems(figures)
    assert figures["grade"].grade == "failed"


def test_a_short_training_is_told_as_such(ring):
    figures = ring.measure(lambda n, rng, _: 5 + rng.normal(size=(n, 2)))
    found = diagnosis(CALM.head(2), figures)
    assert "undertrained" in {finding.problem for finding in found}
    assert "mode collapse" not in {finding.problem for finding in found}


@pytest.mark.parametrize("kind", ["ring", CURVES])
def test_every_draw_is_another_and_the_same_again(kind, request):
    """Of samples and of real examples."""
    of = request.getfixturevalue(kind)
    seen = []

    def draw(n, rng, labels):
        seen.append(n)
        return fresh(of)(n, rng, labels)

    figures = of.measure(draw)
    walks = WALKS * WALK_STEPS
    assert sum(seen) == figures["sizes"]["draws"] * figures["sizes"]["samples"] + walks
    low, high = figures["interval"]["coverage"]
    assert low < figures["quality"]["coverage"] < high
    assert of.measure(fresh(of))["quality"] == figures["quality"]
    assert set(headlines(figures)["quality"]) < set(figures["quality"])
