"""Trainings that differ in the seed alone are accepted, and those that are worse are not: the short
form, on a recipe of a second and on generators whose faults are known."""

from dataclasses import replace

import numpy as np
import pytest

from forger.core.progress import Progress
from forger.data.gaussian import Gaussian
from forger.evaluation.evaluate import Reference, evaluate
from forger.evaluation.quality import Quality
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from forger.methods.settings import Adam, Train
from forger.networks.mlp import MLP
from forger.training.assembly import Plan
from forger.training.trainer import Trainer
from jobs.shared import baselines
from jobs.shared.against import choose_held, judge
from jobs.shared.baselines import Baseline
from tests.evaluation.test_known_generators import digits, world  # noqa: F401

STORED, AGAIN = 8, 6


def stored(found):
    """The baseline that jobs.seeds would keep of these."""
    figures = {
        name: {
            "floor": found[0]["floor"][name],
            "noise": float(np.mean([baselines.noise(each, name) for each in found])),
            "values": [each["quality"][name] for each in found],
        }
        for name in choose_held(found[0])
    }
    about = {"parameters": "", "ruler": "", "seeds": list(range(len(found)))}
    return baselines.parse(Baseline, {**about, "figures": figures})


def verdicts(found, baseline):
    return judge(found, choose_held(found), baseline, "HEAD").verdicts


@pytest.fixture(scope="module")
def train():
    """Train a linear generator of a Gaussian with a seed, for all of its epochs or fewer."""
    of = world(
        Gaussian(
            kind="gaussian", train=2000, validation=1500, test=1500,
            matrix=[[1.0, 2.0], [-0.1, 0.5]], mean=[1.0, 2.0],
        ),
        {},
        samples=600,
        compared=200,
    )  # fmt: skip
    networks = {
        "generator": MLP(family="mlp"),
        "discriminator": MLP(family="mlp", hidden=(32,)),
    }
    optimizer = Adam(learning_rate=0.005, beta_1=0.5, schedule="linear")

    def go(seed, epochs=30):
        settings = Train(
            epochs=epochs,
            batch=100,
            optimizers=dict.fromkeys(("discriminator", "generator"), optimizer),
            snapshots=2,
            snapshot_samples=10,
        )
        method = GAN(
            kind="gan", latent=Latent(dim=2), discriminator_batches="mixed", penalties={"r1": 0.1}
        )
        told = Progress("gaussian")
        trainer = Trainer(Plan(method, networks, settings), of.whole, seed, False, told)
        result = trainer.run("auto")
        products = result.products
        figures, _ = evaluate(products, of.whole, of.settings, seed, of.reference)
        return {**figures, "grade": {"figure": "frechet"}}

    return go


@pytest.mark.slow
def test_trained_again_and_trained_too_briefly(train):
    baseline = stored([train(seed) for seed in range(STORED)])
    again = [verdicts(train(100 + seed), baseline) for seed in range(AGAIN)]
    assert all("worse" not in each.values() for each in again), again
    brief = verdicts(train(200, epochs=3), baseline)
    assert "worse" in brief.values(), brief


@pytest.fixture(scope="module")
def draw(digits):  # noqa: F811
    """Digits in the training data's proportions, as a generator gives them that another seed makes
    a little blurred, and fonder of some classes; with a fault, if one is named."""
    rows, labels = digits.fresh["real"], digits.fresh["labels"]
    # Enough for the half of a class to be more than chance in a draw, as in the recipes.
    settings, network = (
        digits.settings.model_copy(update={"samples": 4000}),
        digits.reference.classifier,
    )
    floor = Quality(digits.whole, settings, network).floor()
    of = replace(digits, settings=settings, reference=Reference(*floor, network))
    share = np.bincount(of.parts["train"]["labels"]) / np.bincount(labels)

    def go(seed, half_missing=None, inverted=False):
        own = np.random.default_rng(seed)
        weights = (share * np.exp(0.03 * own.normal(size=10)))[labels]
        blur = 0.05 * np.exp(0.3 * own.normal())
        if half_missing is not None:
            weights = np.where(labels == half_missing, 0.5, 1) * weights

        def generate(n, rng, _):
            images = rows[own.choice(len(rows), n, p=weights / weights.sum())]
            images = np.clip(images + blur * own.normal(size=images.shape), -1, 1)
            return -images if inverted else images

        return {**of.measure(generate), "grade": {"figure": "classifier_frechet"}}

    return go


@pytest.mark.slow
def test_another_seed_half_of_a_class_missing_and_inverted_images(draw):
    baseline = stored([draw(seed) for seed in range(STORED)])
    again = [verdicts(draw(100 + seed), baseline) for seed in range(AGAIN)]
    assert all("worse" not in each.values() for each in again), again
    for fault in ({"half_missing": 0}, {"inverted": True}):
        found = verdicts(draw(200, **fault), baseline)
        assert "worse" in found.values(), (fault, found)
