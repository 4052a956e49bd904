"""The recipes at their own settings."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier

from tests.pipeline.clone import Clone

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A clone with the project's own parameters."""
    return Clone(tmp_path_factory.mktemp("full") / "forger")


def history(clone, recipe):
    return pd.read_csv(clone.folder / f"reports/recipes/{recipe}/history.csv")


def test_gaussian_ends_at_the_equilibrium(full):
    full.run("dvc", "repro", "train@gaussian")
    last = history(full, "gaussian").iloc[-1]
    assert last["d_loss"] == pytest.approx(0.693, rel=0.1)
    assert last["g_loss"] == pytest.approx(0.693, rel=0.1)


def test_sinusoid_ends_like_the_article(full):
    full.run("dvc", "repro", "train@sinusoid")
    last = history(full, "sinusoid").tail(10)
    accuracy = (last["acc_real"] + last["acc_fake"]) / 2
    assert accuracy.between(0.75, 0.95).all()
    assert last["d_loss"].between(0.15, 0.6).all()


@pytest.mark.parametrize("source", ["gaussian", "digits"])
def test_a_tuned_recipe_reaches_its_gate_and_nothing_is_wrong_with_it(full, source):
    recipe = f"{source}_tuned"
    full.run("dvc", "repro", f"evaluate@{recipe}")
    verdicts = full.run("python", "-m", "jobs.gate", "--recipe", recipe, check=False)
    assert verdicts.returncode == 0, verdicts.stdout
    assert "hold." in verdicts.stdout
    figures = json.loads(full.text(f"reports/recipes/{recipe}/figures.json"))
    assert figures["diagnosis"] == []
    assert figures["grade"]["grade"] in ("indistinguishable", "close")


@pytest.mark.parametrize(("recipe", "epochs"), [("mnist_mlp", 12), ("mnist_dcgan", 5)])
def test_mnist_learns_real_digits(full, mnist, recipe, epochs):
    settings = {"dataset__path": str(mnist), "train__epochs": epochs, "train__snapshots": 2}
    if recipe == "mnist_mlp":
        settings["train__steps_per_epoch"] = None
    settings["evaluate__samples"] = 500
    full.change(run=[recipe], **{f"recipes__{recipe}__{k}": v for k, v in settings.items()})
    full.run("dvc", "repro", f"evaluate@{recipe}")
    real = np.load(full.folder / "data" / recipe / "train/real.npy").reshape(-1, 784)
    labels = np.load(full.folder / "data" / recipe / "train/labels.npy")
    with np.load(full.folder / f"reports/recipes/{recipe}/evaluation.npz") as file:
        samples = file["samples"].reshape(-1, 784)
    # Nearer to real digits than noise with the same pixels' means and spreads, and of many kinds.
    rng = np.random.default_rng(0)
    noise = np.clip(rng.normal(real.mean(0), real.std(0), samples.shape), -1, 1)
    neighbours = KNeighborsClassifier(1).fit(real, labels)
    near, far = (neighbours.kneighbors(x)[0].mean() for x in (samples, noise))
    assert near < 0.9 * far
    assert len(set(neighbours.predict(samples))) >= 8
