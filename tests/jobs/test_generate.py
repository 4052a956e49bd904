"""Samples of trained generators, in every kind of file."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import weakref
import zlib
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from forger.core.errors import UserError
from forger.core.files import EPOCH
from forger.data.codecs.affine import Affine
from forger.data.codecs.columns import Category, Number
from forger.data.codecs.table import Table
from forger.data.description import Description
from forger.methods.latent import Latent, great_circle
from forger.methods.products import Drawn, Given, Product
from forger.models.folder import ModelFolder
from forger.models.generator import Sampler
from forger.models.inference import one_hot
from forger.models.saving import write_products
from forger.networks.mlp import MLP
from forger.networks.spans import choose, encode_output
from jobs import export
from jobs.generate.__main__ import command_line, generate
from jobs.generate.writers import WRITERS
from jobs.shared.revisions import AbsentError, Revision
from jobs.shared.scratch import whole
from jobs.shared.trained import Trained
from tests.data.described import described
from tests.project import COVERAGE, ROOT, copy_parameters

PAGE = (ROOT / "docs/generate.md").read_text()
CLASSES = ["zero", "one", "two"]
KINDS = {  # view, shape, classes, law of the latents
    "points": ("points", (2,), [], "normal"),
    "curves": ("curves", (4,), [], "uniform"),
    "labelled": ("images", (4, 3, 1), CLASSES, "normal"),
    "coded": ("points", (2,), [], "normal"),
    "gridded": ("points", (2,), [], "normal"),
}
SOURCE = Affine(scale=0.5, offset=0.5, range=(0.0, 1.0))  # what is translated
# A recipe of each law, alone and with categories.
LAWS = {
    "normal": {},
    "uniform": {"low": -0.2, "high": 0.3},
    "spherical": {},
    "truncated": {"bound": 1.5},
}
LATENTS = {
    f"{law}_{categories}": Latent(dim=3, law=law, categories=categories, pool=9, **options)
    for law, options in LAWS.items()
    for categories in (0, 4)
}


def train(folder, name):
    """A folder as the stage `train` leaves it, of a network that has learnt nothing."""
    view, shape, classes, law = KINDS.get(name, KINDS["points"])
    drawn = {"latents": LATENTS.get(name, Latent(dim=3, law=law))}
    if name == "coded":
        drawn["codes"] = Latent(dim=2, law="uniform", categories=3)
    inputs = {key: (latent.size,) for key, latent in drawn.items()}
    inputs |= {"labels": (len(classes),)} if classes else {}
    network = MLP(family="mlp", hidden=(5,), output="tanh").build("generator", inputs, shape, 1)
    grid = {"resolution": 0.5, "range": (2.0, 4.0)} if name == "gridded" else {}
    codec = Affine(scale=2.0, offset=3.0, **grid)
    data = described(*shape, classes=classes, view=view, codec=codec)
    about = {"data": data.model_dump(mode="json", exclude={"law"})}
    taken = {key: Drawn(latent) for key, latent in drawn.items()}
    taken |= {"labels": Given("labels")} if classes else {}
    write_products(folder / "models" / name, {"generator": Product(network, taken)}, about)
    return network


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A project that has nothing but models."""
    folder = tmp_path_factory.mktemp("home")
    for name in (*KINDS, *LATENTS):
        train(folder, name)
    labelled_table(folder, "rows")
    translating(folder, "translating")
    translating(folder, "noisy", Latent(dim=3))
    return folder


def labelled_table(folder, name):
    """A model folder of an untrained conditional generator of rows: their colour is their label."""
    columns = (
        Category(name="colour", categories=("blue", "green", "red")),
        Number(name="x", modes=((0.0, 1.0),), mean=0, deviation=1, low=-9, high=9),
    )
    codec = Table(columns=columns, labels="colour", order=("colour", "x"))
    inputs = {"latents": (3,), "labels": (3,)}
    raw = MLP(family="mlp", hidden=(5,)).build("generator", inputs, (4,), 1)
    network = encode_output(choose(raw, codec, "labels"), codec)
    data = described(2, classes=("blue", "green", "red"), view="table", codec=codec)
    data = data.model_copy(update={"counts": (600, 390, 10)})
    about = {"data": data.model_dump(mode="json", exclude={"law"})}
    taken = {"latents": Drawn(Latent(dim=3)), "labels": Given("labels")}
    write_products(folder / "models" / name, {"generator": Product(network, taken)}, about)


def translating(folder, name, latent=None):
    """A model folder of an untrained translator of 2 × 3 images to larger ones."""
    inputs = {"source": (2, 3, 1), **({} if latent is None else {"latents": (latent.size,)})}
    network = MLP(family="mlp", hidden=(5,), output="tanh").build("generator", inputs, (4, 3, 1), 1)
    real = described(4, 3, 1, view="images", codec=Affine(scale=2.0, offset=3.0)).real
    source = described(2, 3, 1, view="images", codec=SOURCE).real
    data = Description(fields={"real": real, "source": source}, classes=())
    taken = {"source": Given("source"), **({} if latent is None else {"latents": Drawn(latent)})}
    about = {"data": data.model_dump(mode="json", exclude={"law"})}
    write_products(folder / "models" / name, {"translator": Product(network, taken)}, about)


@pytest.fixture
def ask(home, tmp_path, monkeypatch):
    """Run the command in this process, with small chunks; returns the file."""
    monkeypatch.chdir(home)
    monkeypatch.setattr("jobs.generate.__main__.set_up", lambda: None)
    monkeypatch.setattr("jobs.generate.samples.CHUNK", 8)

    def run(arguments, name="samples.npz"):
        generate([*shlex.split(arguments), "-o", str(tmp_path / name)])
        return tmp_path / name

    return run


def arrays(path):
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def latents(seed, n):
    rng = np.random.default_rng([seed, zlib.crc32(b"generate/latents"), 0])
    return rng.standard_normal((n, 3), np.float32)


def test_samples_are_the_networks_in_the_datas_units(ask, home):
    found = arrays(ask("points -n 21 --seed 7"))
    network = ModelFolder(home / "models/points").load("generator").network
    expected = 3 + 2 * np.asarray(network({"latents": latents(7, 21)}))
    assert list(found) == ["samples"]
    assert found["samples"].dtype == np.float32
    np.testing.assert_allclose(found["samples"], expected, atol=1e-5)


@pytest.mark.parametrize("recipe", KINDS)
def test_every_kind_of_file_holds_the_same(ask, recipe):
    found = arrays(ask(f"{recipe} -n 21"))
    flat = found["samples"].reshape(21, -1)
    for table in (
        pd.read_csv(ask(f"{recipe} -n 21", "samples.csv")),
        pd.read_parquet(ask(f"{recipe} -n 21", "samples.parquet")),
    ):
        if "labels" in found:
            np.testing.assert_array_equal(table.pop("label"), found["labels"])
        np.testing.assert_array_equal(table.to_numpy(np.float32), flat)
    shape = KINDS[recipe][1]
    last = "_".join(["x", *(str(size - 1) for size in shape)])
    assert table.columns[-1] == last


@pytest.mark.parametrize("extension", WRITERS)
def test_the_same_seed_gives_the_same_bytes(ask, extension):
    one, two = (ask("labelled -n 21 --seed 7", f"{i}{extension}").read_bytes() for i in range(2))
    other = ask("labelled -n 21 --seed 8", f"other{extension}").read_bytes()
    assert one == two != other


def test_archives_carry_no_date(ask):
    with ZipFile(ask("labelled -n 3")) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {EPOCH}


@pytest.mark.parametrize("recipe", KINDS)
def test_more_samples_begin_with_the_same(ask, recipe):
    few, more = arrays(ask(f"{recipe} -n 11")), arrays(ask(f"{recipe} -n 21", "more.npz"))
    for name, array in few.items():
        np.testing.assert_array_equal(array, more[name][:11])


def test_a_walk_goes_from_the_first_sample_of_a_seed_to_that_of_another(ask, home):
    walk = arrays(ask("points -n 21 --between 4 5"))["samples"]
    ends = [arrays(ask(f"points -n 1 --seed {seed}"))["samples"][0] for seed in (4, 5)]
    np.testing.assert_allclose(walk[[0, -1]], ends, atol=1e-5)
    path = great_circle(latents(4, 1)[0], latents(5, 1)[0], 21)
    network = ModelFolder(home / "models/points").load("generator").network
    np.testing.assert_allclose(walk, 3 + 2 * np.asarray(network({"latents": path})), atol=1e-5)


@pytest.mark.parametrize("recipe", LATENTS)
def test_a_walk_keeps_to_its_law(ask, home, recipe, monkeypatch):
    latent = LATENTS[recipe]
    seen = []
    decode = Sampler.decode
    monkeypatch.setattr(Sampler, "decode", lambda s, z, y=None: seen.append(z) or decode(s, z, y))
    for a, b in ((1, 2), (3, 4), (5, 5)):
        seen.clear()
        walk = arrays(ask(f"{recipe} -n 7 --between {a} {b}"))["samples"]
        ends = [arrays(ask(f"{recipe} -n 9 --seed {seed}"))["samples"][0] for seed in (a, b)]
        np.testing.assert_allclose(walk[[0, -1]], ends, atol=1e-5)
        path, category = np.split(seen[0][:7], [3], axis=1)
        if latent.categories:
            assert category.sum(1).tolist() == [1] * 7
            assert np.unique(category).tolist() == [0, 1]
        bound = {"uniform": 0.3, "truncated": 1.5}.get(latent.law, np.inf)
        assert np.abs(path).max() <= bound
        if latent.law == "spherical":
            np.testing.assert_allclose(np.linalg.norm(path, axis=1), 3**0.5, rtol=1e-5)


def test_labels(ask, home):
    cycled, ones = arrays(ask("labelled -n 11")), arrays(ask("labelled -n 11 --label 1"))
    np.testing.assert_array_equal(cycled["labels"], np.arange(11) % 3)
    np.testing.assert_array_equal(ones["labels"], np.ones(11))
    network = ModelFolder(home / "models/labelled").load("generator").network
    inputs = {"latents": latents(0, 11), "labels": one_hot(np.ones(11, int), 3)}
    np.testing.assert_allclose(ones["samples"], 3 + 2 * np.asarray(network(inputs)), atol=1e-5)
    np.testing.assert_array_equal(ones["samples"][1::3], cycled["samples"][1::3])
    assert set(arrays(ask("labelled -n 11 --between 1 2 --label 2"))["labels"]) == {2}


def test_rows_come_as_often_as_their_labels_in_the_data(ask):
    found = pd.read_csv(ask("rows -n 4000", "rows.csv"))
    shares = found["colour"].value_counts(normalize=True)
    for colour, share in {"blue": 0.6, "green": 0.39, "red": 0.01}.items():
        assert abs(shares[colour] - share) < 5 * (share * (1 - share) / 4000) ** 0.5
    few = pd.read_csv(ask("rows -n 11", "few.csv"))
    pd.testing.assert_frame_equal(few, found[:11])


@pytest.mark.parametrize(
    "asked", ["--where colour=red", "--label 2", "--label 2 --where colour=red"]
)
def test_a_label_is_asked_for_and_not_waited_for(ask, monkeypatch, asked):
    """In as many samples as are wanted, although the data hardly have it."""
    monkeypatch.setattr("jobs.generate.__main__.MOST_TRIED", 40)
    found = pd.read_csv(ask(f"rows -n 40 {asked}", "rows.csv"))
    assert found["colour"].tolist() == ["red"] * 40
    assert found["x"].nunique() > 30
    other = pd.read_csv(ask("rows -n 40 --label 0", "other.csv"))
    assert not np.isin(found["x"], other["x"]).all()


def test_other_conditions_are_met_beside_a_label(ask):
    found = pd.read_csv(ask("rows -n 40 --where x>0 --where colour=red", "rows.csv"))
    assert set(found["colour"]) == {"red"}
    assert (found["x"] > 0).all()


def test_a_walk_through_rows_keeps_to_a_label(ask):
    found = pd.read_parquet(ask("rows -n 9 --between 1 2 --where colour=red", "rows.parquet"))
    assert set(found["colour"]) == {"red"}


@pytest.fixture
def pictures(tmp_path):
    """A file of examples to translate, 21 of them."""
    np.save(tmp_path / "in.npy", np.random.default_rng(4).uniform(0, 1, (21, 2, 3, 1)))
    return tmp_path / "in.npy"


@pytest.mark.parametrize("recipe", ["translating", "noisy"])
def test_a_translator_is_given_examples(ask, home, pictures, recipe):
    """In the data's units, as many as are in the file; each is translated by itself."""
    found = arrays(ask(f"{recipe} --from {pictures}"))
    network = ModelFolder(home / "models" / recipe).load("translator").network
    inputs = {"source": (2 * np.load(pictures) - 1).astype("float32")}
    if recipe == "noisy":
        inputs["latents"] = latents(0, 21)
    assert list(found) == ["samples"]
    np.testing.assert_allclose(found["samples"], 3 + 2 * np.asarray(network(inputs)), atol=1e-5)
    if recipe == "noisy":
        other = arrays(ask(f"{recipe} --from {pictures} --seed 5"))["samples"]
        assert np.abs(other - found["samples"]).max() > 1e-3
    assert Image.open(ask(f"{recipe} --from {pictures}", "a.png")).size[0] > 100


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (
            np.zeros((5, 3, 2, 1)),
            "found an array of shape (5, 3, 2, 1); must be (n, 2, 3, 1)",
        ),
        (np.zeros((0, 2, 3, 1)), "found an array of shape (0, 2, 3, 1)"),
        (np.full((5, 2, 3, 1), 1.5), "in.npy: found 1.5; allowed: 0 to 1 (any)"),
        (np.full((5, 2, 3, 1), np.nan), "in.npy: found nan; allowed: 0 to 1 (any)"),
        (np.full((5, 2, 3, 1), "a"), "in.npy: found no .npy file of numbers"),
        (b"\x93NUMPY nonsense", "in.npy: found no .npy file of numbers"),
        (b"", "in.npy: found no .npy file of numbers"),
        (None, "in.npy: No such file or directory"),
        (np.zeros((101, 2, 3, 1)), "--from: found 101; a .png of images shows at most 100"),
    ],
)
def test_what_can_not_be_translated_is_refused(ask, tmp_path, made, told):
    if isinstance(made, bytes):
        (tmp_path / "in.npy").write_bytes(made)
    elif made is not None:
        np.save(tmp_path / "in.npy", made)
    with pytest.raises(UserError) as error:
        ask(f"translating --from {tmp_path / 'in.npy'}", "a.png")
    assert told in error.value.problems[0]
    assert not (tmp_path / "a.png").exists()


def test_codes_are_asked_for(ask, monkeypatch):
    """A category for all, numbers by their place; all else stays as it would be."""
    seen = []
    monkeypatch.setattr(
        "forger.models.generator.forward",
        lambda network, inputs: seen.append(inputs) or np.zeros((8, 2)),
    )
    ask("coded -n 8")
    ask("coded -n 8 --category 2")
    ask("coded -n 8 --number 1=0.25 --number 0=-3")
    plain, category, numbers = seen
    np.testing.assert_array_equal(category["codes"][:, 2:], np.eye(3)[[2] * 8])
    np.testing.assert_array_equal(category["codes"][:, :2], plain["codes"][:, :2])
    np.testing.assert_array_equal(numbers["codes"][:, :2], [[-3, 0.25]] * 8)
    np.testing.assert_array_equal(numbers["codes"][:, 2:], plain["codes"][:, 2:])
    for each in seen:
        np.testing.assert_array_equal(each["latents"], plain["latents"])


@pytest.mark.parametrize("extension", [".npz", ".csv", ".parquet"])
def test_chunks_are_let_go_as_they_are_written(home, tmp_path, extension):
    made = []

    def chunks():
        for _ in range(20):
            assert sum(chunk() is not None for chunk in made) <= 1  # the one just written
            chunk = np.ones((5, 2), np.float32)
            made.append(weakref.ref(chunk))
            yield chunk, None
            del chunk

    WRITERS[extension](tmp_path / "file", chunks(), 100, Trained.read(home / "models/points"))
    assert len(made) == 20


def test_row_groups_of_parquet_are_bounded(ask, monkeypatch):
    assert pq.ParquetFile(ask("points -n 64", "one.parquet")).num_row_groups == 1
    monkeypatch.setattr("jobs.generate.writers.ROW_GROUP", 2 * 8 * 2 * 4)
    bounded = pq.ParquetFile(ask("points -n 64", "some.parquet"))
    assert [bounded.metadata.row_group(i).num_rows for i in range(4)] == [16] * 4


@pytest.mark.parametrize("recipe", KINDS)
def test_pictures(ask, recipe):
    one, many = (Image.open(ask(f"{recipe} -n {n}", f"{n}.png")).convert("RGB") for n in (1, 100))
    assert np.ptp(np.asarray(one)) > 100
    assert np.asarray(one).shape != np.asarray(many).shape or recipe in (
        "points",
        "coded",
        "gridded",
    )


REFUSED = {
    "pionts -n 1 -o a.npz": "recipe: found 'pionts', which is not in models; did you mean points?",
    "../x -n 1 -o a.npz": "recipe: found '../x', which is not in models; allowed: coded, curves, g",
    "points -o a.npz": "-n: missing: how many samples (a translator takes --from FILE.npy instead)",
    "points --from a.npy -o a.npz": "--from: found a.npy; points's generator translates nothing",
    "points -n 1 --from a.npy -o a.npz": "--from: leave out -n and --between: there are as many",
    "translating -n 1 -o a.npz": "--from: missing: translating translates examples of source",
    "points -n 1 --category 0 -o a.npz": "--category: found 0; points's generator is told none",
    "coded -n 1 --category 3 -o a.npz": "--category: found 3; allowed: 0 to 2",
    "coded -n 1 --number 2=1 -o a.npz": "--number: found 2; allowed: 0 to 1",
    "coded -n 1 --number 1 -o a.npz": "argument --number: found 1; must be PLACE=VALUE, such as",
    "coded -n 1 --number 0=inf -o a.npz": "argument --number: found 0=inf; must be PLACE=VALUE",
    "rows -n 1 --between 1 2 -o a.csv": "--between: needs --label, 0 to 2",
    "rows -n 1 --where colour=pink -o a.csv": '--where: colour: found "pink"',
    "points -n 0 -o a.npz": "-n: found 0; must be at least 1",
    "points -n many -o a.npz": "argument -n: invalid int value: 'many'",
    "points -n 1": "the following arguments are required: -o/--output",
    "points -n 1 -o a.txt": "a.txt: found the extension .txt; allowed: .npz, .npy, .csv, .parquet",
    "points -n 1 -o a": "a: found the extension none; allowed: .npz",
    "points -n 1 -o no/where/a.npz": "no/where/a.npz: there is no folder no/where",
    "points -n 1001 -o a.png": "-n: found 1001; a .png of points shows at most 1000",
    "labelled -n 101 -o a.png": "-n: found 101; a .png of images shows at most 100",
    "points -n 1 --label 0 -o a.npz": "--label: found 0; points's generator takes no labels",
    "labelled -n 1 --label 3 -o a.npz": "--label: found 3; allowed: 0 to 2",
    "labelled -n 1 --label -1 -o a.npz": "--label: found -1; allowed: 0 to 2",
    "labelled -n 9 --between 1 2 -o a.npz": "--between: needs --label, 0 to 2",
    "points -n 1 --seed -1 -o a.npz": "--seed: found -1; must be at least 0",
    "points -n 1 --between 1 -2 -o a.npz": "--between: found -2; must be at least 0",
    "points -n 10001 --between 1 2 -o a.npz": "-n: found 10001; with --between at most 10,000",
    "points -n 1 --between 1 2 --seed 3 -o a.npz": "not allowed with argument",
    "points -n 1 --rev HEAD -o a.npz": "HEAD",
}


@pytest.mark.parametrize("arguments", REFUSED)
def test_what_is_refused(home, monkeypatch, arguments):
    monkeypatch.chdir(home)
    before = set(home.rglob("*"))
    with pytest.raises(UserError) as refused:
        generate(shlex.split(arguments))
    assert len(refused.value.problems) == 1
    assert REFUSED[arguments] in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert set(home.rglob("*")) == before


def test_all_problems_are_told_at_once(home, monkeypatch):
    monkeypatch.chdir(home)
    with pytest.raises(UserError) as refused:
        generate(["points", "-n", "0", "--seed", "-1", "-o", "a.txt"])
    assert len(refused.value.problems) == 3


def test_a_model_that_is_not_there(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["sinusoid", "-n", "1", "-o", "a.npz"]
    with pytest.raises(UserError, match="not in models; run `dvc repro` or `dvc pull` first"):
        generate(arguments)
    copy_parameters(tmp_path)
    with pytest.raises(UserError, match=r"no trained model there; `dvc repro` .* `dvc pull`"):
        generate(arguments)
    with pytest.raises(UserError, match=r"not in recipes; did you mean sinusoid\?"):
        generate(["sinusiod", *arguments[1:]])


@pytest.mark.parametrize("file", ["model.json", "generator.keras"])
def test_a_damaged_model_is_told(home, tmp_path, monkeypatch, file):
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("jobs.generate.__main__.set_up", lambda: None)
    for damage in (lambda path: path.write_text("{}"), Path.unlink):
        damage(tmp_path / "models/points" / file)
        if not (tmp_path / "models/points/model.json").exists():
            continue
        with pytest.raises(UserError, match=rf"{file}: not what the pipeline writes"):
            generate(["points", "-n", "1", "-o", "a.npz"])
    assert not (tmp_path / "a.npz").exists()


def test_what_is_interrupted_leaves_what_was_there(tmp_path):
    path = tmp_path / "samples.csv"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt), whole(path) as scratch:
        scratch.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "before"
    with pytest.raises(UserError, match="not written: No space left"), whole(path) as scratch:
        scratch.write_text("half")
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == [path]


def snippet():
    found, _ = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    return found


@pytest.mark.parametrize("recipe", [*KINDS, *LATENTS])
def test_the_pages_snippet_does_the_same(ask, recipe, monkeypatch, n=1500):
    monkeypatch.setattr("jobs.generate.samples.CHUNK", 1000)
    found, names = arrays(ask(f"{recipe} -n {n} --seed 7")), {}
    text = snippet().replace("models/sinusoid", f"models/{recipe}").replace("1000, 7", f"{n}, 7")
    exec(text, names)
    assert names["inputs"]["latents"].shape == (n, LATENTS.get(recipe, Latent(dim=3)).size)
    np.testing.assert_allclose(names["samples"], found["samples"], atol=1e-5)


def test_the_pages_commands_are_understood():
    blocks = "".join(re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL))
    told = [shlex.split(line) for line in blocks.splitlines() if line.startswith("forger")]
    assert {words[1] for words in told} == {"generate", "export"}
    for words in told:
        if words[1] == "generate":
            asked = command_line().parse_args(words[2:])
            assert asked.output.suffix in WRITERS


def test_a_revisions_model(home, tmp_path, monkeypatch):
    shutil.copytree(home, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    Path("params.yaml").write_text("seed: 1")
    Path("recipes").mkdir()
    for name in ("points", "curves"):
        Path(f"recipes/{name}.yaml").write_text("{}")
    monkeypatch.setattr("jobs.generate.__main__.set_up", lambda: None)
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "HOME": str(tmp_path)}
    own["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for command in (
        "git init -q",
        "dvc init -q",
        "dvc add -q models/points",
        "git add .dvc models params.yaml recipes",
        "git -c user.name=Tests -c user.email=tests@localhost commit -qm model",
    ):
        subprocess.run(shlex.split(command), check=True, env={**os.environ, **own})
    arguments = ["points", "-n", "9", "-o"]
    generate([*arguments, "a.npz"])
    shutil.rmtree("models")
    generate([*arguments, "b.npz", "--rev", "HEAD"])
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()
    with pytest.raises(UserError, match=r"not in recipes of HEAD; did you mean points\?"):
        generate(["point", "-n", "9", "-o", "c.npz", "--rev", "HEAD"])
    with pytest.raises(UserError, match=r"^nothing: "):
        generate([*arguments, "c.npz", "--rev", "nothing"])
    shutil.rmtree(".dvc/cache")
    with pytest.raises(UserError, match=r"HEAD: models/points is not there.*dvc pull") as refused:
        generate([*arguments, "c.npz", "--rev", "HEAD"])
    assert len(str(refused.value).splitlines()) == 1
    with pytest.raises(AbsentError):
        Revision("HEAD").fetch("models/nothing", tmp_path / "nothing")
    assert not Path("c.npz").exists()


@pytest.mark.skipif(os.environ["KERAS_BACKEND"] != "tensorflow", reason="SavedModel's backend")
@pytest.mark.parametrize("recipe", ["points", "labelled", "noisy"])
def test_an_export_agrees_with_keras(home, tmp_path, monkeypatch, recipe):
    import tensorflow as tf

    monkeypatch.chdir(home)
    monkeypatch.setattr(export, "set_up", lambda backend: None)
    folder = tmp_path / "saved"
    export.export([recipe, "-o", str(folder)])
    inputs = {"latents": latents(0, 7)}
    if recipe == "labelled":
        inputs["labels"] = one_hot(np.arange(7) % 3, 3)
    encoded, product = inputs, "generator"
    if recipe == "noisy":  # which is given its source in the data's units
        inputs["source"] = np.random.default_rng(4).uniform(0, 1, (7, 2, 3, 1)).astype("float32")
        encoded, product = {**inputs, "source": 2 * inputs["source"] - 1}, "translator"
    saved = tf.saved_model.load(str(folder))
    found = saved.serve(inputs)
    network = ModelFolder(home / "models" / recipe).load(product).network
    inputs = encoded
    np.testing.assert_allclose(found, 3 + 2 * np.asarray(network(inputs)), rtol=1e-5)
    with pytest.raises(UserError, match="is there already"):
        export.export([recipe, "-o", str(folder)])
    with pytest.raises(UserError, match="there is no folder"):
        export.export([recipe, "-o", str(tmp_path / "no" / "saved")])
    assert list(tmp_path.iterdir()) == [folder]


@pytest.fixture
def shell(home, tmp_path):
    """The command as a person gives it, where there is nothing but models."""
    shutil.copytree(home / "models", tmp_path / "models")

    def start(command, **env):
        own = {"PYTHONPATH": str(ROOT), "HOME": str(home), "PATH": "/usr/bin:/bin"}
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", *shlex.split(command)],
                cwd=tmp_path,
                env={**COVERAGE, **own, **env},
                text=True,
                stdout=-1,
                stderr=-1,
            )
        )
        return started[-1]

    started = []
    yield start
    for process in started:
        process.kill()


def files(folder):
    return {path.name for path in folder.iterdir() if path.name != "models"}


@pytest.mark.slow
def test_the_commands_are_quiet_and_repeatable(shell, tmp_path):
    for name in ("one.npz", "two.npz"):
        process = shell(f"jobs.generate points -n 2500 --seed 7 -o {name}")
        told, complaints = process.communicate(timeout=120)
        assert (process.returncode, complaints) == (0, "")
        assert told == f"Written: {name} (points, n = 2,500)\n"
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    assert arrays(tmp_path / "one.npz")["samples"].shape == (2500, 2)
    process = shell("jobs.export points -o saved")
    told, complaints = process.communicate(timeout=120)
    assert (process.returncode, complaints) == (0, "")
    assert told == "Written: saved (points)\n"
    assert files(tmp_path) == {"one.npz", "two.npz", "saved"}


@pytest.mark.slow
@pytest.mark.skipif(
    not find_spec("jax") or os.environ["KERAS_BACKEND"] == "jax",
    reason="needs JAX as well",
)
def test_backends_agree(ask, shell, tmp_path):
    process = shell("jobs.generate labelled -n 100 -o jax.npz", KERAS_BACKEND="jax")
    assert process.communicate(timeout=120)[1] == ""
    one, other = arrays(ask("labelled -n 100")), arrays(tmp_path / "jax.npz")
    np.testing.assert_allclose(one["samples"], other["samples"], atol=1e-5)


@pytest.mark.slow
def test_errors_are_a_line_and_an_interruption_leaves_nothing(shell, tmp_path):
    for command, env, told in (
        ("jobs.generate points -n 0 -o a.npz", {}, "error: -n: found 0; must be at least 1\n"),
        ("jobs.generate points -n 1 -o a.npz", {"KERAS_BACKEND": "x"}, "error: KERAS_BACKEND: x"),
    ):
        process = shell(command, **env)
        complaints = process.communicate(timeout=60)[1]
        assert process.returncode == 2
        assert complaints.startswith(told)
        assert len(complaints.splitlines()) == 1
    for number in (signal.SIGINT, signal.SIGTERM):
        process = shell("jobs.generate points -n 1000000000 -o big.csv")
        while not list(tmp_path.glob(".big.csv.*")):
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(number)
        assert process.communicate(timeout=60)[1] == ""
        assert process.returncode == 128 + number
    assert files(tmp_path) == set()


def test_the_saved_folder_is_what_training_leaves(home):
    """The keys that are read here are those of a committed model's folder."""
    written = json.loads((home / "models/points/model.json").read_text())
    source = (ROOT / "stages/train.py").read_text()
    assert all(f'"{key}":' in source for key in written if key != "products")
