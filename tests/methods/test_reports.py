"""What a method reports goes its whole way, from training to the pages, whatever it is."""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

import keras
import numpy as np
import pandas as pd
import pytest

from forger.core.errors import UserError
from forger.core.files import write_history, write_json
from forger.engine.course import Course
from forger.engine.model import Adversarial
from forger.evaluation.diagnosis import diagnose
from forger.methods.base import Fields, Method
from forger.methods.findings import REMEDIES, Finding, Training
from forger.methods.gan import GAN
from forger.methods.kinds import METHODS
from forger.methods.latent import Latent
from forger.methods.objectives.kinds import OBJECTIVES
from forger.methods.reports import Report, publishable
from forger.metrics.figures import FIGURES
from forger.models.folder import ModelFolder
from forger.models.saving import ABOUT
from forger.report import plots, tables
from forger.report.pages import render
from forger.report.results import Results, _history
from forger.training.history import History
from forger.training.watch import Watch, account, symptoms
from jobs.compare.page import Comparison, _describe_charts, as_html
from jobs.compare.read import Candidate, Trial
from jobs.shared.revisions import Revision
from tests.project import ROOT

EPOCHS, STEPS = 12, 3
CALM = {
    "c2st": 0.5, "precision": 0.9, "recall": 0.9, "coverage": 0.9, "memorisation": 0.0,
    "authenticity": 0.5,
}  # fmt: skip


class Autoencoder(Method):
    """Made up: one loss, a report of another kind, no accuracy, and a symptom of its own."""

    kind: Literal["autoencoder"] = "autoencoder"
    players: ClassVar[Mapping[str, tuple[str, ...]]] = {"coder": ("coder",)}
    averaged: ClassVar[tuple[str, ...]] = ()

    @property
    def reports(self):
        return (
            Report("reconstruction", "error", "loss", "the mean squared error"),
            Report("divergence", "KL", "other", "the codes' divergence from their law"),
        )

    def symptoms(self, training):
        if training.late["divergence"].mean() < 0.01:
            yield Finding("codes ignored", "the codes say nothing")

    @property
    def remedies(self):
        return {**REMEDIES, "codes ignored": ("method.weight: 0.1",)}

    def roles(self, fields):
        return {}

    def products(self, networks):
        return {}

    def update(self, step, batch):
        (coder,) = step.networks("coder")

        def loss():
            error = keras.ops.mean(keras.ops.square(coder(batch["real"][0]) - batch["real"][0]))
            step.log(reconstruction=error, divergence=2 * error)
            return error

        step.descend("coder", loss)


def history(divergence=1.0):
    kept = History(Autoencoder().logs, STEPS)
    errors = np.linspace(1, 0.1, EPOCHS * STEPS)
    list(kept.add({"reconstruction": errors, "divergence": np.full(len(errors), divergence)}))
    return kept.table()


def figures(**quality):
    return {
        "acc_real": 0.5,
        "acc_fake": 0.5,
        "auc": 0.5,
        "quality": {**CALM, **quality},
        "floor": CALM,
        "interval": {},
        "floor_interval": {},
    }


def results(reports, rows):
    """The results of a training, as far as its reports matter."""
    nothing = dict.fromkeys(Results.__dataclass_fields__)
    return Results(**{**nothing, "reports": reports, "history": rows, "figures": figures()})


def rows_of(table):
    return {row["figure"]: row for row in table.to_dict("records")}


def settings(**published):
    return {"source": {"published": published}}


def test_the_engine_logs_what_a_method_reports():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    method, adam = Autoencoder(), keras.optimizers.SGD(0.1)
    model = Adversarial(method, Fields({}), {"coder": network}, {"coder": adam}, Course(1, False))
    arrays = {"real": np.ones((2, 1, 4, 2), np.float32)}
    found = model.train_on_batch(arrays, np.array([2], np.int32), return_dict=True)
    assert {*found} == {"reconstruction", "divergence"}
    np.testing.assert_allclose(found["divergence"], 2 * found["reconstruction"])
    assert found["reconstruction"][1] < found["reconstruction"][0]


def test_a_history_has_the_methods_columns_and_a_file_each(tmp_path):
    table = history()
    assert list(table) == ["epoch", "step", "reconstruction", "divergence"]
    write_history(tmp_path, table)
    written = sorted(path.name for path in (tmp_path / "curves").iterdir())
    assert written == ["divergence.csv", "reconstruction.csv"]


@pytest.mark.parametrize(
    ("method", "told"),
    [
        (Autoencoder(), "try smaller learning rates$"),
        (
            GAN(kind="gan", latent=Latent(dim=2)),
            "try smaller learning rates, method.penalties.r1: 1 or method.objective: hinge$",
        ),
    ],
)
def test_what_diverges_is_told_what_the_method_has(method, told):
    kept = History(["x"], STEPS, method.remedies["divergence"])
    with pytest.raises(UserError, match=told):
        list(kept.add({"x": np.array([math.nan])}))


def test_a_watch_asks_the_method_and_looks_at_samples():
    watch = Watch(Autoencoder(), EPOCHS)
    assert list(watch.look(history(), {"spread": 0.9, "one_nn": 0.99})) == []
    (own,) = watch.look(history(0.001), {})
    assert (own.problem, own.remedies) == ("codes ignored", ("method.weight: 0.1",))
    (collapsed,) = watch.look(history(0.001), {"spread": 0.01})
    assert (collapsed.problem, collapsed.remedies) == ("mode collapse", ("a larger train.batch",))


def test_a_diagnosis_has_the_methods_findings_first_and_only_its_remedies():
    bad, good = (history(loss).assign(step=5000) for loss in (0.001, 1.0))
    found = diagnose(
        account(Autoencoder(), bad),
        bad,
        figures(precision=0.0, memorisation=0.5, authenticity=0.1),
    )
    problems = [finding.problem for finding in found]
    assert problems == ["codes ignored", "memorisation", "samples far from the data"]
    assert all(finding.remedies for finding in found)
    advice = " ".join(remedy for finding in found for remedy in finding.remedies)
    assert "discriminator" not in advice
    assert diagnose(account(Autoencoder(), good), good, figures()) == []


def every_gan():
    return [
        GAN(kind="gan", latent=Latent(dim=2), objective=objective) for objective in OBJECTIVES.table
    ]


def test_a_gan_says_what_to_try_against_every_problem_that_any_rule_finds():
    files = ("methods/symptoms", "training/watch", "evaluation/diagnosis")
    source = "".join((ROOT / f"forger/{name}.py").read_text() for name in files)
    named = {*re.findall(r'Finding\(\s*"([^"]+)"', source)}
    assert len(named) == 10
    for gan in every_gan():
        for problem in named | {*REMEDIES}:
            assert gan.remedies[problem], problem


@pytest.mark.parametrize("method", [*every_gan(), Autoencoder()], ids=str)
def test_the_values_at_which_no_player_is_ahead(method):
    """The losses of the outputs 0, or of a critic that says the same of all."""
    evens = {report.name: report.even for report in method.reports if report.even is not None}
    if isinstance(method, Autoencoder):
        assert evens == {}
        return
    assert (evens.pop("acc_real"), evens.pop("acc_fake")) == (0.5, 0.5)
    nothing, losses = keras.ops.zeros((4, 1)), method.losses
    if evens:
        of_d = (losses.real(nothing, nothing) + losses.fake(nothing, nothing)) / 2
        of_g = losses.generator(nothing, nothing)
        assert evens["d_loss"] == pytest.approx(float(of_d), rel=1e-6)
        assert evens["g_loss"] == pytest.approx(float(of_g), rel=1e-6)
        assert {abs(even) for even in evens.values()} == {math.log(2)}


def test_names_of_reports_are_no_figures_and_may_be_published():
    assert publishable(Autoencoder().reports) == ["reconstruction"]
    names = ["d_loss", "g_loss", "acc_real", "acc_fake", "accuracy"]
    for kind in ("gan", "conditional_gan"):
        method = METHODS.load(kind)(kind=kind, latent=Latent(dim=2), penalties={"r1": 1.0})
        assert publishable(method.reports) == names
        assert method.logs == (*names[:4], "g_gradient", "penalty")
        shown = {r.name for r in method.reports if r.kind == "loss"} | {"accuracy"}
        assert not shown & {*FIGURES}


def test_the_pictures_of_a_method_without_accuracies(tmp_path):
    of = results(Autoencoder().reports, history())
    losses = plots.learning_curves(of)
    (line,) = losses.axes[0].lines
    np.testing.assert_array_equal(line.get_ydata(), of.history["reconstruction"])
    assert [text.get_text() for text in losses.legends[0].get_texts()] == ["error"]
    losses.savefig(tmp_path / "picture.png")


def test_many_losses_have_a_color_each_and_a_logarithmic_axis_no_line_below_zero(tmp_path):
    reports = tuple(Report(f"l{i}", f"L{i}", "loss", "a loss", -0.1, "even") for i in range(5))
    rows = pd.DataFrame({"epoch": [1, 2], **{f"l{i}": [0.01, 20.0] for i in range(5)}})
    figure = plots.learning_curves(results(reports, rows))
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    assert len({line.get_color() for line in axes.lines[:5]}) == 5
    figure.savefig(tmp_path / "picture.png")
    assert axes.get_ylim()[0] > 0


def test_the_table_of_a_method_without_accuracies():
    of = results(Autoencoder().reports, history())
    table = rows_of(tables.figures(of, settings(reconstruction=0.25)))
    assert list(table)[:2] == ["reconstruction", "acc_real"]
    row = table["reconstruction"]
    assert row["meaning"] == "the mean squared error, mean of the last ten epochs"
    assert row["value"] == tables.number(of.history["reconstruction"].tail(10).mean())
    assert row["published"] == "0.25"
    assert "accuracy" not in table


def test_the_table_of_a_gan_has_its_losses_and_the_mean_of_its_accuracies():
    rows = pd.DataFrame({"epoch": range(1, 13), "d_loss": [9.0, 9.0, *[0.5] * 10], "g_loss": 0.7,
                         "acc_real": 0.9, "acc_fake": 0.6, "g_gradient": 1.0})  # fmt: skip
    of = results(GAN(kind="gan", latent=Latent(dim=2)).reports, rows)
    table = rows_of(tables.figures(of, settings(accuracy=0.84)))
    assert list(table) == ["d_loss", "g_loss", "accuracy", "acc_real", "acc_fake", "auc", *CALM]
    assert [table[name]["value"] for name in list(table)[:3]] == ["0.5", "0.7", "0.75"]
    assert table["accuracy"]["published"] == "0.84"
    meanings = [table[name]["meaning"] for name in list(table)[:3]]
    assert meanings == [
        "D's loss, mean of the last ten epochs",
        "G's loss, mean of the last ten epochs",
        "D's accuracy on real training examples and D's accuracy on training's fakes, mean of the "
        "last ten epochs",
    ]


def test_methods_of_different_reports_stand_in_one_summary():
    row = dict.fromkeys(("figure", "interval", "floor", "published", "meaning"), "")
    card = {
        "grade": {"figure": "c2st", "grade": "good", "gap": 1.0},
        "rank": 0,
        **{key: [] for key in ("figures", "quality", "diagnosis", "rows")},
        "sizes": "",
        "animation": "",
        "titles": ["Between latents"],
        "pictures": dict.fromkeys(("samples", "progress", "learning_curves", "quality"), ""),
    }
    source = {"title": "", "note": ""}
    cards = [
        {
            **card,
            "name": name,
            "settings": {"source": source, "method": method},
            "by_name": {name: {**row, "value": value} for name, value in values.items()},
        }
        for name, method, values in (
            ("ring", {"kind": "gan", "objective": "hinge"}, {"d_loss": "0.11", "auc": "0.55"}),
            ("coded", {"kind": "autoencoder"}, {"reconstruction": "0.33", "auc": "0.66"}),
        )
    ]
    columns = ["d_loss", "reconstruction", "auc"]
    page = render("summary.html", title="", recipes=cards, columns=columns)
    cells = [re.findall(r'class="number">([^<]*)<', line) for line in page.splitlines()]
    numbers = [cell for found in cells for cell in found]
    assert numbers[:3] == ["d_loss", "reconstruction", "auc"]
    assert numbers[3:9] == ["0.11", "–", "0.55", "–", "0.33", "0.66"]


def test_revisions_of_different_reports_stand_on_one_page():
    """One of them has no number in an epoch, which JSON could not hold, and one no history."""
    older = pd.DataFrame({"epoch": [1, 2], "step": [3, 6], "d_loss": [0.5, math.nan]})
    trials = [
        Trial(Candidate(Revision(name)), figures={"auc": 0.5}, history=rows)
        for name, rows in (("main", older), ("coded", history()), ("gone", None))
    ]
    compared = Comparison("ring", trials)
    drawn = _describe_charts(compared)
    assert drawn["curves"] == ["d_loss", "reconstruction", "divergence"]
    first, second, gone = (trial["curves"] for trial in drawn["trials"])
    assert first == {"epoch": [1, 2], "d_loss": [0.5, None]}
    assert list(second) == ["epoch", "reconstruction", "divergence"]
    assert gone == {}
    found = re.search(r'id="data">(.*?)</script>', as_html([compared])).group(1)
    json.loads(found, parse_constant=lambda word: pytest.fail(word))


# What a method says is in model.json.


def saved(folder, **changes):
    said = account(GAN(kind="gan", latent=Latent(dim=2)), gans_history()).describe()
    write_json(folder / ABOUT, {"products": {}, **said, **changes})


def gans_history():
    return pd.DataFrame({"epoch": range(1, 9), "step": range(1, 9), "d_loss": 0.0, "g_loss": 1.0,
                         "acc_real": 1.0, "acc_fake": 1.0, "g_gradient": 0.5})  # fmt: skip


def test_what_a_method_says_is_read_as_it_was_written(tmp_path):
    saved(tmp_path)
    said = ModelFolder(tmp_path).account
    gan = GAN(kind="gan", latent=Latent(dim=2))
    assert said == account(gan, gans_history())
    assert said.reports == gan.reports
    assert [*said.symptoms] == symptoms(gan, Training(gans_history()))
    assert [finding.problem for finding in said.symptoms] == ["D too strong"]
    written = json.loads((tmp_path / ABOUT).read_text())
    assert written["reports"][0] == {
        "name": "d_loss",
        "label": "D",
        "kind": "loss",
        "meaning": "D's loss",
        "even": math.log(2),
        "even_label": "ln 2: D can't tell",
    }


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"reports": None}, "reports: "),
        ({"reports": [{"name": "x"}]}, r"reports\.0\.label: "),
        ({"reports": [{"name": "x", "label": "", "kind": "y", "meaning": ""}]}, "reports.0.kind: "),
        (
            {"reports": [{"name": "x", "label": "", "kind": "loss", "meaning": "", "even": "1"}]},
            "reports.0.even: ",
        ),
        ({"symptoms": [{"problem": 5}]}, "symptoms.0.problem: "),
        ({"remedies": ["x"]}, "remedies: "),
        ({"critic": None}, "critic: "),
    ],
)
def test_a_damaged_account_is_refused_in_a_line(tmp_path, changes, told):
    saved(tmp_path, **changes)
    with pytest.raises(UserError, match=rf"model\.json: not what the pipeline writes: {told}") as c:
        _ = ModelFolder(tmp_path).account
    assert len(str(c.value).splitlines()) == 1
    assert "dvc checkout --force" in str(c.value)


def test_a_history_that_lacks_what_was_reported_is_refused(tmp_path):
    path = tmp_path / "history.csv"
    history().to_csv(path)
    assert list(_history(path, Autoencoder().reports)["epoch"]) == [*range(1, EPOCHS + 1)]
    with pytest.raises(UserError, match=r"history\.csv: .*it has no column d_loss; `dvc checkout"):
        _history(path, GAN(kind="gan", latent=Latent(dim=2)).reports)


def test_only_methods_name_the_columns_of_their_history():
    """Those that are no figures of D, which has an accuracy on other examples, too."""
    columns = {*GAN(kind="gan", latent=Latent(dim=2)).logs} - {*FIGURES}
    assert columns == {"d_loss", "g_loss", "g_gradient"}
    for folder in ("forger", "stages", "jobs"):
        for path in (ROOT / folder).rglob("*.*"):
            own = Path(path).relative_to(ROOT).parts[:2]
            if own in {("forger", "methods"), ("jobs", "benchmark")} or path.suffix == ".pyc":
                continue
            named = [name for name in columns if name in path.read_text()]
            assert not named, path
