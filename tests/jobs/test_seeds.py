"""Several seeds of a recipe, each a DVC experiment."""

import pytest

from jobs.seeds import table
from tests.pipeline.clone import clone


def metrics(frechet, modes):
    return {
        "acc_real": 0.5,
        "acc_fake": 0.5,
        "auc": 0.5,
        "quality": {"frechet": frechet, "modes": modes},
        "floor": {"frechet": 0.1, "modes": 8.0},
    }


def test_the_worst_is_furthest_from_the_best():
    rows = table({1: metrics(0.2, 7.0), 2: metrics(0.4, 8.0)}).set_index("figure")
    # Student's t of one degree of freedom is Cauchy's law: tan(0.475 π) = 12.706 errors of 0.1.
    assert rows.loc["frechet", ["mean", "95 %", "sd", "worst", "floor"]].tolist() == [
        "0.3", "-0.9706 … 1.571", "0.1414", "0.4 (seed 2)", "0.1",
    ]  # fmt: skip
    assert rows.loc["modes", "worst"] == "7 (seed 1)"
    assert "d_loss" not in rows.index


def test_one_seed_has_no_spread():
    rows = table({3: metrics(0.2, 7.0)}).set_index("figure")
    assert rows.loc["frechet", ["95 %", "sd"]].tolist() == ["", ""]


@pytest.mark.slow
def test_seeds_from_start_to_report(done, tmp_path_factory):
    project = clone(tmp_path_factory, run=["digits_conditional"])
    project.share(done)  # which has trained seed 1, but not seed 2
    gate = {"quality": {"r2_median": {"min": -10.0}}}
    project.change(recipes__sinusoid__gate=gate)
    before = project.git("status", "--porcelain")
    first = project.run("python", "-m", "jobs.seeds", "sinusoid", "-n", "2")
    assert "The gate holds for 2 of 2 seeds." in first.stdout
    assert "r2_median" in first.stdout
    assert "Training took" in first.stdout
    assert "Of each seed: means over" in first.stdout
    made = project.git("for-each-ref", "refs/exps")
    assert all(f"sinusoid-seeds-s{seed}" in made for seed in (1, 2))
    assert project.git("status", "--porcelain") == before

    again = project.run("python", "-m", "jobs.seeds", "sinusoid", "-n", "2")
    assert again.stdout == first.stdout
    assert project.git("for-each-ref", "refs/exps") == made  # not made again

    unknown = project.run("python", "-m", "jobs.seeds", "sinusiod", check=False)
    assert unknown.returncode == 2
    assert unknown.stderr.startswith("error: found 'sinusiod', which is not in params.yaml; did")


@pytest.mark.slow
def test_a_seed_that_misses_the_gate(done, tmp_path_factory):
    project = clone(tmp_path_factory)
    project.share(done)
    project.change(recipes__sinusoid__gate={"acc_real": {"min": 1.1, "max": 2.0}})
    first = project.run("python", "-m", "jobs.seeds", "sinusoid", "-n", "1", check=False)
    assert first.returncode == 1
    assert "The gate holds for 0 of 1 seeds." in first.stdout
    assert "must be ≥ 1.1" in first.stdout
