"""Bad and untrusted input: never a traceback, and never more than a line a problem."""

import importlib
import os
import pickle
import re
import sys
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from forger.config.declared import call
from forger.config.file import load, parse_yaml
from forger.core.archives import read_idx, read_npz
from forger.core.errors import UserError, run
from forger.data.folder import DataFolder
from forger.models.folder import ModelFolder, load_network
from forger.parameters import validate
from forger.report.pages import render
from tests.data.described import described
from tests.jobs.test_compare import trial
from tests.project import ROOT
from tests.torture import files, inputs, networks, own_data
from tests.torture.parameters import project

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
TAG = re.compile(r"<script>alert|<img src=x")


def test_a_thousand_damaged_inputs_are_accepted_or_refused_well():
    counts = inputs.run(1000, seed=int(os.environ.get("TORTURE_SEED", "1")))
    assert not counts.bad, "\n".join(counts.bad)
    assert counts.tried(inputs.REFUSED) > 500
    assert counts.tried(inputs.ACCEPTED) > 50


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a: 1\na: 2", 'not readable as YAML: line 2, column 1: found duplicate key "a"'),
        (b"a: &a [*a]", "params.yaml: unfolds to more than 50,000 values or 32 levels"),
        (b"a: " + b"[" * 500, "params.yaml: brackets in brackets"),
        (b"a: !!set {b, c}", "params.yaml: a: found a value of type set; allowed: text, numbers"),
        (b"a: !!timestamp 2020-99-99", "params.yaml: not readable as YAML: "),
        (b"a: !!python/object/apply:os.system [id]", "params.yaml: not readable as YAML: line 1"),
        (b"a: " + b"9" * 5000, "params.yaml: not readable as YAML: Exceeds the limit"),
        (b"a: 0x" + b"f" * 5000, "params.yaml: a: found a whole number of 6021 digits"),
        (b"a: \xff", "params.yaml: not readable as YAML: 'utf-8' codec can't decode"),
        (b"? [a]\n: 1", "as a key, found a value of type tuple"),
        (b"1: a\n'1': b", "params.yaml: the whole file: found the same key twice, once as text"),
    ],
)  # fmt: skip
def test_yaml_that_no_person_wrote(content, told):
    with pytest.raises(UserError) as refused:
        parse_yaml(content, "params.yaml")
    assert told in str(refused.value)
    assert str(refused.value).isprintable()


CURVES = {"kind": "curves", "points": 9}
IMAGES = {"kind": "images", "size": [8, 8]}


@pytest.mark.parametrize("made", [os.mkfifo, lambda place: place.symlink_to(place)])
@pytest.mark.parametrize(
    ("section", "path"),
    [
        ({"kind": "table"}, "mine.csv"),
        ({"kind": "table"}, "mine.parquet"),
        (CURVES, "mine.npy"),
        (CURVES, "mine.npz"),
        (CURVES, "mine.csv"),
        (IMAGES, "mine.npy"),
        (IMAGES, "mine.npz"),
        (IMAGES, "mine.zip"),
        (IMAGES, "images/00.png"),
        ({"kind": "bayesian_network", "train": 100}, "mine.bif"),
        ({"kind": "bayesian_network", "train": 100}, "mine.bif.gz"),
        ({"kind": "mnist"}, "mine.npz"),
        ({"kind": "mnist"}, "mnist/train-images-idx3-ubyte"),
    ],
)
def test_the_dataset_stage_waits_for_no_pipe(tmp_path, section, path, made):
    """Nor follows a link to itself."""
    place = tmp_path / path
    place.parent.mkdir(exist_ok=True)
    made(place)
    with inputs.ending(10), pytest.raises(UserError) as error:
        own_data.make({**section, "path": path.partition("/")[0]}, tmp_path)
    assert len(error.value.problems) == 1


def test_a_file_of_parameters_that_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_bytes(b"#" * 2**20)
    with pytest.raises(UserError, match="found 1,048,576 bytes; at most 524,288"):
        load(path)
    with pytest.raises(UserError, match="is no file"):
        load(tmp_path)


def test_control_characters_are_told_as_text():
    values = project("ring")
    values["recipes"]["ring"]["tr\x1b[2Jain\n"] = {}
    values["run"] = ["\u202eabc"]
    with pytest.raises(UserError) as refused:
        validate(values)
    assert all(line.isprintable() for line in refused.value.problems)
    assert any("tr\\x1b[2Jain\\n: unknown key" in line for line in refused.value.problems)


# Files


def test_an_idx_file_of_terabytes_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(files.bomb())
    with pytest.raises(ValueError, match="more follow"):
        read_idx(path, 3)
    path = tmp_path / "x"
    path.write_bytes(bytes([0, 0, 8, 3]) + b"\xff" * 12)
    with pytest.raises(ValueError, match="at most 1,073,741,824 bytes"):
        read_idx(path, 3)


@pytest.mark.parametrize(
    ("member", "told"),
    [
        (files.npy(np.array([files.Program()], object)), "found object"),
        (files.header((2**40,)), "its header says 1,099,511,627,776 bytes; 0 follow"),
        (bytes(2**26), "would unfold"),
        (b"", "EOF"),
    ],
)
def test_an_npz_that_unfolds_or_runs_is_refused(tmp_path, member, told):
    path = tmp_path / "x.npz"
    path.write_bytes(files.zipped({"x.npy": member}, zipfile.ZIP_DEFLATED))
    with pytest.raises(ValueError, match=told):
        read_npz(path, ["x"])
    assert not Path("/tmp/forger-was-executed").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (networks._wide, "bytes of weights, and it holds"),
        (networks._foreign, "holds a system of os"),
        (networks._lambda, "holds a Lambda of keras.layers"),
        (networks._reading, "holds a StringLookup of keras.layers"),
        (networks._calling, "holds the activation"),
    ],
)
def test_a_model_that_runs_or_fills_memory_is_refused(tmp_path, change, told):
    members = {**networks.saved(), "config.json": networks.config(change)}
    (tmp_path / "generator.keras").write_bytes(files.zipped(members))
    with pytest.raises(UserError, match=rf"not what the pipeline writes.*{told}.*dvc checkout"):
        load_network(tmp_path / "generator.keras")


def test_a_model_with_more_than_a_model_in_it_is_refused(tmp_path):
    members = {**networks.saved(), "../../escaped": b"x"}
    (tmp_path / "generator.keras").write_bytes(files.zipped(members))
    with pytest.raises(UserError, match="which no network here has"):
        load_network(tmp_path / "generator.keras")


@pytest.mark.parametrize("content", ['{"products": {"../../x": {}}}', "[]", "[" * 100_000, "{}"])
def test_a_models_description_names_no_other_files(tmp_path, content):
    (tmp_path / "model.json").write_text(content)
    with pytest.raises(UserError, match=r"model\.json: not what the pipeline writes"):
        ModelFolder(tmp_path).load_all()


def test_pickles_are_no_data(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "train/real.npy").write_bytes(pickle.dumps(files.Program()))
    (tmp_path / "data.json").write_text(described(2).model_dump_json())
    with pytest.raises(UserError, match=r"real\.npy: not what the pipeline writes.*checkout"):
        DataFolder(tmp_path).part("train")
    assert not Path("/tmp/forger-was-executed").exists()


# Pages


def test_a_recipes_words_are_no_html_in_its_report():
    source = (ROOT / "stages/report_notebook.py").read_text()
    cell = re.search(r"^source = .*?(?=^# %%)", source, re.S | re.M).group()
    *statements, shown = cell.strip().splitlines()
    known = {"recipe": "r", "settings": {"source": {"title": HOSTILE, "note": HOSTILE}}}
    exec("from html import escape\nHTML = str\n" + "\n".join(statements), known)
    assert not TAG.search(eval(shown, known))
    assert source.count("Markdown(") == 3  # of fixed words and of numbers


def test_a_recipes_words_are_no_html_in_the_summary():
    row = dict.fromkeys(("figure", "value", "interval", "floor", "published", "meaning"), HOSTILE)
    card = {
        "name": "r",
        "settings": {
            "source": {"title": HOSTILE, "note": HOSTILE},
            "dataset": {"kind": HOSTILE},
            "method": {"kind": HOSTILE, "objective": HOSTILE},
            "train": {"epochs": HOSTILE, "batch": HOSTILE},
        },
        "figures": [row],
        "by_name": dict.fromkeys(("d_loss", "g_loss", "accuracy", "auc"), row),
        "trained": ["d_loss", "g_loss", "accuracy", HOSTILE],
        "quality": [HOSTILE],
        "grade": {"figure": HOSTILE, "grade": HOSTILE, "gap": 1.0},
        "rank": 0,
        "sizes": HOSTILE,
        "diagnosis": [{"problem": HOSTILE, "evidence": HOSTILE, "remedies": [HOSTILE]}],
        "rows": [{"key": HOSTILE, "value": HOSTILE}],
        "animation": HOSTILE,
        "titles": [HOSTILE],
        "pictures": dict.fromkeys(("samples", "progress", "learning_curves", "quality"), HOSTILE),
    }
    columns = [*card["trained"], "auc"]
    assert not TAG.search(render("summary.html", title=HOSTILE, recipes=[card], columns=columns))


def test_an_experiments_words_are_no_html_in_the_comparison():
    from jobs.compare.page import Comparison, as_html, as_markdown

    one, other = trial(HOSTILE), trial("other", batch=HOSTILE)
    other.figures["diagnosis"] = [{"problem": HOSTILE}]
    other.timing["machine"] = [HOSTILE]
    for made in (as_html, as_markdown):
        assert not TAG.search(made([Comparison("ring", [one, other])]))


def test_a_sweeps_words_are_no_html_in_its_charts():
    from plotly.graph_objects import Figure, Scatter

    from jobs.sweep.page import _draw

    assert not TAG.search(_draw(Figure(Scatter(x=[1], y=[1], name=HOSTILE, text=[HOSTILE]))))


# Commands

COMMANDS = {
    "benchmark.__main__ --repeat x": "argument --repeat: found x; must be a whole number from 2",
    "benchmark.__main__ --recipe x": "--recipe: found x; allowed: gaussian",
    "check_lock --force": "unrecognized arguments: --force",
    "check_reproducible x": "unrecognized arguments: x",
    "compare.__main__ --last 0": "argument --last: found 0; must be a whole number from 1 to 1,000",
    "compare.__main__ --recipe": "argument --recipe: expected one argument",
    "compare.__main__ --help=x": "argument -h/--help: ignored explicit argument 'x'",
    "export": "the following arguments are required: RECIPE, -o/--output",
    "export ../up -o x": "recipe: found '../up'",
    "gate --rev=-x": "argument --rev: found '-x'; not a commit or an experiment",
    "gate --recipe gausian": "--recipe: found 'gausian', which is no file of recipes; did you mean",
    "generate.__main__ gaussian -n 10000000001 -o a.npz": "-n: found 10000000001; at most",
    "generate.__main__ x;id -n 1 -o a.npz": "recipe: found 'x;id'",
    "parameters x": "unrecognized arguments: x",
    "repro --dry": "unrecognized arguments: --dry",
    "retrain -S epochs": "argument -S/--set: found epochs; must be KEY=VALUE",
    "retrain -S --queue=1": "argument -S/--set: expected one argument",
    "benchmark.__main__ --only x": "argument --only: invalid choice: 'x'",
    "seeds gausian": "found 'gausian', which is no file of recipes; did you mean gaussian?",
    "seeds ring --keep -n 3": "-n: found 3; --keep needs 5 seeds or more",
    "seeds ring -n 0": "argument -n: found 0; must be a whole number from 1 to 1,000",
    "sweep.__main__ no.yaml": "no.yaml: No such file or directory",
    "sweep.__main__ ../x;id.yaml": "a sweep's file is named in a-z",
    "sweep.__main__ --clean --report x": "not allowed with argument",
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_job_refuses_bad_arguments_in_a_line(command, monkeypatch, capsys):
    job, *arguments = command.split()
    module = importlib.import_module(f"jobs.{job}")
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", [job, *arguments])
    for blocked in ("signal.signal", "subprocess.run", "subprocess.Popen"):
        monkeypatch.setattr(blocked, lambda *_, **__: None)
    with pytest.raises(SystemExit) as left:
        run(module.main)
    told = capsys.readouterr().err
    assert left.value.code == 2
    assert told.startswith("error: ")
    assert COMMANDS[command] in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("stage", ["dataset", "reference", "evaluate", "report"])
@pytest.mark.parametrize("recipe", ["x;id", "../up", "nosuch", None])
def test_a_stage_refuses_what_is_no_recipe_of_the_run(stage, recipe, monkeypatch, capsys):
    module = importlib.import_module(f"stages.{stage}")
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", [stage, *([recipe] if recipe else [])])
    with pytest.raises(SystemExit) as left:
        run(partial(call, stage, module.main))
    assert left.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
