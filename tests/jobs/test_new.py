"""What `forger new` makes of a person's data."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from ruamel.yaml import YAML

from forger.core.errors import UserError
from forger.parameters import read_values, validate
from jobs.new import __main__ as new
from jobs.new.proposal import spread_updates
from jobs.new.recipe_file import describe
from tests.project import ROOT

RNG = np.random.default_rng(0)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with the project's parameters and some data of each kind."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "recipes", tmp_path / "recipes")
    monkeypatch.chdir(tmp_path)
    raw = tmp_path / "data/raw"
    (raw / "photographs").mkdir(parents=True)
    for i in range(90):
        pixels = RNG.integers(0, 256, (40 + i % 7, 50, 3), np.uint8)
        Image.fromarray(pixels).save(raw / f"photographs/{i:02d}.png")
    np.save(raw / "beats.npy", np.cumsum(RNG.normal(size=(300, 40)), axis=1))
    np.save(raw / "images.npy", RNG.integers(0, 256, (90, 16, 16, 3), np.uint8))
    frame = pd.DataFrame(
        {
            "name": [f"person {i}" for i in range(300)],
            "age": RNG.integers(18, 90, 300),
            "colour": RNG.choice(["red", "green", None], 300),
            "day": pd.date_range("2020-01-01", periods=300).strftime("%Y-%m-%d"),
        }
    )
    frame.to_csv(raw / "people.csv", index=False)
    waves = np.cumsum(RNG.normal(size=(300, 40)), axis=1)
    pd.DataFrame(waves, columns=[f"t{i}" for i in range(40)]).to_csv(raw / "waves.csv", index=False)
    return tmp_path


def propose(*arguments):
    asked = new.command_line().parse_args(["mine", *arguments])
    kind = new._choose(asked)
    return kind.__name__.rpartition(".")[2], kind.propose(asked.path, asked)


CASES = {
    "people.csv": ("tables", ()),
    "photographs": ("images", ()),
    "images.npy": ("images", ()),
    "beats.npy": ("curves", ()),
    "waves.csv": ("curves", ("--kind", "curves")),
}


@pytest.mark.parametrize("name", CASES)
def test_a_recipe_is_proposed_that_the_parameters_accept(project, name):
    kind, options = CASES[name]
    found, proposal = propose(f"data/raw/{name}", *options)
    assert found == kind
    values = read_values()
    block = {"source": {"title": "mine"}, **proposal.sections}
    recipe = validate({**values, "recipes": {"mine": block}, "run": ["mine"]}).recipes["mine"]
    data = recipe.dataset.make(Path.cwd())
    assert sum(len(part["real"]) for part in data.arrays.values()) in (90, 300)


@pytest.mark.parametrize("name", CASES)
def test_the_file_says_what_the_proposal_does_and_why(project, name):
    _, options = CASES[name]
    _, proposal = propose(f"data/raw/{name}", *options)
    text = describe("mine", proposal)
    found = YAML(typ="safe").load(text)
    assert {k: v for k, v in found.items() if k != "source"} == proposal.sections
    assert all(f"# {line}" in text for line in proposal.findings)
    assert all(remark in text for remark in proposal.remarks.values())
    assert "&" not in text  # no anchors: DVC's -S would change both places


@pytest.mark.parametrize(
    ("shape", "dtype", "kind"),
    [
        ((90, 28, 20), np.uint8, "images"),
        ((90, 20, 28), np.uint8, "images"),
        ((90, 28, 28), np.float32, "images"),
        ((90, 28, 28, 1), np.float32, "images"),
        ((90, 28, 20), np.float32, "curves"),
        ((90, 28, 3), np.uint8, "curves"),
        ((90, 28), np.uint8, "curves"),
    ],
)
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_an_array_is_taken_for_images_or_curves(project, capsys, suffix, shape, dtype, kind):
    array = RNG.integers(0, 256, shape).astype(dtype)
    place = project / f"mine{suffix}"
    (np.save if suffix == ".npy" else np.savez)(place, array)
    found, _ = propose(str(place))
    assert found == kind
    asked = new.command_line().parse_args(["mine", str(place)])
    assert f"taken for {kind}; " in new._say_kind(asked, new._choose(asked))


@pytest.mark.parametrize(
    ("last", "told"), [("", "some curves have none"), ("a", "has one class only")]
)
def test_curves_whose_labels_tell_nothing_get_a_line(project, last, told):
    frame = pd.read_csv("data/raw/waves.csv").assign(kind=["a"] * 299 + [last])
    frame.to_csv("data/raw/labelled.CSV", index=False)
    with pytest.raises(UserError, match=told):
        propose("data/raw/labelled.CSV", "--kind", "curves", "--labels", "kind")


@pytest.mark.parametrize(("kind", "shape"), [("curves", (300, 40)), ("images", (90, 16, 16))])
def test_of_several_arrays_one_is_named(project, kind, shape):
    arrays = {name: RNG.normal(size=shape) for name in ("first", "second")}
    np.savez(project / "two.npz", **arrays)
    with pytest.raises(UserError, match=r"--array.*first, second"):
        propose("two.npz", "--kind", kind)
    found, proposal = propose("two.npz", "--array", "second")
    assert found == kind
    assert proposal.sections["dataset"]["array"] == "second"


def test_a_tables_columns_are_told(project):
    _, proposal = propose("data/raw/people.csv", "--column", "age=category", "--time", "day")
    assert proposal.sections["dataset"]["columns"] == {
        "age": "category", "colour": ["green", "red"], "day": "date", "name": "drop",
    }  # fmt: skip
    assert proposal.sections["dataset"]["time"] == "day"
    told = "\n".join(proposal.findings)
    assert "name    dropped: nearly every row has its own" in told
    assert "day     dates or times, 2020-01-01 to 2020-10-26" in told
    assert "2 of them (green, red), " in told
    assert "% missing" in told


def test_a_tables_labels_are_told(project):
    _, proposal = propose("data/raw/people.csv", "--labels", "colour")
    assert proposal.sections["dataset"]["labels"] == "colour"
    assert proposal.sections["method"]["kind"] == "conditional_gan"
    rows = min(proposal.data.description.counts)
    (told,) = (line for line in proposal.findings if line.startswith("labels: 3 classes in colour"))
    assert told.endswith(f"has {rows} rows to train with")
    values = read_values()
    block = {"source": {"title": "mine"}, **proposal.sections}
    recipe = validate({**values, "recipes": {"mine": block}, "run": ["mine"]}).recipes["mine"]
    assert {"labels", "modes", "columns", "asked"} <= recipe.offers


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["gaussian", "data/raw/people.csv"], "recipes/gaussian.yaml: is there already"),
        (["mine", "data/raw/nothing.csv"], "data/raw/nothing.csv: is not there"),
        (["mine", "data/raw/people.csv", "--kind", "sounds"], "invalid choice: 'sounds'"),
        (["mine", "data/raw/people.csv", "--column", "age"], "must be NAME=number|category"),
        (["mine", "data/raw/people.csv", "--kind", "curves"], "needs a number"),
        (["mine", "data/raw/images.npy", "--kind", "curves"], "expected an array [n, t]"),
        (["mine", "params.yaml"], "is neither a table, nor curves, nor images"),
        (["mine", "data/raw/people.csv", "--column", "age=text"], "must be NAME=number|category"),
        (["mine", "data/raw/people.csv", "--column", "ages=number"], "did you mean age?"),
        (["mine", "data/raw/people.csv", "--target", "ages"], "did you mean age?"),
        (["mine", "data/raw/people.csv", "--labels", "ages"], "did you mean age?"),
        (["mine", "data/raw/people.csv", "--labels", "age"], "dataset.labels: age has numbers"),
        (["raw", "data/raw/people.csv"], "recipes/raw.yaml: name it differently"),
        (["My data", "data/raw/people.csv"], "recipes/My data.yaml: its name"),
    ],
)
def test_what_is_refused_leaves_no_recipe(project, monkeypatch, arguments, told):
    before = sorted((project / "recipes").iterdir())
    monkeypatch.setattr("sys.argv", ["new", *arguments])
    with pytest.raises(UserError) as error:
        new.main()
    assert any(told in line for line in error.value.problems), error.value.problems
    assert sorted((project / "recipes").iterdir()) == before


def test_a_class_that_no_row_to_train_with_has_is_told(project, monkeypatch):
    """As only the latest row has it, which is for the test."""
    frame = pd.read_csv("data/raw/people.csv").assign(
        note=["often", "now"] * 149 + ["now", "never"]
    )
    frame.to_csv("data/raw/notes.csv", index=False)
    options = ["--labels", "note", "--time", "day"]
    monkeypatch.setattr("sys.argv", ["new", "mine", "data/raw/notes.csv", *options])
    with pytest.raises(UserError, match=r"1 of 3 classes \(never\) have no example"):
        new.main()
    assert not (project / "recipes/mine.yaml").exists()


@pytest.mark.parametrize("odd", ["?", "12.3.4", "n.a."])
def test_an_odd_value_drops_no_column(project, odd):
    values = [f"{i}.5" for i in range(299)] + [odd]
    pd.DataFrame({"x": values, "y": range(300)}).to_csv("data/raw/odd.csv", index=False)
    with pytest.raises(UserError, match="row 300 has"):
        propose("data/raw/odd.csv")


@pytest.mark.parametrize("form", ["{}%", "${}", "€ {}", "{} €"])
def test_numbers_with_units_are_told_and_not_dropped(project, form):
    values = [form.format(f"{i}.25") for i in range(300)]
    pd.DataFrame({"x": values, "y": range(300)}).to_csv("data/raw/units.csv", index=False)
    with pytest.raises(UserError, match=r"dataset.columns.x: .* a number with a unit"):
        propose("data/raw/units.csv")


def test_a_table_of_texts_alone_is_refused(project):
    pd.DataFrame({"x": [f"text {i}" for i in range(300)]}).to_csv("data/raw/t.csv", index=False)
    with pytest.raises(UserError, match="in every column"):
        propose("data/raw/t.csv")


@pytest.mark.parametrize("rows", [100, 1000, 10_000, 1_000_000])
@pytest.mark.parametrize("updates", [1000, 6000])
def test_a_training_has_about_as_many_updates_as_asked_for(updates, rows):
    found = spread_updates(updates, rows, 64)
    steps = found.get("steps_per_epoch", max(1, rows // 64))
    assert 0.7 <= found["epochs"] * steps / updates <= 1.5
    assert 10 <= found["epochs"] <= 300
