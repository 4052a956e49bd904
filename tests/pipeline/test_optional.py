"""A recipe of required keys alone, from `check` to the page."""

import json

import pytest

from tests.pipeline.clone import clone

pytestmark = pytest.mark.slow

BARE = {
    "source": {"title": "No more than it must"},
    "dataset": {
        "kind": "gaussian",
        "train": 64,
        "matrix": [[1.0, 0.0], [0.0, 1.0]],
        "mean": [0.0, 0.0],
    },
    "method": {"kind": "gan", "latent": {"dim": 1}},
    "networks": {
        "generator": {"family": "mlp"},
        "discriminator": {"family": "mlp"},
    },
    "train": {"epochs": 2, "batch": 8, "optimizers": {"discriminator": {}, "generator": {}}},
    "evaluate": {},
}


def test_whatever_has_a_default_may_be_left_out(tmp_path_factory):
    made = clone(tmp_path_factory, run=["bare"], recipes__bare=BARE, compute={})
    made.run("dvc", "repro")
    settings = json.loads(made.text("reports/recipes/bare/settings.json"))
    assert settings["method"]["objective"] == "non_saturating"
    assert settings["evaluate"]["samples"] == 10_000
    assert "non_saturating" in made.text("reports/index.html")
    status = made.run("dvc", "status").stdout
    assert "up to date" in status


def test_what_dvc_needs_is_missed_by_check(tmp_path_factory):
    without = {key: value for key, value in BARE.items() if key != "method"}
    made = clone(tmp_path_factory, run=["bare"], recipes__bare=without)
    failed = made.run("dvc", "repro", check=False)
    assert failed.returncode != 0
    assert "error: recipes/bare.yaml: method: missing" in failed.stderr
