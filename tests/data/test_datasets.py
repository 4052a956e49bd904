"""Data: their laws, their split, and files from elsewhere."""

import gzip
import hashlib
import http.server
import shutil
import threading
from itertools import product
from pathlib import Path

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import cbook
from scipy import stats

from forger.config.file import load
from forger.config.section import parse
from forger.core.errors import UserError
from forger.data import mnist, mnist_files
from forger.data.base import PARTS, Dataset, Drawn
from forger.data.codecs.affine import IDENTITY, Affine
from forger.data.digits import PIXELS, Digits
from forger.data.digits_edges import DigitsEdges, edges
from forger.data.gaussian import Gaussian
from forger.data.kinds import AnyDataset
from forger.data.light_curves import LightCurves
from forger.data.mixture import Grid, Mixture, Ring
from forger.data.mnist import MNIST
from forger.data.parabola import Parabola
from forger.data.sines import Sines
from forger.data.sinusoid import Sinusoid
from forger.data.split import split
from forger.data.stocks import QUARTER, Stocks
from tests.project import ROOT

HERE = Path()
MATRIX = ((1.0, 2.0), (-0.1, 0.5))
# One of each kind that needs no file.
KINDS = [
    Gaussian(kind="gaussian", train=50, test=30, matrix=MATRIX, mean=(1.0, 2.0)),
    Parabola(kind="parabola", train=50, validation=40, test=30),
    Sinusoid(kind="sinusoid", train=50, validation=40, test=30),
    Ring(kind="ring", train=50, validation=40, test=30),
    Grid(kind="grid", train=50, validation=40, test=30),
    Digits(kind="digits", held_out=0.25, validation=0.1),
    DigitsEdges(kind="digits_edges"),
    LightCurves(kind="light_curves", train=50, validation=40, test=30),
    Sines(kind="sines", train=50, validation=40, test=30),
    Stocks(kind="stocks", points=12),
]


def test_gaussian_has_its_mean_and_covariance():
    data = Gaussian(kind="gaussian", train=100_000, matrix=MATRIX, mean=(1.0, 2.0)).make(HERE)
    x = data.arrays["train"]["real"]
    np.testing.assert_allclose(x.mean(0), [1, 2], atol=0.03)
    np.testing.assert_allclose(np.cov(x.T), [[1.01, 1.95], [1.95, 4.25]], atol=0.08)
    np.testing.assert_allclose(data.description.law["covariance"], [[1.01, 1.95], [1.95, 4.25]])


def test_parabola_lies_on_it_evenly():
    x, y = Parabola(kind="parabola", train=10_000).make(HERE).arrays["train"]["real"].T
    np.testing.assert_allclose(y, x**2, atol=1e-7)
    assert stats.kstest(x, stats.uniform(-0.5, 1).cdf).pvalue > 1e-3


def test_sinusoids_are_those_of_their_law():
    data = Sinusoid(kind="sinusoid", train=1000).make(HERE)
    axis = np.array(data.description.real.axis)
    assert (axis[0], axis[-1], len(axis)) == (-5, 5, 64)
    # sin(bx + c) solves y'' = -b² y: the second difference is -(2 - 2 cos(b h)) y exactly.
    y = data.arrays["train"]["real"].astype(float)
    second = y[:, 2:] - 2 * y[:, 1:-1] + y[:, :-2]
    ratio = np.sum(second * y[:, 1:-1], 1) / np.sum(y[:, 1:-1] ** 2, 1)
    b = np.arccos(1 + ratio / 2) / (axis[1] - axis[0])
    assert stats.kstest(b, stats.uniform(0.5, 1.5).cdf).pvalue > 1e-3


@pytest.mark.parametrize("dataset", KINDS, ids=lambda d: d.kind)
def test_every_kind(dataset):
    data, again = dataset.make(HERE), dataset.make(HERE)
    other = dataset.model_copy(update={"seed": 2}).make(HERE)
    train, test = data.arrays["train"]["real"], data.arrays["test"]["real"]
    assert dataset.train_size in (len(train), None)
    assert train.shape[1:] == test.shape[1:] == dataset.shape
    for part, arrays in data.arrays.items():
        for name, array in arrays.items():
            assert array.dtype == (np.int64 if name == "labels" else np.float32)
            np.testing.assert_array_equal(array, again.arrays[part][name])
    assert not np.array_equal(train, other.arrays["train"]["real"])
    if not dataset.labelled:
        assert not {row.tobytes() for row in train} & {row.tobytes() for row in test}


def test_phases_lead():
    """sin(b x + c), not sin(b x − c)."""
    law = {"b": (1.0, 1.001), "c": (0.2, 0.201)}
    data = Sinusoid(kind="sinusoid", train=20, **law).make(HERE)
    expected = np.broadcast_to(np.sin(np.array(data.description.real.axis) + 0.2), (20, 64))
    np.testing.assert_allclose(data.arrays["train"]["real"], expected, atol=0.01)


@pytest.mark.parametrize("dataset", KINDS, ids=lambda d: d.kind)
def test_the_sizes_and_the_shape_are_those_of_what_is_made(dataset):
    data = dataset.make(HERE)
    sizes = (dataset.train_size, dataset.validation_size, dataset.test_size)
    made = [len(data.arrays[part]["real"]) for part in PARTS]
    # How many have the outline of another, or the quarter, only the data can tell.
    assert list(sizes) == ([None] * 3 if dataset.kind in ("digits_edges", "stocks") else made)
    assert dataset.shapes == data.description.shapes
    assert dataset.shapes["real"] == dataset.shape
    for part, (name, shape) in product(PARTS, dataset.shapes.items()):
        assert data.arrays[part][name].shape[1:] == shape
    per_example = {"sinusoid": 16, "light_curves": 16, "sines": 8}.get(dataset.kind, 1)
    assert dataset.numbers_measured == per_example * np.prod(dataset.shape)


@pytest.mark.parametrize(
    ("dataset", "about"),
    [
        (KINDS[0], {"view": "points", "units": "coordinates"}),
        (KINDS[1], {"view": "points", "law": {"name": "parabola", "half_width": 0.5}}),
        (KINDS[2], {"view": "curves", "units": "amplitude"}),
        (KINDS[3], {"view": "points", "codec": Affine(scale=1.0, offset=0.0)}),
        (KINDS[4], {"view": "points", "codec": Affine(scale=4.0, offset=0.0)}),
        (
            KINDS[5],
            {"view": "images", "classes": tuple("0123456789"),
             "codec": Affine(scale=8.0, offset=8.0, resolution=1.0, range=(0.0, 16.0))},
        ),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)  # fmt: skip
def test_data_say_what_they_are(dataset, about):
    """And are, but for that, of one image, on no grid, and in the networks' units."""
    data = dataset.make(HERE)
    description, real = data.description, data.description.real
    plain = {"codec": IDENTITY, "classes": (), "stack": 1}
    found = {**dict(real), **dict(description)}
    assert {name: found[name] for name in {**plain, **about}} == {**plain, **about}
    assert bool(real.axis) == (real.view == "curves")
    assert description.law.get("name", "") == dataset.law
    assert all(dataset.labelled == ("labels" in arrays) for arrays in data.arrays.values())


SQUARE = {"kind": "gaussian", "train": 9, "mean": (0.0, 0.0), "matrix": ((1.0, 0.0), (0.0, 1.0))}
CURVES = {"kind": "sinusoid", "train": 9}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (SQUARE, None),
        ({**SQUARE, "mean": (0.0,), "matrix": ((1.0,),)}, "must be 1 × 1"),
        ({**SQUARE, "mean": (0.0, 0.0, 0.0)}, "must be 3 × 3"),
        ({**SQUARE, "matrix": ((1.0, 0.0),)}, "must be 2 × 2"),
        ({**SQUARE, "matrix": ((1.0, 0.0), (0.0,))}, "must be 2 × 2"),
        ({**SQUARE, "matrix": ((1.0, 0.0), (0.0, 1.0), (0.0, 1.0))}, "must be 2 × 2"),
        # Of 65 points on a stretch of 8 neighbours are 1/8 apart: half a turn is 8 π.
        ({**CURVES, "points": 65, "x": (0.0, 8.0), "b": (1.0, 25.13)}, None),
        ({**CURVES, "points": 65, "x": (0.0, 8.0), "b": (1.0, 25.14)}, "frequencies up to 25.13"),
        ({**CURVES, "x": (1.0, 1.0)}, "x: the first number must lie below the second"),
        ({**CURVES, "b": (2.0, 1.0)}, "b: the first number must lie below the second"),
        ({**CURVES, "c": (2.0, 1.0)}, "c: the first number must lie below the second"),
        ({**CURVES, "b": (0.0, 1.0)}, "b: frequencies must be positive"),
        ({**CURVES, "b": (0.01, 1.0)}, None),
        ({**CURVES, "x": (0.0, 0.1), "b": (0.5, 0.99)}, "no curve bends by 0.1 radians"),
        ({**CURVES, "x": (0.0, 0.1), "b": (0.5, 1.01)}, None),
        ({**CURVES, "points": 8, "b": (0.1, 0.2)}, None),
        ({**CURVES, "points": 7, "b": (0.1, 0.2)}, "points"),
        ({"kind": "ring", "train": 9, "stddev": 1.0}, None),
        ({"kind": "ring", "train": 9, "stddev": 1.01}, "between 1e-6 and 1 times"),
        ({"kind": "grid", "train": 9, "stddev": 4.0}, None),
        ({"kind": "grid", "train": 9, "stddev": 4.01}, "which is 4"),
        ({"kind": "ring", "train": 9, "stddev": 1e-6}, None),
        ({"kind": "ring", "train": 9, "stddev": 9e-7}, "between 1e-6 and 1 times"),
        ({"kind": "grid", "train": 9, "stddev": 4.1e-6}, None),
        ({"kind": "grid", "train": 9, "stddev": 3.9e-6}, "between 1e-6 and 1 times"),
        ({"kind": "ring", "train": 9, "modes": 2}, None),
        ({"kind": "ring", "train": 9, "modes": 1}, "modes"),
        ({"kind": "ring", "train": 9, "modes": 1000}, None),
        ({"kind": "ring", "train": 9, "modes": 1001}, "modes"),
        ({"kind": "grid", "train": 9, "side": 2}, None),
        ({"kind": "grid", "train": 9, "side": 1}, "side"),
        ({"kind": "grid", "train": 9, "side": 101}, "side"),
        ({"kind": "digits", "held_out": 0.5, "validation": 0.49}, None),
        ({"kind": "digits", "held_out": 0.5, "validation": 0.5}, "some images to train with"),
        ({"kind": "digits", "held_out": 0.0}, "held_out"),
        ({"kind": "digits", "validation": 0.0}, "validation"),
        ({"kind": "mnist", "path": ""}, "path"),
    ],
)  # fmt: skip
def test_parameters_of_data_by_their_bounds(values, told):
    if told is None:
        parse(AnyDataset, values)
        return
    with pytest.raises(UserError) as caught:
        parse(AnyDataset, values)
    assert told in str(caught.value)


def test_a_kind_of_data_must_say_how_it_is_made():
    assert Dataset.__abstractmethods__ == {"make", "shape", "train_size"}
    assert Drawn.__abstractmethods__ == {"make", "shape", "draw"}
    assert Mixture.__abstractmethods__ == {"centres"}


def test_digits_say_their_sizes_as_they_are_split():
    assert Digits(kind="digits").make(HERE).arrays["train"]["real"].shape == (1168, 8, 8, 1)
    for validation, train in ((1 / 6, 50_000), (0.25, 45_000)):
        known = MNIST(kind="mnist", validation=validation)
        sizes = (known.train_size, known.validation_size, known.test_size)
        assert sizes == (train, 60_000 - train, 10_000)
    local = MNIST(kind="mnist", path="somewhere")
    assert (local.train_size, local.validation_size, local.test_size) == (None, None, None)


def test_digits_are_scaled_as_tanh_gives_them_and_split_once():
    data = Digits(kind="digits").make(HERE)
    assert data.arrays["train"]["real"].min() == -1
    assert data.arrays["train"]["real"].max() == 1
    both = np.concatenate([data.arrays[part]["real"] for part in PARTS])
    from sklearn.datasets import load_digits

    original = load_digits().data / 8 - 1
    found = both.reshape(len(both), -1)
    assert sorted(map(tuple, found)) == sorted(map(tuple, original.astype(np.float32)))
    assert set(data.arrays["test"]["labels"]) == set(range(10))


def test_the_seed_of_the_data_is_their_own():
    """Experiments of different seeds are measured on the same examples."""
    one, other = (Digits(kind="digits", seed=seed).make(HERE).arrays for seed in (1, 2))
    assert not np.array_equal(one["test"]["real"], other["test"]["real"])


def test_copies_of_an_example_are_all_in_one_part():
    rng = np.random.default_rng(3)
    images = rng.integers(0, 3, (400, 2, 2, 1)).astype(np.float32)  # 81 kinds at most
    shares = {"test": 0.3, "validation": 0.2}
    arrays = split({"real": images, "twice": 2 * images}, shares, 1)
    rows = {part: {row.tobytes() for row in arrays[part]["real"]} for part in PARTS}
    assert sum(map(len, rows.values())) == len(set.union(*rows.values()))
    assert sum(len(arrays[part]["real"]) for part in PARTS) == 400
    assert min(len(arrays[part]["real"]) for part in PARTS) > 20
    for fields in arrays.values():
        np.testing.assert_array_equal(fields["twice"], 2 * fields["real"])


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=60))
def test_rows_that_share_a_field_are_in_one_part(pairs):
    """Through others too: no way along equal rows of any field leads to another part."""
    real, source = (np.array(values)[:, None] for values in np.transpose(pairs))
    row, shares = np.arange(len(real)), {"test": 0.3, "validation": 0.2}
    fields = {"real": real, "source": source, "labels": np.zeros(len(real), int), "row": row}
    arrays = split(fields, shares, 1)
    graph = networkx.Graph()
    graph.add_edges_from((("real", a), ("source", b)) for a, b in pairs)
    part_of = {int(i): part for part in PARTS for i in arrays[part]["row"]}
    assert sorted(part_of) == row.tolist()
    for tied in networkx.connected_components(graph):
        assert len({part_of[i] for i in row if ("real", pairs[i][0]) in tied}) == 1


def test_no_outline_is_in_two_parts():
    arrays = DigitsEdges(kind="digits_edges").make(HERE).arrays
    rows = [{row.tobytes() for row in arrays[part]["source"]} for part in PARTS]
    assert sum(map(len, rows)) == len(set.union(*rows))
    assert sum(len(arrays[part]["source"]) for part in PARTS) == 1797


@pytest.mark.parametrize("dataset", KINDS, ids=lambda d: d.kind)
def test_fields_lie_where_their_codecs_say(dataset):
    data = dataset.make(HERE)
    for name, field in data.description.fields.items():
        rows = data.arrays["test"][name]
        np.testing.assert_array_equal(field.codec.snap(rows), rows)


def test_edges_are_outlines_of_the_same_digits():
    plain, traced = (kind.make(HERE) for kind in (Digits(kind="digits"), KINDS[6]))
    labels = {
        image.tobytes(): label
        for fields in plain.arrays.values()
        for image, label in zip(fields["real"], fields["labels"], strict=True)
    }
    for fields in traced.arrays.values():
        assert [labels.pop(image.tobytes()) for image in fields["real"]] == fields[
            "labels"
        ].tolist()
        outlines = edges(PIXELS.decode(fields["real"]))
        np.testing.assert_array_equal(fields["source"], np.where(outlines, 1, -1))
    assert not labels
    square = np.zeros((1, 8, 8, 1))
    square[0, 2:6, 2:6] = 16
    assert edges(square)[0, ..., 0].astype(int).tolist() == [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 1, 1, 1, 1, 0, 0],
        [0, 1, 1, 1, 1, 1, 1, 0],
        [0, 1, 1, 0, 0, 1, 1, 0],
        [0, 1, 1, 0, 0, 1, 1, 0],
        [0, 1, 1, 1, 1, 1, 1, 0],
        [0, 0, 1, 1, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
    ]
    assert not edges(square / 2).any()  # 4 · 8 at the sides, and 3 · 8 · √2 at the corners


# MNIST


def idx(array: np.ndarray) -> bytes:
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.astype(np.uint8).tobytes()


@pytest.fixture
def folder(tmp_path):
    """A folder of IDX files: 150 training and 20 test images."""
    rng = np.random.default_rng(0)
    for part, n in (("train", 150), ("t10k", 20)):
        images, labels = rng.integers(0, 256, (n, 28, 28)), rng.integers(0, 10, n)
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    return tmp_path


def test_real_mnist(mnist):
    data = MNIST(kind="mnist", path=str(mnist)).make(HERE)
    images, labels = data.arrays["test"]["real"], data.arrays["test"]["labels"]
    assert images.shape == (10_000, 28, 28, 1)
    # Of the 10,000 test images, as published: 980 zeros, 1,135 ones, …
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert images.min() == -1
    assert images.max() == 1
    rest = len(data.arrays["train"]["real"]) + len(data.arrays["validation"]["real"])
    assert len(data.arrays["validation"]["real"]) == round(rest / 6)


def test_a_folder_with_both_parts_keeps_their_split(folder):
    arrays = MNIST(kind="mnist", path=str(folder)).make(HERE).arrays
    for part, n in {"train": 125, "validation": 25, "test": 20}.items():
        assert {name: len(array) for name, array in arrays[part].items()} == {
            "real": n,
            "labels": n,
        }


def test_an_npz_in_kerass_layout_equals_the_folder(folder, tmp_path):
    from_folder = MNIST(kind="mnist", path=str(folder)).make(HERE).arrays
    parts = {}
    for part, file in (("train", "train"), ("test", "t10k")):
        images = (folder / f"{file}-images-idx3-ubyte").read_bytes()
        labels = gzip.decompress((folder / f"{file}-labels-idx1-ubyte.gz").read_bytes())
        parts[f"x_{part}"] = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28)
        parts[f"y_{part}"] = np.frombuffer(labels, np.uint8, offset=8)
    np.savez(tmp_path / "mnist.npz", **parts)
    from_npz = MNIST(kind="mnist", path=str(tmp_path / "mnist.npz")).make(HERE).arrays
    assert same(from_folder, from_npz)


def same(one, other):
    """Whether all arrays are equal."""
    return all(
        np.array_equal(array, other[part][name])
        for part, arrays in one.items()
        for name, array in arrays.items()
    )


def truncate(folder):
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])


def truncate_gzip(folder):
    path = folder / "train-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-10])


def swap(folder):
    images = folder / "train-images-idx3-ubyte"
    images.write_bytes(gzip.decompress((folder / "train-labels-idx1-ubyte.gz").read_bytes()))


def swap_parts(folder):
    shutil.copy(folder / "t10k-labels-idx1-ubyte.gz", folder / "train-labels-idx1-ubyte.gz")


def lose_labels(folder):
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()


def empty(folder):
    for path in folder.iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (truncate, "truncated or damaged"),
        (truncate_gzip, "damaged or truncated"),
        (swap, "expected the IDX magic 00000803, found 00000801"),
        (swap_parts, "150 images, but labels"),
        (lose_labels, "without its images or labels"),
        (empty, "found no IDX files"),
    ],
)
def test_damaged_files_are_told_in_a_line(folder, damage, told):
    damage(folder)
    with pytest.raises(UserError, match=told) as caught:
        MNIST(kind="mnist", path=str(folder)).make(HERE)
    assert len(str(caught.value).splitlines()) == 1
    assert str(folder) in str(caught.value)


def into_folders(folder):
    """As some archives unpack: each file in a folder of its own name."""
    for path in list(folder.iterdir()):
        kept = path.rename(folder / "moving")
        path.mkdir()
        kept.rename(path / path.name)


def with_dots(folder):
    for path in list(folder.iterdir()):
        path.rename(folder / path.name.replace("-idx", ".idx"))


def both(folder):
    for path in list(folder.iterdir()):
        (folder / f"{path.name}.d").mkdir()
        shutil.copy(path, folder / f"{path.name}.d" / path.name)
    with_dots(folder)


@pytest.mark.parametrize("unpack", [into_folders, with_dots, both])
def test_a_folder_as_an_archive_unpacks_it(folder, tmp_path_factory, unpack):
    plain = MNIST(kind="mnist", path=str(folder)).make(HERE).arrays
    other = tmp_path_factory.mktemp("unpacked")
    shutil.copytree(folder, other, dirs_exist_ok=True)
    if unpack is both:
        other = folder
    unpack(other)
    found = MNIST(kind="mnist", path=str(other)).make(HERE).arrays
    assert same(found, plain)


@pytest.mark.parametrize(
    ("y", "told"),
    [
        (np.arange(60) % 10 + 1, "labels count from 1: found 1 to 10"),
        (np.arange(60) % 10 - 1, "found labels from -1 to 8"),
        (np.array([f"digit {i % 10}" for i in range(60)]), "y_train holds text"),
        (np.array([f"digit {i % 10}" for i in range(60)], object), "y_train holds text"),
        (np.array([b"7"] * 60), "y_train holds text"),
        (np.arange(60) % 10 / 1, "found labels of type float64"),
        (np.eye(10)[np.arange(60) % 10], r"labels \[60, 10\], as if one-hot"),
    ],
)
def test_labels_that_are_none(tmp_path, y, told):
    x = np.random.default_rng(0).integers(0, 256, (60, 28, 28)).astype(np.uint8)
    np.savez(tmp_path / "m.npz", x_train=x, y_train=y, x_test=x, y_test=np.arange(60) % 10)
    with pytest.raises(UserError, match=f"{told}.*expected integer labels from 0 to 9") as caught:
        MNIST(kind="mnist", path="m.npz").make(tmp_path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("value", [0, 255])
def test_blank_images(tmp_path, value):
    x, y = np.full((60, 28, 28), value, np.uint8), np.arange(60) % 10
    np.savez(tmp_path / "m.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    with pytest.raises(UserError, match=f"all 60 images are blank: every pixel is {value};"):
        MNIST(kind="mnist", path="m.npz").make(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x80\x04pickled"])
def test_an_npz_that_is_none(tmp_path, content):
    path = tmp_path / "mnist.npz"
    path.write_bytes(content)
    with pytest.raises(UserError, match="found no readable x_train"):
        MNIST(kind="mnist", path=str(path)).make(HERE)


def test_a_path_to_nowhere():
    with pytest.raises(UserError, match="neither a folder nor an"):
        MNIST(kind="mnist", path="nowhere").make(HERE)


def test_a_package_that_is_not_installed_is_named(monkeypatch, tmp_path):
    place = tmp_path / "fashion-mnist"
    monkeypatch.setattr(mnist_files, "PACKAGES", {place: "dataset-fashion-mnist"})
    with pytest.raises(UserError, match=r"is not there; .* dataset-fashion-mnist") as told:
        MNIST(kind="mnist", path=str(place)).make(HERE)
    assert len(str(told.value).splitlines()) == 1
    place.write_bytes(b"")  # what is there is another fault
    with pytest.raises(UserError, match="neither a folder nor an"):
        MNIST(kind="mnist", path=str(place)).make(HERE)


def test_the_recipe_of_fashion_mnist_names_the_package_s_path():
    recipe = load(ROOT / "recipes/fashion.yaml")["dataset"]
    assert Path(recipe["path"]) in mnist_files.PACKAGES
    assert len(parse(AnyDataset, recipe).classes) == 10


def test_fashion_mnist_has_as_many_of_each_class():
    place = next(iter(mnist_files.PACKAGES))
    if not place.is_dir():
        pytest.skip(f"{mnist_files.PACKAGES[place]} is not installed")
    arrays = MNIST(kind="mnist", path=str(place)).make(HERE).arrays
    assert {part: len(fields["real"]) for part, fields in arrays.items()} == {
        "train": 50_000,
        "validation": 10_000,
        "test": 10_000,
    }
    assert np.bincount(arrays["test"]["labels"]).tolist() == [1000] * 10


CLOTHES = [*"abcdefghi", "ankle boot"]


def test_labels_have_the_names_that_are_given(folder):
    about = {"kind": "mnist", "path": str(folder), "classes": CLOTHES}
    found = parse(AnyDataset, about).make(HERE)
    plain = parse(AnyDataset, {"kind": "mnist", "path": str(folder)}).make(HERE)
    assert found.description.classes == tuple(CLOTHES)
    assert plain.description.classes == tuple("0123456789")
    for part in PARTS:
        assert np.array_equal(found.arrays[part]["labels"], plain.arrays[part]["labels"])
    sizes = {"train": 60, "validated": 30, "test": 30}
    stacks = parse(AnyDataset, {**about, "kind": "stacked_mnist", **sizes}).make(HERE)
    assert stacks.description.classes[190] == "b ankle boot a"


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (CLOTHES[:9], "classes"),
        (["a", *CLOTHES[:9]], "classes: .*must be different names; a stands twice"),
        (["a\n", *CLOTHES[1:]], "classes: .*must be text without control characters"),
        (["", *CLOTHES[1:]], "classes"),
    ],
)
def test_names_of_labels_are_ten_different_words(names, why):
    with pytest.raises(UserError, match=why):
        parse(AnyDataset, {"kind": "mnist", "classes": names})


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Keras's own loader, but from a folder served on 127.0.0.1, with a home of its own; gives the
    folder, and where what was downloaded is kept."""
    served = tmp_path / "served"
    served.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(served))

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(mnist, "URL", f"http://127.0.0.1:{server.server_port}/mnist.npz")
    yield served, tmp_path / ".keras/datasets/mnist.npz"
    server.shutdown()
    server.server_close()


def test_download_through_keras(server, monkeypatch):
    served, kept = server
    rng = np.random.default_rng(0)
    np.savez(
        served / "mnist.npz",
        x_train=rng.integers(0, 256, (150, 28, 28), np.uint8),
        y_train=rng.integers(0, 10, 150, np.uint8),
        x_test=rng.integers(0, 256, (20, 28, 28), np.uint8),
        y_test=rng.integers(0, 10, 20, np.uint8),
    )
    digest = hashlib.sha256((served / "mnist.npz").read_bytes()).hexdigest()
    monkeypatch.setattr(mnist, "SHA256", digest)
    arrays = MNIST(kind="mnist").make(HERE).arrays
    assert [len(arrays[part]["real"]) for part in PARTS] == [125, 25, 20]
    assert kept.exists()


def test_a_wrong_checksum_is_refused_and_nothing_kept(server):
    served, kept = server
    (served / "mnist.npz").write_bytes(b"not MNIST")
    with pytest.raises(UserError, match=r"damaged.*set dataset\.path") as caught:
        MNIST(kind="mnist").make(HERE)
    assert len(str(caught.value).splitlines()) == 1
    assert not kept.exists()


def test_no_file_and_no_network(server):
    _, kept = server
    with pytest.raises(UserError, match=r"download failed.*set dataset\.path"):
        MNIST(kind="mnist").make(HERE)
    assert not kept.exists()


def test_both_parts_of_a_file_are_shuffled_labels_with_images(tmp_path):
    """MNIST's are in order of who wrote them; figures take the first so many."""
    images = np.broadcast_to(np.arange(200, dtype=np.uint8)[:, None, None], (200, 28, 28))
    labels = np.arange(200, dtype=np.uint8) // 20
    parts = {"x_train": images, "y_train": labels, "x_test": images[:100], "y_test": labels[:100]}
    np.savez(tmp_path / "m.npz", **parts)
    arrays = MNIST(kind="mnist", path="m.npz").make(tmp_path).arrays
    orders = {
        part: np.rint((arrays[part]["real"][:, 0, 0, 0] + 1) * 127.5).astype(int) for part in PARTS
    }
    both = [*orders["train"], *orders["validation"]]
    np.testing.assert_array_equal(np.sort(both), np.arange(200))
    np.testing.assert_array_equal(np.sort(orders["test"]), np.arange(100))
    for part, pixels in orders.items():
        np.testing.assert_array_equal(pixels // 20, arrays[part]["labels"])
        half = arrays[part]["labels"][: len(pixels) // 2]
        assert len(np.unique(half)) >= (5 if part == "test" else 7)


def test_a_class_without_training_example_is_refused(tmp_path):
    rng, labels = np.random.default_rng(0), np.resize(np.arange(9, dtype=np.uint8), 150)
    images = rng.integers(0, 256, (150, 28, 28), np.uint8)
    parts = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}
    np.savez(tmp_path / "m.npz", **parts)
    with pytest.raises(UserError) as refused:
        MNIST(kind="mnist", path="m.npz").make(tmp_path).check_classes()
    assert refused.value.problems == (
        "dataset: 1 of 10 classes (9) have no example among the 125 for training; each needs one",
    )
    parts["y_train"] = np.resize(np.arange(8, dtype=np.uint8), 150)
    np.savez(tmp_path / "m.npz", **parts)
    with pytest.raises(UserError, match=r"2 of 10 classes \(8, …\) have no example"):
        MNIST(kind="mnist", path="m.npz").make(tmp_path).check_classes()
    for about in ({"kind": "digits"}, {"kind": "ring", "train": 9}):
        parse(AnyDataset, about).make(tmp_path).check_classes()


@pytest.mark.parametrize(("kind", "modes"), [("ring", 8), ("grid", 25)])
def test_mixtures_are_where_their_law_says(kind, modes):
    dataset = parse(AnyDataset, {"kind": kind, "train": 50_000, "test": 10})
    data = dataset.make(HERE)
    law = data.description.law
    centres, stddev = np.array(law["centres"]), law["stddev"]
    assert len(centres) == modes
    examples = data.description.real.codec.decode(data.arrays["train"]["real"])
    assert np.abs(data.arrays["train"]["real"]).max() < 1.1
    distances = np.linalg.norm(examples[:, None] - centres, axis=2)
    nearest, counts = distances.min(1), np.bincount(distances.argmin(1))
    assert stats.chisquare(counts).pvalue > 1e-3
    assert stats.kstest(nearest / stddev, stats.rayleigh.cdf).pvalue > 1e-3


def test_stacks_spell_their_labels(tmp_path):
    rng = np.random.default_rng(0)
    images = {part: rng.integers(0, 256, (150, 28, 28), np.uint8) for part in ("train", "test")}
    labels = {part: np.resize(np.arange(10, dtype=np.uint8), 150) for part in images}
    arrays = {f"x_{p}": images[p] for p in images} | {f"y_{p}": labels[p] for p in images}
    np.savez(tmp_path / "m.npz", **arrays)
    values = {"kind": "stacked_mnist", "path": "m.npz", "train": 300, "validated": 50, "test": 40}
    dataset = parse(AnyDataset, values)
    data = dataset.make(tmp_path)
    assert (dataset.train_size, dataset.validation_size, dataset.test_size) == (300, 50, 40)
    for part, n in zip(PARTS, (300, 50, 40), strict=True):
        assert data.arrays[part]["real"].shape == (n, *dataset.shape) == (n, 28, 28, 3)
    single = parse(AnyDataset, {"kind": "mnist", "path": "m.npz"})
    assert single.make(tmp_path).arrays["train"]["real"].shape[1:] == single.shape
    description = data.description
    assert description.real.view == "images"
    pixels = Affine(scale=127.5, offset=127.5, resolution=1.0, range=(0.0, 255.0))
    assert description.real.codec == pixels
    assert (description.stack, len(description.classes)) == (3, 1000)
    assert description.classes_of_image == 10
    known = {
        image.tobytes(): label
        for image, label in zip(images["train"], labels["train"], strict=True)
    }
    train = data.arrays["train"]
    for image, label in zip(train["real"], train["labels"], strict=True):
        pixels = np.rint((image + 1) * 127.5).astype(np.uint8)
        digits = [known[np.ascontiguousarray(pixels[..., i]).tobytes()] for i in range(3)]
        assert description.classes[label] == "".join(map(str, digits))
    # What the classifier is trained on: single images, each with its own digit.
    single, answers = description.unstack(train)
    assert single.shape == (900, 28, 28, 1)
    for image, answer in zip(single[::50], answers[::50], strict=True):
        assert known[np.rint((image[..., 0] + 1) * 127.5).astype(np.uint8).tobytes()] == answer


@given(st.integers(0, 100), st.lists(st.integers(0, 9), min_size=60, max_size=60))
def test_rows_of_a_group_stay_in_one_part(seed, groups):
    rows = np.arange(60.0)[:, None]
    groups = np.array(groups)

    parts = split({"real": rows}, {"test": 0.3, "validation": 0.2}, seed, groups=groups)

    of_part = {
        name: set(groups[arrays["real"][:, 0].astype(int)]) for name, arrays in parts.items()
    }
    assert sum(map(len, of_part.values())) == len(set(groups))
    assert sum(len(arrays["real"]) for arrays in parts.values()) == 60


@given(st.integers(0, 100), st.lists(st.integers(1, 9), min_size=3, max_size=40))
def test_few_groups_fill_their_parts(seed, sizes):
    """A part misses its share by no more than the groups at its two ends."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    shares = {"test": 0.3, "validation": 0.2}

    parts = split({"real": np.arange(float(len(groups)))[:, None]}, shares, seed, groups=groups)

    for name, share in shares.items():
        assert abs(len(parts[name]["real"]) - share * len(groups)) <= max(sizes) + 1


def test_windows_of_stocks_are_those_of_the_file_and_no_day_is_in_two_parts():
    with np.load(cbook.get_sample_data("goog.npz", asfileobj=False)) as file:
        days = file["price_data"]
    data = Stocks(kind="stocks", points=5).make(HERE)
    codec = data.description.real.codec
    growth = 100 * np.diff(np.log(days["close"]))
    seen = {}
    for part, arrays in data.arrays.items():
        curves = codec.decode(arrays["real"])
        np.testing.assert_allclose(curves[:, 0, 0], 0, atol=1e-5)
        np.testing.assert_allclose(np.exp(curves[..., 2]).mean(1), 1, atol=1e-5)
        windows = np.lib.stride_tricks.sliding_window_view(growth, 4)
        # The window of the file whose growth is that of the curve.
        starts = np.abs(np.diff(curves[..., 0], axis=1)[:, None] - windows).max(-1).argmin(1)
        spread = [100 * np.log(days["high"] / days["low"])[i : i + 5] for i in starts]
        np.testing.assert_allclose(curves[..., 1], spread, atol=1e-4)
        seen[part] = {day for start in starts for day in range(start, start + 5)}
        assert all(start // QUARTER == (start + 4) // QUARTER for start in starts)
    assert not seen["train"] & seen["test"] | seen["test"] & seen["validation"]
    assert not seen["train"] & seen["validation"]


def test_rows_split_by_time_are_judged_by_the_latest():
    times = np.random.default_rng(0).permutation(100).astype(float)

    parts = split({"real": times[:, None]}, {"test": 0.2, "validation": 0.1}, 1, times=times)

    found = {name: sorted(arrays["real"][:, 0]) for name, arrays in parts.items()}
    assert found == {
        "test": list(range(80, 100)), "validation": list(range(70, 80)), "train": list(range(70)),
    }  # fmt: skip


def test_a_copy_of_an_earlier_row_does_not_reach_the_test():
    times = np.arange(100.0)
    rows = times.copy()
    rows[95] = rows[3]
    rows[85] = rows[75]

    parts = split({"real": rows[:, None]}, {"test": 0.2, "validation": 0.1}, 1, times=times)

    assert sorted(parts["test"]["real"][:, 0]) == [t for t in range(80, 100) if t not in (85, 95)]
    assert list(parts["train"]["real"][:, 0]).count(3) == 2
    assert list(parts["validation"]["real"][:, 0]).count(75) == 2


def test_rows_of_one_time_stay_together():
    times = np.repeat(np.arange(10.0), 10)

    parts = split({"real": np.arange(100.0)[:, None]}, {"test": 0.25}, 1, times=times)

    assert sorted(parts["test"]["real"][:, 0]) == list(range(80, 100))
