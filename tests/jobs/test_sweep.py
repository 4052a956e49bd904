"""The sweep: what it refuses, how it judges, and that a kill changes nothing."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import optuna
import psutil
import pytest
from optuna.trial import TrialState
from plotly.graph_objects import Figure

from forger.core.errors import UserError
from forger.parameters import read_values
from jobs.shared.checkout import reason
from jobs.shared.experiments import FailedError
from jobs.sweep import charts, search
from jobs.sweep.disk import forecast, outputs, readable
from jobs.sweep.page import as_html
from jobs.sweep.parameters import contradiction, overrides, resolve
from jobs.sweep.progress import best, line
from jobs.sweep.space import read, title
from tests.pipeline.clone import Clone, clone
from tests.project import ROOT

SWEEP = """
recipe: sinusoid
metric: quality.r2_median
trials: 12
seeds: [1, 2]
rungs: [4, 16, 64]
parameters:
  train.batch: {choices: [64, 128, 256]}
  train.optimizers.generator.learning_rate: {low: 1e-4, high: 1e-2, log: true}
  method.discriminator_steps: {low: 1, high: 3}
"""
LOCK = """
stages:
  dataset@sinusoid: {outs: [{path: data/sinusoid, size: 1000000}]}
  train@sinusoid: {outs: [{path: models/sinusoid, size: 300000}, {path: h.csv, size: 200000}]}
  train@digits: {outs: [{path: models/digits, size: 7}]}
"""


@pytest.fixture
def written(tmp_path):
    """Write a sweep's file, with parts of its text replaced."""

    def write(*changes: tuple[str, str], name: str = "some.yaml") -> Path:
        text = SWEEP
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture(scope="module")
def values():

    return read_values(ROOT)


def told(path: Path, values) -> list[str]:
    with pytest.raises(UserError) as caught:
        resolve(read(path), path.name, values)
    return [problem.replace(str(path), path.name) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("trials: 12", "trails: 12", "trails: unknown key; did you mean trials?"),
        ("trials: 12", "trials: 0", "trials: found 0; should be greater than or equal to 1"),
        ("r2_median", "r2_meadin", "no such figure; did you mean quality.r2_median?"),
        ("quality.r2_median", "d_loss", 'metric: found "d_loss"; no such figure'),
        ("quality.r2_median", "mae", "metric: mae needs a translator, which sinusoid lacks"),
        ("quality.r2_median", "quality.modes", "metric: quality.modes needs modes or labels in"),
        ("[4, 16, 64]", "[4, 4]", "each rung must have more epochs than the one before"),
        ("[1, 2]", "[1, 1]", "seeds: found [1, 1]; name each seed once"),
        ("[1, 2]", "[]", "seeds: found []"),
        ("log: true", "choices: [1]", "give either choices, or low and high"),
        ("high: 1e-2, log: true", "log: true", "low and high go together"),
        ("low: 1e-4", "low: 1", "learning_rate: low (1) must lie below high (0.01)"),
        ("low: 1e-4", "low: 0", "low (0) must lie above 0 where log is true"),
        ("[64, 128, 256]", "[64, 64]", "parameters.train.batch: name each choice once"),
        ("train.batch", "train.epochs", "parameters.train.epochs is what rungs sets"),
        ("recipe: sinusoid", "recipe: sinusiod", "recipe: found 'sinusiod', which is no"),
        ("train.batch", "train.bach", "train.bach: no such key of sinusoid; did you mean train.b"),
        ("train.batch", "gate.auc", "parameters.gate.auc: no such key of sinusoid"),
        ("[64, 128, 256]", "[64, big]", 'parameters.train.batch: found "big"; should be a valid'),
        ("low: 1e-4", "low: -1e-4, step: 1e-3", "log and step"),
        ("{low: 1, high: 3}", "{low: 0, high: 3}", "discriminator_steps: found 0; should be great"),
        ("{low: 1, high: 3}", "{low: 1, high: 3, step: 0.5}", "step: found 0.5; the recipe's"),
    ],
)
def test_what_a_file_may_not_say(written, values, old, new, message):
    if message == "log and step":
        path = written((old, new), ("low: -1e-4", "low: 1e-4"))
    else:
        path = written((old, new))
    problems = told(path, values)
    assert any(message in problem for problem in problems), problems
    assert all(problem.startswith("some.yaml: ") for problem in problems)
    assert not any("\n" in problem for problem in problems)


@pytest.mark.parametrize(
    ("metric", "objective"),
    [
        ("quality.c2st", "|quality.c2st − its floor|"),
        ("mae", "|mae − 0|"),
        ("ssim", "|ssim − 1|"),
        ("psnr", "|psnr − 100|"),
    ],
)
def test_a_metric_may_be_what_has_a_floor_or_a_best_value(written, metric, objective):
    assert read(written(("quality.r2_median", metric))).objective == objective


@pytest.mark.parametrize("metric", ["acc_real", "log_likelihood", "quality.mae", "c2st"])
def test_a_metric_is_nothing_without_a_best_value(written, metric):
    with pytest.raises(UserError, match=r"metric: .*no such figure"):
        read(written(("quality.r2_median", metric)))


def test_files_that_can_not_be_read(written, tmp_path):
    for path, message in (
        (tmp_path / "absent.yaml", "absent.yaml: No such file or directory"),
        (written(name="A b.yaml"), "a sweep's file is named in a-z"),
        (written(("seeds: [1, 2]", "seeds: [1, 2")), "not readable as YAML"),
    ):
        with pytest.raises(UserError, match=re.escape(message)):
            read(path)


@pytest.mark.parametrize("path", sorted((ROOT / "sweeps").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_examples_fit_their_recipes(path, values):
    sweep = read(path)
    parameters = resolve(sweep, path.name, values)
    own = {each.key: each.present for each in parameters}
    assert contradiction(values, sweep.recipe, own) is None
    assert all(each.recipes_own() is not None for each in parameters)


def test_what_dvc_is_given(values):
    settings = {
        "train.batch": 64,
        "networks.generator.hidden": [8, 8],
        "method.objective": "minimax",
    }
    assert overrides(values, "sinusoid", 3, {**settings, "method.discriminator_steps": 2}) == [
        "run=[sinusoid]",
        "seed=3",
        "recipes/sinusoid.yaml:train.batch=64",
        "recipes/sinusoid.yaml:networks.generator.hidden=[8, 8]",
        'recipes/sinusoid.yaml:method.objective="minimax"',
        "recipes/sinusoid.yaml:+method.discriminator_steps=2",
        'recipes/sinusoid.yaml:+evaluate.part="validation"',
    ]
    assert title("a", 7, 1, 16) == "a-sweep-007-s1-e16"
    assert title("a", 7, 1, None) == "a-sweep-007-s1"


def test_the_reason_of_a_failure():
    assert reason("x\nerror: first\nerror: params.yaml: bad\nERROR: failed\n") == "params.yaml: bad"
    assert reason("x\nERROR: failed to reproduce\n\n") == "failed to reproduce"
    assert reason("Killed\n") == "Killed"
    assert reason("") == "it said nothing"


class Results:
    """Stands in for a runner and the revisions it makes: what a training would have given."""

    def __init__(
        self, folder: Path, kill_at: int = -1, fail_at: int = -1, how=KeyboardInterrupt
    ) -> None:
        self.done, self.how = folder / "done.json", how
        self.kill_at, self.fail_at, self.ran = kill_at, fail_at, 0

    def list_finished(self):
        names = json.loads(self.done.read_text()) if self.done.exists() else {}
        return {name: json.dumps(each) for name, each in names.items()}

    def run(self, name, changes):
        self.ran += 1
        if self.ran == self.kill_at:
            raise self.how
        if self.ran == self.fail_at:
            raise FailedError("params.yaml: out of luck")
        given = dict(change.replace(":+", ":").split("=") for change in changes)
        rate = float(given["recipes/sinusoid.yaml:train.optimizers.generator.learning_rate"])
        epochs, seed = int(given["recipes/sinusoid.yaml:train.epochs"]), int(given["seed"])
        steps = int(given["recipes/sinusoid.yaml:method.discriminator_steps"])
        figure = 1 - abs(rate - 0.001) * 50 - steps / (10 + epochs) + seed / 1000
        names = json.loads(self.done.read_text()) if self.done.exists() else {}
        names[name] = {"figure": figure, "seconds": epochs * steps / 10}
        self.done.write_text(json.dumps(names))
        return json.dumps(names[name])


class Stored:
    def __init__(self, rev, name):
        self.found = json.loads(rev)

    def figures(self, recipe):
        return {"quality": {"r2_median": self.found["figure"]}, "floor": {"r2_median": 1.0}}

    def seconds(self, recipe):
        return self.found["seconds"]


@pytest.fixture
def sweep(written):
    return read(written())


@pytest.fixture
def searched(monkeypatch, written, values):
    """Search with made-up results in a folder; the study, or None where it was killed."""
    monkeypatch.setattr(search, "Revision", Stored)
    file = written()
    sweep = read(file)
    parameters = resolve(sweep, "some.yaml", values)

    def go(folder: Path, **at) -> optuna.Study | None:
        folder.mkdir(exist_ok=True)
        study = search.open_study(folder / "study.log", sweep)
        study.set_user_attr("commit", "0123456789")
        study.set_user_attr("sweep", sweep.promise())
        results = Results(folder, **at)
        found = search.Search(sweep, file, parameters, values, study, results, lambda name: None)
        try:
            for _ in found.run():
                pass
        except (KeyboardInterrupt, UserError):
            return None
        return study

    return go


def trace(study):
    return [(t.number, t.state, t.params, t.value, t.user_attrs) for t in study.trials]


def test_a_trial_is_the_mean_distance_from_the_best_and_the_first_is_the_recipe(
    searched, tmp_path, sweep
):
    study = searched(tmp_path / "a")
    first = study.trials[0]
    assert first.params == {
        "train.batch": "128",
        "train.optimizers.generator.learning_rate": 0.001,
        "method.discriminator_steps": 1,
    }
    figures = [1 - 1 / 74 + 0.001, 1 - 1 / 74 + 0.002]
    rung = first.user_attrs["rungs"][-1]
    assert rung["figures"] == pytest.approx(figures)
    assert first.value == pytest.approx(sum(abs(f - 1) for f in figures) / 2)
    assert rung["experiments"] == ["some-sweep-000-s1-e64", "some-sweep-000-s2-e64"]
    assert best(study).number == 0
    assert line(study.trials[1], sweep, first).startswith("trial 001  train.batch=")


def test_of_three_that_reach_a_rung_one_goes_on(searched, tmp_path):
    study = searched(tmp_path / "a")
    reached = [len(trial.user_attrs["rungs"]) for trial in study.trials]
    assert len(reached) == 12
    assert 12 / 3 - 1 <= sum(n > 1 for n in reached) <= 12 / 3 + 2
    stopped = [trial for trial in study.trials if trial.state == TrialState.PRUNED]
    assert "not among the best after 4 epochs" in {t.user_attrs["reason"] for t in stopped}


@pytest.mark.parametrize("how", [KeyboardInterrupt, UserError("killed by signal 9")])
@pytest.mark.parametrize("kill_at", [1, 2, 5, 14, 25])
def test_a_sweep_that_was_killed_ends_as_if_it_had_not_been(searched, tmp_path, kill_at, how):
    """Itself, or the experiment that it was at."""
    expected = searched(tmp_path / "whole")
    assert searched(tmp_path / "killed", kill_at=kill_at, how=how) is None
    with (tmp_path / "killed" / "study.log").open("a") as journal:
        journal.write('{"op_code": 5, "worker')  # what a kill leaves of a line
    again = searched(tmp_path / "killed")
    assert trace(again) == trace(expected)


def test_a_failure_is_recorded_and_the_sweep_goes_on(searched, tmp_path, sweep):
    study = searched(tmp_path / "a", fail_at=8)
    failed = [trial for trial in study.trials if trial.state == TrialState.FAIL]
    assert [trial.user_attrs["reason"] for trial in failed] == ["params.yaml: out of luck"]
    assert len(study.trials) == 12
    assert "failed: params.yaml: out of luck" in line(failed[0], sweep, None)


def test_an_impossible_combination_is_no_crash(values):
    problem = contradiction(values, "sinusoid", {"train.batch": 10**6})
    assert problem.startswith("train.batch: an update takes 1000000 examples")
    assert "\n" not in problem


def test_only_the_number_of_trials_may_change(searched, tmp_path, sweep):
    study = searched(tmp_path / "a")
    search.check_promise(study, sweep.model_copy(update={"trials": 99}), "x.yaml")
    with pytest.raises(UserError, match=r"x.yaml: seeds, reduction: changed since"):
        search.check_promise(
            study, sweep.model_copy(update={"seeds": (1,), "reduction": 2}), "x.yaml"
        )


def test_the_front_holds_what_nothing_beats():
    points = [charts.Point(s, o, "", [""]) for s, o in [(3, 1), (1, 4), (2, 5), (2, 2), (4, 1)]]
    assert [(p.seconds, p.objective) for p in charts.front(points)] == [(1, 4), (2, 2), (3, 1)]


def test_the_disk_it_takes(sweep, tmp_path):
    class Committed:
        def read(self, path):
            return LOCK.encode()

    assert outputs(LOCK, "sinusoid") == {"dataset": 1_000_000, "train": 500_000}
    # 12 trials × 2 seeds × 3 rungs of half a megabyte, and data for each of the seeds.
    assert forecast(sweep, Committed(), tmp_path).startswith(
        "At most 72 experiments of 500 KB, with their data 38 MB in DVC's cache; "
    )
    assert [readable(n) for n in (7, 9_400, 12_345_678, 5e12)] == [
        "7 bytes",
        "9.4 KB",
        "12 MB",
        "5 TB",
    ]


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.slow
def test_the_page_in_a_browser(searched, tmp_path, sweep, width, browser):
    (tmp_path / "page.html").write_text(as_html("some", sweep, searched(tmp_path / "a")))
    failures: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900}, offline=True)
    page.on("console", lambda message: failures.append(message.text))
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("requestfailed", lambda request: failures.append(request.url))
    page.goto(f"file://{tmp_path / 'page.html'}")
    assert page.locator(".plotly-graph-div .main-svg .xaxislayer-above").count() == 3
    for axis in ("xtick", "ytick"):
        numbers = f"e => e.map(chart => chart.querySelectorAll('.{axis} text').length)"
        found = page.locator(".plotly-graph-div").evaluate_all(numbers)
        assert min(found) >= 2, (axis, found)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "dvc exp apply some-sweep-" in page.inner_text("body")
    page.close()
    assert failures == []


@pytest.mark.parametrize(
    ("values", "kind"), [((0.0091, 0.0098), None), ((0.01, 0.2), "log"), ((0, 5), None)]
)
def test_an_axis_that_would_have_no_number_is_not_logarithmic(values, kind):
    figure = Figure()
    charts._by_magnitude(figure.update_yaxes, values)
    assert figure.layout.yaxis.type == kind


def test_a_page_of_nothing(searched, tmp_path, sweep):
    searched(tmp_path / "a", kill_at=1)
    page = as_html("some", sweep, search.look_at(tmp_path / "a" / "study.log"))
    assert "No trial has reached the last rung." in page
    assert "Too few trials to say." in page


TINY = """
recipe: sinusoid
metric: quality.r2_median
trials: 3
rungs: [1, 2]
reduction: 2
parameters:
  train.batch: {choices: [64, 128]}
  method.discriminator_steps: {low: 1, high: 2}
"""


def start(project: Clone, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "jobs.sweep", *arguments],
        cwd=project.folder,
        env=project.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for(condition, what: str, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.2)


def training(project: Clone) -> bool:
    log = project.folder / ".dvc/tmp/sweeps/tiny/experiment.log"
    return log.exists() and "Running stage 'train@" in log.read_text()


@pytest.mark.slow
def test_a_sweep_from_start_through_kills_to_clean(tmp_path_factory):
    project = clone(tmp_path_factory, run=["sinusoid"])
    (project.folder / "tiny.yaml").write_text(TINY)
    (project.folder / "notes.txt").write_text("not committed")
    (project.folder / "params.yaml").write_text(project.text("params.yaml") + "# edited\n")
    before = project.git("status", "--porcelain")
    command = ("python", "-m", "jobs.sweep", "tiny.yaml")

    # Killed alone, while its DVC goes on: nothing of that is lost.
    sweep = start(project, "tiny.yaml")
    wait_for(lambda: training(project), "the training")
    second = project.run(*command, check=False)
    assert second.returncode == 2
    assert second.stderr == "error: the sweep tiny is already running\n"
    sweep.send_signal(signal.SIGKILL)
    sweep.wait()

    # Killed with all of its processes.
    sweep = start(project, "tiny.yaml")
    first = "tiny-sweep-000-s1-e1"
    wait_for(lambda: first in project.git("for-each-ref", "refs/exps"), "the first experiment")
    made = project.git("for-each-ref", "refs/exps")
    wait_for(lambda: training(project), "the next training")
    for process in [*psutil.Process(sweep.pid).children(recursive=True), psutil.Process(sweep.pid)]:
        process.kill()
    sweep.wait()

    done = project.run(*command)
    assert "Note: this sweep runs commit" in done.stdout
    assert "params.yaml is not part of it" in done.stdout
    assert made in project.git("for-each-ref", "refs/exps")  # not made again
    assert project.git("status", "--porcelain") == before
    trials = re.findall(r"^trial (\d+) ", done.stdout, re.MULTILINE)
    assert trials == ["000", "001", "002"]
    assert "best so far" in done.stdout

    shown = project.run("dvc", "exp", "show", "--csv").stdout
    names = set(re.findall(r"tiny-sweep-\d+-s1-e\d", shown))
    assert {"tiny-sweep-000-s1-e1", "tiny-sweep-000-s1-e2", "tiny-sweep-002-s1-e1"} <= names
    project.git("checkout", "-q", "params.yaml")
    project.run("dvc", "exp", "apply", "tiny-sweep-000-s1-e2")
    assert json.loads(project.text("reports/recipes/sinusoid/metrics.json"))["quality"]
    page = project.folder / "reports/sweeps/tiny.html"
    assert "tiny-sweep-000-s1-e2" in page.read_text()

    page.unlink()
    assert project.run(*command).returncode == 0  # nothing is left to do
    page.unlink()
    project.run(*command, "--report")
    assert page.exists()

    cleaned = project.run(*command, "--clean").stdout
    assert f"Removed {len(names)} experiments of tiny." in cleaned
    assert re.search(r"Freed \d.* of DVC's cache", cleaned)
    assert "tiny-sweep" not in project.git("for-each-ref", "refs/exps")
    assert not (project.folder / ".dvc/tmp/sweeps/tiny").exists()
    # What the workspace has, applied from the sweep, is still there.
    done = project.run("dvc", "repro").stdout
    assert "Running stage 'train" not in done
    assert project.run("dvc", "status", "-q", check=False).returncode == 0
    project.run("dvc", "checkout", "--force")
    nothing = project.run(*command, "--report", check=False)
    assert nothing.returncode == 2
    assert (
        nothing.stderr == "error: tiny.yaml: this sweep has not begun: there is nothing to report\n"
    )
