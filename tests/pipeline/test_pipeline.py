"""The pipeline in clean clones: the same bytes, and nothing that need not run."""

import json
import re
import shutil

import pandas as pd
import pytest

from forger.metrics.figures import FIGURES, lacking, value
from forger.parameters import read
from tests.pipeline.clone import clone

pytestmark = pytest.mark.slow


def ran(output: str) -> list[str]:
    return re.findall(r"Running stage '([^']+)'", output)


def test_two_clones_give_the_same_lock(done, tmp_path_factory):
    other = clone(tmp_path_factory)
    other.run("python", "-m", "jobs.repro")
    assert other.text("dvc.lock") == done.text("dvc.lock")


def test_another_seed_changes_every_trained_file(done, tmp_path_factory):
    other = clone(tmp_path_factory, seed=2, run=["sinusoid"])
    other.run("dvc", "repro", "train@sinusoid")
    for name in ("generator.keras", "discriminator.keras"):
        one, two = (c.folder / "models/sinusoid" / name for c in (done, other))
        assert one.read_bytes() != two.read_bytes()
    assert done.text("reports/recipes/sinusoid/history.csv") != other.text(
        "reports/recipes/sinusoid/history.csv"
    )


def test_a_second_run_does_nothing_and_says_so(done):
    output = done.run("python", "-m", "jobs.repro").stdout
    assert ran(output) == []
    assert "Data and pipelines are up to date" in output
    assert "0 different, 0 without a reference" in output
    assert output.rstrip().endswith("reports/index.html")


def test_only_what_a_parameter_changes_runs_again(done):
    output = done.run("dvc", "exp", "run", "-S", "recipes/sinusoid.yaml:train.epochs=2").stdout
    assert ran(output) == [
        "check", "train@sinusoid", "evaluate@sinusoid", "report@sinusoid", "summary",
    ]  # fmt: skip
    timings = json.loads(done.text("reports/timings.json"))
    assert timings["sinusoid"]["measured"] == ["in this run"]
    assert timings["digits_conditional"]["measured"] == ["in an earlier run"]
    done.restore()


def test_what_a_deselected_recipe_left_behind_does_not_change_the_page(done):
    done.run("dvc", "exp", "run", "-S", "run=[sinusoid]")
    left = done.folder / "reports/recipes/digits_conditional"
    left.mkdir(exist_ok=True)
    (left / "samples.png").write_bytes(b"left behind")
    done.run("dvc", "repro", "--single-item", "--force", "summary")
    page = done.text("reports/index.html")
    assert "sinusoid" in page
    assert "digits_conditional" not in page
    shutil.rmtree(left)
    done.run("dvc", "repro", "--single-item", "--force", "summary")
    assert done.text("reports/index.html") == page
    done.restore()


@pytest.mark.parametrize("run", ["run=[sinusoid]", "run=[nosuch]"])
def test_what_a_narrowed_run_took_out_of_the_workspace_comes_back(done, run):
    done.run("dvc", "exp", "run", "-S", run, check=False)
    done.git("checkout", "-q", "params.yaml", "recipes", "dvc.lock")
    done.run("dvc", "checkout")
    assert (done.folder / "models/digits_conditional/generator.keras").exists()
    done.run("dvc", "exp", "run", "-S", run, check=False)
    done.git("checkout", "-q", "params.yaml", "recipes", "dvc.lock")
    (done.folder / "reports/recipes/sinusoid/history.csv").unlink(missing_ok=True)
    output = done.run("python", "-m", "jobs.repro").stdout
    assert set(ran(output)) <= {"check"}
    assert (done.folder / "models/digits_conditional/generator.keras").exists()
    assert "0 different, 0 without a reference" in output
    done.restore()  # reports/timings.json is no result


def test_what_is_measured_is_what_the_catalogue_says(done):
    """But for an exact figure of some generators, and one that needs enough of each class."""
    parameters = read(done.folder)
    for recipe in parameters.run:
        figures = json.loads(done.text(f"reports/recipes/{recipe}/figures.json"))
        offers = parameters.recipes[recipe].offers
        told = {name for name in FIGURES if not lacking(name, offers)}
        found = {name for name in FIGURES if value(figures, name) is not None}
        assert found <= told, recipe
        assert told - found <= {"frechet_exact", "class_coverage"}, recipe


def test_what_the_stages_wrote(done):
    folder = done.folder / "reports/recipes/sinusoid"
    history = pd.read_csv(folder / "history.csv")
    assert history.columns.tolist() == [
        "epoch", "step", "d_loss", "g_loss", "acc_real", "acc_fake", "g_gradient",
    ]  # fmt: skip
    assert history["epoch"].tolist() == [1, 2, 3]
    metrics, figures = (
        json.loads((folder / f"{name}.json").read_text()) for name in ("metrics", "figures")
    )
    of_the_law = {"r2_median", "r2_share", "amplitude_share", "ks_b", "ks_c"}
    of_any = {
        "sliced_wasserstein", "energy_distance", "mmd", "c2st", "one_nn", "precision", "recall",
        "density", "coverage", "memorisation", "authenticity",
    }  # fmt: skip
    assert set(figures["quality"]) == set(figures["floor"]) == of_the_law | of_any
    assert figures["part"] == "test"
    assert set(metrics) == {"acc_real", "acc_fake", "auc", "quality"}
    assert metrics["quality"].items() < figures["quality"].items()
    assert "undertrained" in [each["problem"] for each in figures["diagnosis"]]
    assert figures["grade"]["grade"] == "failed"
    digits = json.loads(done.text("reports/recipes/digits_conditional/figures.json"))
    assert digits["classifier"]["accuracy"] > 0.97
    of_classes = {
        "modes", "class_kl", "classifier_frechet", "classifier_mmd", "classifier_score",
        "label_accuracy", "class_coverage", "rarest_class",
    }  # fmt: skip
    assert set(digits["quality"]) == set(digits["floor"]) == of_any | of_classes
    assert figures["floor"]["r2_share"] == 1
    for picture in folder.glob("*.png"):
        assert picture.stat().st_size > 2000, picture
    notebook = (folder / "report.ipynb").read_text()
    assert str(done.folder) not in notebook
    assert not re.search(r"(start|end)_time|iopub|T\d\d:\d\d:\d\d", notebook)
    html = (folder / "report.html").read_text()
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "<script" not in html
    assert "<script" not in done.text("reports/index.html")


def test_dvcs_own_views(done):
    shown = json.loads(done.run("dvc", "metrics", "show", "--json").stdout)
    files = shown[""]["data"] if "" in shown else next(iter(shown.values()))["data"]
    assert "reports/recipes/sinusoid/metrics.json" in files
    assert "reports/timings.json" in files
    plots = done.run("dvc", "plots", "show")
    assert "failed" not in plots.stdout + plots.stderr
    page = done.text("dvc_plots/index.html")
    for curve in ("d_loss", "g_loss", "acc_real", "acc_fake"):
        assert f"curves/{curve}.csv" in page or f"curves_{curve}" in page
    stages = done.run("dvc", "stage", "list").stdout
    assert "train@sinusoid" in stages
    assert "Train the networks" in stages
    assert "sinusoid" in done.run("dvc", "exp", "show", "--csv").stdout


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("recipes/sinusoid.yaml:+trian.epochs=5", "recipes/sinusoid.yaml: trian: unknown key"),
        ("run=[]", "run: found []; name at least one recipe"),
        ("run=[nosuch]", 'run: found "nosuch"'),
        ("recipes/sinusoid.yaml:train.epochs=0", "recipes/sinusoid.yaml: train.epochs: found 0"),
        ("run=['x; touch pwned']", "string should match pattern"),
    ],
)
def test_bad_parameters_are_refused_before_anything_is_removed(done, override, told):
    def outputs():
        kept = ("data", "models", "reports")
        return {
            path.relative_to(done.folder): path.read_bytes()
            for folder in kept
            for recipe in ("sinusoid", "digits_conditional", ".")
            for path in (done.folder / folder).glob(f"**/{recipe}/*")
            if path.is_file() and path.name != ".gitignore"
        }

    before = outputs()
    failed = done.run("dvc", "exp", "run", "-S", override, check=False)
    assert failed.returncode != 0
    assert f"error: params.yaml: {told}" in failed.stderr or told in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (done.folder / "pwned").exists()
    if "run=" not in override:  # else DVC takes what `run` no longer names out of the workspace
        assert outputs() == before
    done.restore()
    assert outputs() == before


def test_data_that_are_not_there_leave_nothing_half_written(done):
    failed = done.run(
        "dvc", "exp", "run",
        "-S", "run=[mnist_mlp]", "-S", "recipes/mnist_mlp.yaml:dataset.path=nowhere",
        check=False,
    )  # fmt: skip
    assert failed.returncode != 0
    assert "neither a folder nor an .npz file" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (done.folder / "data/mnist_mlp").exists()
    done.restore()


def test_a_stage_of_no_recipe(done):
    failed = done.run("python", "-m", "stages.evaluate", "nosuch", check=False)
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: dvc.yaml: evaluate@nosuch: ")


def test_a_stage_refuses_what_was_resolved_for_another_machine(done):
    path = done.folder / "data/resolved.json"
    kept = path.read_text()
    other = json.loads(kept)
    other["versions"]["keras"] = "3.0.0"
    path.unlink()
    path.write_text(json.dumps(other))
    failed = done.run("python", "-m", "stages.train", "sinusoid", check=False)
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: data/resolved.json: it no longer describes")
    path.write_text(kept)
