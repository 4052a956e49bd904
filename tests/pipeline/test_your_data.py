"""A person's own files become new samples by the four commands of docs/your-data.md."""

import zipfile

import numpy as np
import pandas as pd
import pytest
import skimage.data
from PIL import Image
from sklearn.datasets import load_breast_cancer

from forger.core.files import read_json
from tests.pipeline.clone import Clone, clone

pytestmark = pytest.mark.slow

SHORT = ("train.epochs=3", "train.snapshots=2", "evaluate.draws=2")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Clone:
    return clone(tmp_path_factory, run=["sinusoid"])


def train(project: Clone, name: str, *options: str, short: tuple[str, ...] = ()) -> str:
    """Add a file of data/raw to DVC, write a recipe for it, and train that shortly."""
    path = f"data/raw/{name}"
    recipe = name.partition(".")[0]
    project.run("dvc", "add", path)
    told = project.run("forger", "new", recipe, path, *options).stdout
    changes = [f"-S=recipes/{recipe}.yaml:{each}" for each in (*SHORT, *short)]
    project.run("dvc", "exp", "run", "-S", f"run=[{recipe}]", *changes)
    return told


def test_a_table_with_missing_values_and_text(project):
    frame = load_breast_cancer(as_frame=True).frame.iloc[:, [0, 1, 2, 10, 30]]
    frame.columns = ["radius", "texture", "perimeter", "error", "malignant"]
    rng = np.random.default_rng(0)
    frame["malignant"] = np.where(frame["malignant"] == 0, "yes", "no")
    frame["seen"] = pd.date_range("2001-01-01", periods=len(frame)).strftime("%d/%m/%Y")
    seconds = pd.to_timedelta(rng.integers(0, 10**9, len(frame)), unit="s")
    frame["at"] = (pd.Timestamp("2001-01-01") + seconds).strftime("%Y-%m-%dT%H:%M:%S+01:00")
    frame.loc[rng.random(len(frame)) < 0.2, "texture"] = np.nan
    frame.insert(0, "number", [f"patient {i}" for i in range(len(frame))])
    frame.to_csv(project.folder / "data/raw/cells.csv", index=False, sep=";", decimal=",")

    told = train(project, "cells.csv", "--target", "malignant")

    assert "texture    numbers" in told
    assert "number     dropped: nearly every row has its own" in told
    assert "prediction" in told
    assert '"at" lies too far apart for the networks' in told
    kept = np.load(project.folder / "data/cells/train/real.npy", mmap_mode="r")
    assert kept.dtype == np.float64
    project.run("forger", "generate", "cells", "-n", "300", "-o", "new.csv")
    new = pd.read_csv(project.folder / "new.csv", sep=";", decimal=",")
    assert [*new] == [*frame][1:]
    for name in ("radius", "texture", "perimeter", "error"):
        assert frame[name].min() <= new[name].min() <= new[name].max() <= frame[name].max()
    assert set(new["malignant"]) <= {"yes", "no"}
    assert pd.to_datetime(new["seen"], format="%d/%m/%Y").dt.year.isin([2001, 2002]).all()
    assert new["at"].str.endswith("+01:00").all()
    assert pd.to_datetime(new["at"]).max() < pd.Timestamp("2033-01-01", tz="+01:00")
    project.run(
        "forger", "generate", "cells", "-n", "20", "--where", "malignant=yes", "-o", "ill.parquet"
    )
    ill = pd.read_parquet(project.folder / "ill.parquet")
    assert set(ill["malignant"]) == {"yes"}
    assert len(ill) == 20
    assert ill["at"].dtype.tz is not None
    refused = project.run(
        "forger", "generate", "cells", "-n", "5", "--where", "malignant=maybe", "-o", "no.csv",
        check=False,
    )  # fmt: skip
    assert refused.returncode == 2
    assert 'malignant: found "maybe"' in refused.stderr
    assert not (project.folder / "no.csv").exists()


def test_a_table_with_labels_one_of_which_is_rare(project):
    rng = np.random.default_rng(0)
    kind = rng.choice(3, 600, p=[0.6, 0.36, 0.04])
    frame = pd.DataFrame(
        {
            "length": (rng.normal(size=600) + 4 * kind).round(2),
            "kind": np.array(["oak", "elm", "yew"])[kind],
            "evergreen": np.where(kind == 2, "yes", "no"),
        }
    )
    frame.to_csv(project.folder / "data/raw/leaves.csv", index=False)

    told = train(
        project, "leaves.csv", "--labels", "kind", short=("+train.sampling=log_frequency",)
    )

    assert 'labels: 3 classes in kind; the rarest, "yew", has' in told
    assert "; train.sampling: log_frequency may help" in told
    figures = read_json(project.folder / "reports/recipes/leaves/figures.json")
    for name in ("label_accuracy", "modes", "class_kl", "classifier_frechet", "class_coverage"):
        assert name in figures["quality"]
        assert name in figures["floor"]
    assert figures["floor"]["label_accuracy"] > 0.9
    assert figures["quality"]["class_kl"] < 0.01  # as labels come as often as in the data
    project.run("forger", "generate", "leaves", "-n", "3000", "-o", "leaves.csv")
    new = pd.read_csv(project.folder / "leaves.csv")
    assert [*new] == [*frame]
    for name, share in frame["kind"].value_counts(normalize=True).items():
        assert abs((new["kind"] == name).mean() - share) < 0.06
    project.run("forger", "generate", "leaves", "-n", "70", "--where", "kind=yew", "-o", "yew.csv")
    yew = pd.read_csv(project.folder / "yew.csv")
    assert (len(yew), set(yew["kind"])) == (70, {"yew"})


def test_a_folder_of_photographs_of_unequal_sizes(project):
    """Pieces of pictures that come with scikit-image, in two folders, of any size."""
    rng = np.random.default_rng(0)
    for name in ("camera", "rocket"):
        picture = getattr(skimage.data, name)()
        folder = project.folder / "data/raw/photographs" / name
        folder.mkdir(parents=True)
        for i in range(120):
            height, width = rng.integers(40, 120, 2)
            top, left = (int(rng.integers(0, s - 120)) for s in picture.shape[:2])
            piece = picture[top : top + height, left : left + width]
            Image.fromarray(piece).save(folder / f"{i}.{'png' if i % 2 else 'jpg'}")

    told = train(project, "photographs", short=("train.steps_per_epoch=8",))

    assert "240 images" in told
    project.run("forger", "generate", "photographs", "-n", "10", "-o", "new.zip")
    with zipfile.ZipFile(project.folder / "new.zip") as archive:
        names = archive.namelist()
        sizes = {Image.open(archive.open(name)).size for name in names}
    assert len(names) == 10
    assert len(sizes) == 1


def test_curves_in_an_array(project):
    """Pulses of any place and width, under a little noise, in units of their own."""
    t = np.linspace(0, 1, 40)
    rng = np.random.default_rng(0)
    phase, width = rng.uniform(0.3, 0.7, (300, 1)), rng.uniform(0.03, 0.1, (300, 1))
    curves = np.exp(-(((t - phase) / width) ** 2)) + rng.normal(0, 0.01, (300, 40))
    np.save(project.folder / "data/raw/beats.npy", 100 * curves)

    told = train(project, "beats.npy")

    assert "300 curves of 40 points and 1 channel" in told
    project.run("forger", "generate", "beats", "-n", "50", "-o", "new.npy")
    new = np.load(project.folder / "new.npy")
    assert new.shape == (50, 40)
    assert 1 < np.abs(new).max() < 1000


def test_imported_rows_are_brought_up_to_date_and_a_new_category_is_refused(project, tmp_path):
    """`dvc update` brings new rows, which train anew; what they may be, the recipe says."""
    source = tmp_path / "visits.csv"
    rng = np.random.default_rng(0)

    def deliver(n: int, *colours: str) -> None:
        frame = pd.DataFrame({"colour": rng.choice(colours, n), "weight": rng.normal(70, 9, n)})
        frame.round(1).to_csv(source, index=False)

    def count() -> int:
        return len(np.load(project.folder / "data/visits/train/real.npy"))

    deliver(300, "red", "blue")
    project.run("dvc", "import-url", str(source), "data/raw/visits.csv")
    project.run("forger", "new", "visits", "data/raw/visits.csv")
    changes = [f"-S=recipes/visits.yaml:{each}" for each in SHORT]
    project.run("dvc", "exp", "run", "-S", "run=[visits]", *changes)
    before = count()

    deliver(400, "red", "blue")
    project.run("dvc", "update", "data/raw/visits.csv.dvc")
    project.run("dvc", "repro")
    assert count() > before

    deliver(400, "red", "blue", "green")
    project.run("dvc", "update", "data/raw/visits.csv.dvc")
    refused = project.run("dvc", "repro", check=False)
    assert refused.returncode
    told = [line for line in refused.stderr.splitlines() if "green" in line]
    assert len(told) == 1
    assert "colour" in told[0]
