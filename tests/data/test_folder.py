"""The data folder: what is written, what is read, and what is refused."""

import json

import numpy as np
import pytest

from forger.core.errors import UserError
from forger.data.base import PARTS, Data
from forger.data.codecs.affine import IDENTITY, Affine
from forger.data.description import DataField, Description
from forger.data.folder import DataFolder

RNG = np.random.default_rng(8)
COLOURS = Affine(scale=127.5, offset=127.5, resolution=1.0, range=(0.0, 255.0))
ROWS = {"train": 29, "validation": 25, "test": 24}


def field(*shape, codec=IDENTITY, view="images", **more):
    return DataField(shape=shape, codec=codec, view=view, units="any", **more)


VECTOR = field(2, view="points")


@pytest.fixture
def data():
    """Data of three fields and labels."""
    description = Description(
        fields={
            "source": field(4, 4, 1),
            "real": field(2, 2, 3, codec=COLOURS),
            "curve": field(5, view="curves", axis=(0, 1, 2, 3, 4.5)),
        },
        classes=("a", "b"),
        law={"name": "any", "centres": [[1.0, 2.0]]},
    )
    shapes = description.shapes.items()
    arrays = {
        part: {name: RNG.normal(size=(n, *shape)).astype(np.float32) for name, shape in shapes}
        | {"labels": np.resize([0, 1], n)}
        for part, n in ROWS.items()
    }
    return Data(arrays, description)


@pytest.fixture
def folder(data, tmp_path):
    DataFolder(tmp_path / "any").write(data)
    return tmp_path / "any"


def test_fields_are_read_as_they_were_written(data, folder):
    found = DataFolder(folder)
    assert found.description == data.description
    for part in PARTS:
        assert list(found.part(part)) == ["real", "source", "curve", "labels"]
        for name, array in found.part(part).items():
            assert isinstance(array, np.memmap)
            assert array.dtype == data.arrays[part][name].dtype
            np.testing.assert_array_equal(array, data.arrays[part][name])
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    names = ("real", "source", "curve", "labels")
    assert files == {"data.json", *(f"{part}/{name}.npy" for part in PARTS for name in names)}


def test_a_folder_is_replaced_whole(data, folder):
    (folder / "train/old.npy").touch()
    DataFolder(folder).write(data)
    assert not (folder / "train/old.npy").exists()


def test_the_description_is_read_once(folder):
    found = DataFolder(folder)
    first = found.description
    (folder / "data.json").unlink()
    assert found.part("test").keys() == first.arrays.keys()
    with pytest.raises(UserError, match=r"data\.json: there is no such file.*dvc checkout"):
        _ = DataFolder(folder).description


def with_hole(array):
    array = array.copy()
    array[-1].flat[-1] = np.nan
    return array


MISFITS = {
    "float64": (lambda x: x.astype(float), r"found float64 \[29, 4, 4, 1\], expected float32"),
    "shape": (
        lambda x: x[:, :3],
        r"found float32 \[29, 3, 4, 1\], expected float32",
    ),
    "rows": (lambda x: x[:-1], r"found float32 \[28, 4, 4, 1\], expected float32 \[29, 4, 4, 1\]"),
    "a number": (lambda x: np.float32(1), r"found float32 \[\], expected"),
    "not finite": (with_hole, "found numbers that are not finite"),
    "beyond all": (lambda x: 1e16 * x, r"found numbers that are .*beyond ±1e\+15"),
}


@pytest.mark.parametrize("damage", MISFITS)
def test_a_field_that_does_not_fit_is_told_in_a_line(damage, data, folder):
    change, told = MISFITS[damage]
    np.save(folder / "train/source.npy", change(data.arrays["train"]["source"]))
    with pytest.raises(UserError, match=rf"train/source\.npy: not what the pipeline.*{told}") as e:
        DataFolder(folder).part("train")
    assert len(str(e.value).splitlines()) == 1
    DataFolder(folder).part("test")
    data.arrays["train"]["source"] = change(data.arrays["train"]["source"])
    with pytest.raises(UserError, match=rf"^dataset: train/source: {told}") as e:
        DataFolder(folder.with_name("other")).write(data)
    assert len(str(e.value).splitlines()) == 1
    assert not folder.with_name("other").exists()


def test_parts_with_too_few_rows_are_told(data, folder):
    few = {name: array[:3] for name, array in data.arrays["test"].items()}
    DataFolder(folder).write(Data({**data.arrays, "test": few}, data.description))
    with pytest.raises(UserError, match=r"test/real\.npy.*found 3 rows; at least 20"):
        DataFolder(folder).read()


def test_a_law_has_a_name(data, folder):
    about = json.loads((folder / "data.json").read_text())
    (folder / "data.json").write_text(json.dumps({**about, "law": {"a": 1}}))
    with pytest.raises(UserError, match=r"data\.json: law\.name: missing"):
        DataFolder(folder).read()


@pytest.mark.parametrize("labels", [np.resize([0, 2], 29), np.resize([0, -1], 29)])
def test_labels_beyond_the_classes_are_told(labels, folder):
    np.save(folder / "train/labels.npy", labels)
    with pytest.raises(UserError, match=r"train/labels\.npy.*found labels beyond 0 to 1"):
        DataFolder(folder).part("train")


def test_a_missing_or_an_unknown_field_is_told(data, folder):
    (folder / "test/curve.npy").unlink()
    with pytest.raises(UserError, match=r"test/curve\.npy: there is no such file; `dvc checkout"):
        DataFolder(folder).part("test")
    data.arrays["test"]["more"] = data.arrays["test"].pop("curve")
    told = r"^dataset: test has labels, more, real, source; the description says curve, labels, "
    with pytest.raises(UserError, match=told):
        DataFolder(folder).write(data)


def change(folder, **fields):
    path = folder / "data.json"
    about = json.loads(path.read_text())
    about["fields"] |= fields
    about["fields"] = {name: own for name, own in about["fields"].items() if own is not None}
    path.write_text(json.dumps(about))


@pytest.mark.parametrize(
    "name", ["labels", "latents", "../up", "Real", "", "a.b", "x" * 61, "null"]
)
def test_a_name_that_is_none_for_a_field_is_refused(name, folder):
    with pytest.raises(ValueError, match="fields"):
        Description(fields={"real": VECTOR, name: VECTOR}, classes=())
    change(folder, **{name: VECTOR.model_dump(mode="json")})
    with pytest.raises(UserError, match=r"any/data\.json: fields") as refused:
        DataFolder(folder).part("train")
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize(
    ("own", "told"),
    [
        (None, r"data\.json: fields\.real: missing"),
        ({"view": "an image"}, r"fields\.real\.view: found \"an image\"; "),
        ({"shape": [4], "axis": [1, 2]}, r"fields\.real\.axis: 2 points, for examples of shape"),
        ({"shape": []}, r"fields\.real\.shape: found \[\]; "),
        ({"shape": [2, 0]}, r"fields\.real\.shape\.1: found 0; "),
        ({"axis": [float("nan")]}, r"fields\.real\.axis\.0: found NaN; should be a finite number"),
        ({"codec": {"kind": "zip"}}, r"fields\.real\.codec\.kind: found \"zip\"; allowed: affine"),
        ({"codec": {"scale": 1.0}}, r"fields\.real\.codec\.kind: missing"),
        ({"codec": {"kind": "affine", "scale": 1.0}}, r"fields\.real\.codec\.offset: missing"),
        ({"codec": 3}, r"fields\.real\.codec: found 3; should be a mapping"),
    ],
)  # fmt: skip
def test_a_damaged_description_is_told_in_a_line(own, told, folder):
    before = json.loads((folder / "data.json").read_text())["fields"]["real"]
    change(folder, real=None if own is None else {**before, **own})
    with pytest.raises(UserError, match=told) as refused:
        _ = DataFolder(folder).description
    assert len(refused.value.problems) == 1


def test_keys_of_a_later_version_are_ignored(data, folder):
    path = folder / "data.json"
    about = json.loads(path.read_text())
    for place in (about, about["fields"]["real"], about["fields"]["real"]["codec"]):
        place["later"] = 1
    path.write_text(json.dumps(about))
    assert DataFolder(folder).description == data.description
