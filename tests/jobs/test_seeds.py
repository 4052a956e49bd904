"""Several seeds of a recipe, each a DVC experiment."""

import json
import sys

import pytest

from forger.core.errors import UserError
from forger.metrics.figures import FIGURES, lacking
from forger.parameters import read, validate
from jobs import seeds
from jobs.seeds import table
from jobs.shared import baselines
from tests.jobs import test_gate
from tests.jobs.test_gate import FACTORS
from tests.pipeline.clone import clone
from tests.project import ROOT
from tests.test_recipe import changed


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
    assert rows.loc["frechet", ["mean", "95 %", "another seed", "worst", "floor"]].tolist() == [
        "0.3", "0 … 1.571", "0 … 2.501", "0.4 (seed 2)", "0.1",
    ]  # fmt: skip
    assert rows.loc["modes", "worst"] == "7 (seed 1)"
    assert "d_loss" not in rows.index


def test_what_has_a_truth_stands_beside_what_is_best():
    """MAE is best at 0, PSNR at 100; a likelihood has no best value, nor have D's decisions."""
    found = {
        seed: {**metrics(0.2, 7.0), "mae": mae, "psnr": psnr, "log_likelihood": -5.0}
        for seed, mae, psnr in ((1, 1.0, 20.0), (2, 0.5, 30.0))
    }
    rows = table(found).set_index("figure")
    assert rows.loc["mae", ["mean", "worst", "floor"]].tolist() == ["0.75", "1 (seed 1)", "0"]
    assert rows.loc["psnr", ["worst", "floor"]].tolist() == ["20 (seed 1)", "100"]
    assert not {"log_likelihood", "acc_real", "auc"} & set(rows.index)


def test_one_seed_has_no_spread():
    rows = table({3: metrics(0.2, 7.0)}).set_index("figure")
    assert rows.loc["frechet", ["95 %", "another seed"]].tolist() == ["", ""]


def test_what_is_kept_is_what_the_gate_reads(monkeypatch, tmp_path, capsys):
    """Eight seeds, of which none was trained here."""
    found = test_gate.seeds()
    stored = {seed: test_gate.Fake(f"s{seed}", each) for seed, each in found.items()}
    for each in stored.values():
        each.seconds = lambda recipe: None
    monkeypatch.setattr(seeds, "experiments", lambda recipe, numbers, commit: stored)
    monkeypatch.setattr(seeds, "Revision", lambda commit: test_gate.Fake(commit))
    monkeypatch.setattr(seeds, "git", lambda *_: "")
    monkeypatch.setattr(seeds, "read", lambda: validate(changed()))
    monkeypatch.setattr(
        sys, "argv", ["jobs.seeds", "parabola", "-n", "8", "--first", "0", "--keep"]
    )
    monkeypatch.chdir(tmp_path)
    sizes = {"samples": 300, "draws": 5}
    for each in found.values():
        each["sizes"] = sizes
    seeds.main()
    assert "Kept: baselines/parabola.json" in capsys.readouterr().out

    kept = test_gate.Fake("HEAD", test_gate.metrics(0.04))
    kept.stored = (tmp_path / "baselines/parabola.json").read_text()
    baseline = baselines.read(kept, "parabola")
    assert baseline.seeds == tuple(range(8))
    assert baseline.spreads(["ks_x"])["ks_x"].distances == pytest.approx(
        [0.04 * f for f in FACTORS]
    )
    low, high = baseline.explain(["ks_x"])["ks_x"]
    assert 0 <= low < 0.05 < max(0.04 * f for f in FACTORS) < high < 1
    again = {**test_gate.metrics(0.06), "sizes": sizes}
    assert test_gate.against(again, kept) == (test_gate.ALL, [])


def test_seeds_that_were_measured_with_two_rulers_are_not_kept():
    found = {**test_gate.seeds(), 9: test_gate.metrics(floor=0.02)}
    with pytest.raises(UserError, match="not measured with one ruler"):
        baselines.content("parabola", found, validate(changed()))
    with pytest.raises(UserError, match="needs at least 5"):
        baselines.content("parabola", {1: test_gate.metrics()}, validate(changed()))


@pytest.mark.slow
def test_seeds_from_start_to_report(done, tmp_path_factory):
    project = clone(tmp_path_factory, run=["digits_conditional"])
    project.share(done)  # which has trained seed 1, but not seed 2
    gate = {"r2_median": {"min": -10.0}}
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

    project.run("python", "-m", "jobs.seeds", "sinusoid", "-n", "6", "--keep")
    after = project.git("status", "--porcelain").splitlines()
    assert set(after) - set(before.splitlines()) == {" M baselines/sinusoid.json"}
    rev, against = ("sinusoid-seeds-s6", "sinusoid-seeds-s1")
    command = ("python", "-m", "jobs.gate", "--recipe", "sinusoid", "--rev", rev)
    told = project.run(*command, "--against", against)
    assert f"no worse than {against}'s 6 seeds, " in told.stdout
    told = project.run(*command, "--against", "HEAD", check=False)
    assert told.returncode == 2
    assert "new: HEAD: " in told.stdout
    assert told.stderr == "error: --against HEAD: nothing could be compared with it; see above\n"

    unknown = project.run("python", "-m", "jobs.seeds", "sinusiod", check=False)
    assert unknown.returncode == 2
    assert unknown.stderr.startswith("error: found 'sinusiod', which is no file of recipes; did")


@pytest.mark.slow
def test_a_seed_that_misses_the_gate(done, tmp_path_factory):
    project = clone(tmp_path_factory)
    project.share(done)
    project.change(recipes__sinusoid__gate={"acc_real": {"min": 1.1, "max": 2.0}})
    first = project.run("python", "-m", "jobs.seeds", "sinusoid", "-n", "1", check=False)
    assert first.returncode == 1
    assert "The gate holds for 0 of 1 seeds." in first.stdout
    assert "must be ≥ 1.1" in first.stdout


@pytest.mark.parametrize("path", sorted((ROOT / "baselines").glob("*.json")), ids=lambda p: p.stem)
def test_stored_figures_are_those_that_the_catalogue_says(path):
    """But for an exact figure of some generators, and one that needs enough of each class."""
    offers = read(ROOT).recipes[path.stem].offers
    found = json.loads(path.read_text())["figures"].keys()
    told = {
        name for name, figure in FIGURES.items() if figure.has_floor and not lacking(name, offers)
    }
    assert found <= told
    assert told - found <= {"frechet_exact", "class_coverage"}
