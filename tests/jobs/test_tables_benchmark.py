"""The benchmark of tables judges everybody's rows alike, and its script fits what it is told."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from forger.config.file import load
from forger.core.errors import UserError
from forger.data.bayesian_network import BayesianNetwork
from forger.data.simulated import Simulated
from jobs.benchmark import __main__ as benchmark
from jobs.benchmark import tables
from jobs.benchmark.tables import simulated, tstr
from jobs.benchmark.tables.models import score_rows
from jobs.benchmark.tables.project import ScratchProject, Spent, run
from jobs.benchmark.tables.rival import Rival
from jobs.benchmark.tables.rows import TableRows
from jobs.benchmark.worker import MissingError
from tests.project import ROOT, copy_parameters

NETWORK = """\
network tiny {}
variable rain { type discrete [ 2 ] { no, yes }; }
variable wet { type discrete [ 2 ] { None, all }; }
variable place { type discrete [ 1 ] { here }; }
probability ( rain ) { table 0.75, 0.25; }
probability ( wet | rain ) { (no) 0.9, 0.1; (yes) 0.2, 0.8; }
probability ( place ) { table 1.0; }
"""
# Stands in for the package: it makes the rows that it was given, in another order.
CTGAN = """\
class CTGAN:
    def __init__(self, epochs, enable_gpu):
        assert epochs == 300 and not enable_gpu
    def fit(self, table, discrete):
        self.table, self.discrete = table, discrete
    def sample(self, rows):
        assert [name for name in self.table if self.table[name].dtype != float] == [*self.discrete]
        return self.table[::-1].head(rows)
"""
TORCH = "set_num_threads = manual_seed = lambda number: None\n"


@pytest.fixture
def points():
    return TableRows.of(Simulated(kind="simulated", name="ring", train=400, test=300).make(ROOT))


@pytest.fixture
def categories(tmp_path):
    (tmp_path / "tiny.bif").write_text(NETWORK)
    made = BayesianNetwork(kind="bayesian_network", path="tiny.bif", train=400, test=300)
    return TableRows.of(made.make(tmp_path))


@pytest.mark.parametrize("kind", ["points", "categories"])
def test_rows_are_the_same_after_a_file(kind, request, tmp_path):
    rows = request.getfixturevalue(kind)
    found = rows.read(rows.write(tmp_path / "rows.csv"))
    np.testing.assert_allclose(found, rows.train, rtol=1e-7)
    assert rows.discrete == ([] if kind == "points" else ["rain", "wet"])


def test_rows_that_the_table_cannot_have_are_told(categories, tmp_path):
    (tmp_path / "rows.csv").write_text("rain,wet\nno,None\nnever,all\n")
    with pytest.raises(UserError, match=r"rows\.csv: rain: found values that the table has not"):
        categories.read(tmp_path / "rows.csv")


def test_likelihoods_are_those_of_the_law(categories):
    chances = {(0, 0): 0.675, (0, 1): 0.075, (1, 0): 0.05, (1, 1): 0.2}
    order = categories.codec.names.index("rain")
    rows = categories.train.astype(int)[:, [order, 1 - order]]
    law = np.mean([np.log(chances[tuple(row)]) for row in rows])
    assert categories.judge(categories.train)["likelihood_samples"] == pytest.approx(law)


def test_models_score_what_they_learn(categories):
    """Of two columns, the best guess of one from the other is known."""
    train, test = categories.train, categories.test
    wanted = f1_score(test[:, 1], test[:, 0], average="macro")
    assert score_rows(train, categories, "wet") == pytest.approx(wanted)
    one = train[train[:, 1] == 0]
    wanted = f1_score(test[:, 1], np.zeros(len(test)), average="macro")
    assert score_rows(one, categories, "wet") == pytest.approx(wanted)


@pytest.fixture
def stand_in(tmp_path):
    """A Python that has the package: this one, with modules of a folder beside its own."""
    packages = tmp_path / "packages"
    (packages / "ctgan-0.12.1.dist-info").mkdir(parents=True)
    (packages / "ctgan-0.12.1.dist-info/METADATA").write_text("Name: ctgan\nVersion: 0.12.1\n")
    for name, text in (("ctgan", CTGAN), ("torch", TORCH)):
        (packages / name).mkdir()
        (packages / name / "__init__.py").write_text(text)
    python = tmp_path / "python"
    python.write_text(
        f"#!{sys.executable} -I\n"
        "import runpy, sys\n"
        f"sys.path.insert(0, {str(packages)!r})\n"
        "_, _, first, *rest = sys.argv\n"  # after -I
        "if first == '-c':\n"
        "    sys.argv = rest\n"
        "    exec(rest[0])\n"
        "else:\n"
        "    sys.argv = [first, *rest]\n"
        "    runpy.run_path(first, run_name='__main__')\n"
    )
    python.chmod(0o755)
    return Rival(str(python))


@pytest.mark.parametrize("kind", ["points", "categories"])
def test_the_package_is_fitted_once(kind, request, stand_in, tmp_path, monkeypatch):
    rows = request.getfixturevalue(kind)
    monkeypatch.chdir(tmp_path)
    train = rows.write(tmp_path / "train.csv")
    fitted = stand_in.fit(train, rows.discrete, 300, 7)
    np.testing.assert_allclose(rows.read(fitted.samples), rows.train[::-1][:300], rtol=1e-7)
    assert fitted.version == "0.12.1"
    assert fitted.seconds >= 0
    before = fitted.samples.stat().st_mtime_ns
    assert stand_in.fit(train, rows.discrete, 300, 7).samples.stat().st_mtime_ns == before
    assert stand_in.fit(train, rows.discrete, 300, 8).samples != fitted.samples


def test_a_package_that_is_not_there_is_named(tmp_path, monkeypatch, points):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingError, match="no_such_package is not installed; `make bench-tables`"):
        Rival().find("no_such_package")
    with pytest.raises(UserError, match="--python: nowhere/python: No such file"):
        Rival("nowhere/python").find("ctgan")
    assert Rival().find("numpy") == Path(np.__file__).parent


def test_a_network_of_ones_own_comes_first(stand_in, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    models = tmp_path / "packages/pgmpy/utils/example_models"
    models.mkdir(parents=True)
    (tmp_path / "packages/pgmpy/__init__.py").touch()
    (models / "asia.bif.gz").write_text("theirs")
    brought = tmp_path / "project/data/raw/asia.bif.gz"
    stand_in.bring_network("asia", tmp_path / "project")
    assert brought.read_text() == "theirs"
    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / "data/raw/asia.bif.gz").write_text("own")
    stand_in.bring_network("asia", tmp_path / "project")
    assert brought.read_text() == "own"


def test_a_recipe_is_chosen_with_its_seeds(tmp_path):
    copy_parameters(tmp_path)
    project = ScratchProject.__new__(ScratchProject)
    project.folder = tmp_path
    project.choose("asia", 7, dataset={"seed": 8})
    general, recipe = load(tmp_path / "params.yaml"), load(tmp_path / "recipes/asia.yaml")
    assert (general["seed"], general["run"], general["compute"]["threads"]) == (7, ["asia"], 1)
    assert recipe["dataset"]["seed"] == 8
    assert recipe["dataset"]["path"] == "data/raw/asia.bif.gz"


def test_processor_time_is_that_of_the_command(tmp_path):
    busy = "import time\nwhile time.process_time() < 0.5: pass\nprint('done')"
    told, seconds = run([sys.executable, "-c", busy], tmp_path)
    assert told == "done\n"
    assert seconds == pytest.approx(0.55, abs=0.1)
    with pytest.raises(UserError, match="failed: no"):
        run([sys.executable, "-c", "import sys; sys.exit('error: no')"], tmp_path)


class Made:
    """Stands in for a project, whose recipes make the very rows that they learn from."""

    folder = Path()

    def __init__(self, data, train):
        self.data = data
        self.rows = train

    def choose(self, recipe, seed, **changes):
        assert changes["dataset"]["seed"] == seed

    def propose(self, name, file, *options):
        pass

    def make_data(self, recipe):
        return self

    def read(self):
        return self.data

    def train(self, recipe):
        return Spent(2.0, 3.0)

    def generate(self, recipe, rows, file):
        return self.rows


def test_a_set_is_the_mean_of_its_seeds(points, tmp_path, monkeypatch, stand_in, capsys):
    monkeypatch.chdir(tmp_path)
    data = Simulated(kind="simulated", name="ring", train=400, test=300).make(ROOT)
    project = Made(data, points.write(tmp_path / "samples.csv"))
    row = simulated.Simulated(project, stand_in, tmp_path).measure("ring_table", [11, 12])
    assert row.seeds == (11, 12)
    real = points.judge(points.train)
    for name in ("real", "new", "recipe", "ctgan"):
        assert row.figures[name]["likelihood_test"] == pytest.approx(real["likelihood_test"], 1e-2)
    assert row.figures["published"]["gap"] == pytest.approx(3.43 + real["likelihood_samples"])
    assert row.figures["recipe"]["every"] == 3
    assert len(row.line()) == len(simulated.HEADER)
    missing = simulated.Simulated(project, Rival(), tmp_path).measure("ring_table", [13])
    assert "without the package ctgan: ctgan is not installed" in capsys.readouterr().out
    assert "ctgan" not in missing.figures
    assert missing.line().count("–") == 4  # its figures, its time, two ratios


def test_rows_of_a_table_replace_older_ones():
    one = tstr.Learnt("fair", (11,), {"real": 0.5}, {})
    other = tstr.Learnt("anes96", (11,), {"real": 0.75}, {})
    found = tables.merge(tables.merge([], one), other)
    assert [row["table"] for row in found] == ["anes96", "fair"]
    again = tstr.Learnt("fair", (11, 12), {"real": 0.625}, {"new": 3.0})
    assert tables.merge(found, again)[1]["scores"] == {"real": 0.625}
    assert len(again.line()) == len(tstr.HEADER)


@pytest.mark.parametrize("table", ["breast_cancer", "anes96", "fair"])
def test_tables_to_predict_from_have_their_target(table, tmp_path):
    frames = {
        "fair/fair.csv": "rate_marriage,affairs\n3,0.1\n4,0\n",
        "anes96/anes96.csv": "'popul'\t'vote'\n0\t1\n190\t0\n",
    }
    for name, text in frames.items():
        (tmp_path / "datasets" / name).parent.mkdir(parents=True)
        (tmp_path / "datasets" / name).write_text(text)
    source = tstr.SOURCES[table]
    frame = source.read(type("Found", (), {"find": lambda _, __: tmp_path})(), None)
    values = {
        "breast_cancer": {"benign", "malignant"},
        "anes96": {"Clinton", "Dole"},
        "fair": {"none", "some"},
    }
    assert set(frame[source.target]) == values[table]
    assert "affairs" not in frame


def test_digits_need_a_folder():
    with pytest.raises(MissingError, match="say --mnist FOLDER"):
        tstr.SOURCES["mnist12"].read(Rival(), None)


def test_a_part_takes_its_own_recipes(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["benchmark", "--only", "tables", "--recipe", "gaussian"])
    with pytest.raises(UserError, match="--recipe: found gaussian; "):
        benchmark.main()
    monkeypatch.setattr(sys, "argv", ["benchmark", "--recipe", "fair"])
    with pytest.raises(UserError, match="--recipe: found fair; "):
        benchmark.main()


def test_what_is_measured_is_kept_at_once(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    row = tstr.Learnt("fair", (11,), {"real": 0.5}, {})

    def measure(*_):
        yield row
        assert json.loads(benchmark.FILE.read_text())["tables"] == [row.as_json()]
        raise UserError("stopped")

    monkeypatch.setattr(benchmark, "measure_tables", measure)
    monkeypatch.setattr(sys, "argv", ["benchmark", "--only", "tables"])
    with pytest.raises(UserError, match="stopped"):
        benchmark.main()
