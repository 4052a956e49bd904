"""Curves of a person's own: what files hold, how they are encoded, and what is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forger.core.errors import UserError
from forger.data.base import PARTS
from forger.data.curves import Curves

HERE = Path()
N, POINTS = 200, 12
RNG = np.random.default_rng(0)
FLAT = RNG.normal(3, 2, (N, POINTS))
DEEP = RNG.normal(0, [1, 100], (N, POINTS, 2))
ENDS = RNG.integers(4, POINTS + 1, N)


def ragged():
    curves = FLAT.copy()
    curves[np.arange(POINTS) >= ENDS[:, None]] = np.nan
    curves[0] = FLAT[0]  # one of them is whole
    return curves


def long_table(curves):
    rows = [(f"c{i}", t, y) for i, c in enumerate(curves) for t, y in enumerate(c) if y == y]
    return pd.DataFrame(rows, columns=["id", "time", "value"]).sample(frac=1, random_state=0)


@pytest.fixture
def dataset(tmp_path):
    def write(content, name="mine.npy", **options):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, dict):
            np.savez(path, **content)
        elif isinstance(content, pd.DataFrame):
            content.to_csv(path, index=False, header=options.pop("names", True))
        else:
            np.save(path, content)
        return Curves(kind="curves", path=str(path), **{"points": POINTS, **options})

    return write


def values_of(data):
    """All curves, in the data's units, cut at their ends, `[n, t, channels]`."""
    codec = data.description.real.codec
    parts = [codec.cut(codec.decode(data.arrays[part]["real"])) for part in PARTS]
    return np.concatenate(parts)


def assert_the_same(found, wanted):
    wanted = wanted if wanted.ndim == 3 else wanted[..., None]

    def sort(curves):
        return curves[np.lexsort(np.nan_to_num(curves.reshape(len(curves), -1), nan=-9).T)]

    np.testing.assert_allclose(sort(found), sort(wanted), rtol=1e-5, atol=1e-5)


def test_curves_of_an_array_come_back(dataset):
    data = dataset(FLAT).make(HERE)
    assert data.arrays["train"]["real"].shape == (130, POINTS, 1)
    assert_the_same(values_of(data), FLAT)
    assert data.description.real.axis == tuple(range(POINTS))


def test_channels_are_scaled_each_by_itself(dataset):
    data = dataset(DEEP, channels=2).make(HERE)
    train = data.arrays["train"]["real"]
    np.testing.assert_allclose(train.mean((0, 1)), 0, atol=1e-6)
    np.testing.assert_allclose(train.std((0, 1)), 0.5, rtol=1e-5)
    assert_the_same(values_of(data), DEEP)


def test_labels_and_groups_of_an_archive(dataset):
    groups = np.repeat(np.arange(50), 4)
    content = {"curves": FLAT, "kind": np.array(["a", "b"])[groups % 2], "patient": groups}
    data = dataset(content, "mine.npz", array="curves", labels="kind", group="patient").make(HERE)
    assert data.description.classes == ("a", "b")
    of_curve = {row.tobytes(): group for row, group in zip(np.float32(FLAT), groups, strict=True)}
    seen = []
    for part in PARTS:
        found = data.description.real.codec.decode(data.arrays[part]["real"])[..., 0]
        nearest = [np.abs(FLAT - curve).sum(1).argmin() for curve in found]
        np.testing.assert_array_equal(groups[nearest] % 2, data.arrays[part]["labels"])
        seen.append({int(group) for group in groups[nearest]})
    assert sum(map(len, seen)) == len(set.union(*seen)) == len({*of_curve.values()})


def test_curves_that_end_early_come_back_as_long_as_they_were(dataset):
    curves = ragged()
    data = dataset(curves, unequal=True).make(HERE)
    assert data.description.real.shape == (POINTS, 2)
    assert_the_same(values_of(data), curves)


def test_a_sample_ends_where_its_mask_says_so(dataset):
    codec = dataset(ragged(), unequal=True).make(HERE).description.real.codec
    sample = np.zeros((1, POINTS, 2), np.float32)
    sample[0, :, 0] = 0.3
    sample[0, :, 1] = [0.9, 0.8, -0.1, 0.7, 0.6, -0.4, *[-0.9] * 6]
    cut = codec.cut(codec.decode(codec.snap(sample)))[0, :, 0]
    assert np.isfinite(cut).tolist() == [True] * 5 + [False] * 7


@pytest.mark.parametrize("names", [True, False])
def test_a_table_with_a_row_a_curve(dataset, names):
    frame = pd.DataFrame(FLAT, columns=[f"t{i}" for i in range(POINTS)])
    assert_the_same(values_of(dataset(frame, "mine.csv", names=names).make(HERE)), FLAT)


def test_a_table_with_a_row_a_point(dataset):
    layout = {"id": "id", "time": "time", "values": ("value",)}
    curves = ragged()
    data = dataset(
        long_table(curves), "mine.csv", layout=layout, unequal=True, axis=(0.0, 11.0)
    ).make(HERE)
    assert_the_same(values_of(data), curves)


def test_whole_numbers_stay_whole(dataset):
    data = dataset(np.round(10 * FLAT).astype(int)).make(HERE)
    codec = data.description.real.codec
    wild = RNG.normal(0, 3, (5, POINTS, 1)).astype(np.float32)
    values = codec.decode(codec.snap(wild))
    np.testing.assert_array_equal(values, np.round(values))
    assert codec.range[0][0] <= values.min() <= values.max() <= codec.range[0][1]


def test_in_order_of_time_the_last_curves_are_for_the_test(dataset):
    data = dataset(FLAT + 100 * np.arange(N)[:, None], order="time").make(HERE)
    codec = data.description.real.codec
    first, *_, last = (codec.decode(data.arrays[part]["real"]).mean((1, 2)) for part in PARTS)
    assert first.max() < last.min()


def holed(value):
    curves = FLAT.copy()
    curves[7, 3] = value
    return curves


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        (FLAT[:1], {}, "1 training"),
        (FLAT[:30], {}, "figures need at least 20 of each"),
        (FLAT[:0], {}, "found no curve"),
        (FLAT, {"points": 9}, "dataset.points: found 9; "),
        (DEEP, {}, "dataset.channels: found 1; "),
        (holed(np.inf), {}, "curve 8, point 4"),
        (holed(np.nan), {}, "curve 8, point 4"),
        (np.ones((N, POINTS)), {}, "is 1 everywhere"),
        (ragged(), {}, "set dataset.unequal to true"),
        (np.array([1, "a"], dtype=object), {}, "holds Python objects"),
        (b"", {}, "mine.npy"),
        (b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', ", {}, "mine.npy"),
        (b"a,b,c\n1,2,3\n1,2,3,4\n", {"name": "mine.csv"}, "rows longer than the first"),
        (b"1,2,x\n" * 50, {"name": "mine.csv", "points": 3}, "needs a number"),
        (b"", {"name": "mine.csv"}, "it is empty"),
        ({"a": FLAT, "b": FLAT}, {"name": "mine.npz"}, "dataset.array: name the array of curves"),
        ({"a": FLAT}, {"name": "mine.npz", "array": "c"}, "found no array c"),
    ],
)
def test_bad_files_get_a_line(dataset, content, options, told):
    options = dict(options)
    name = options.pop("name", "mine.npy")
    if isinstance(content, np.ndarray) and content.dtype == object:
        np.save(path := Path(dataset(FLAT).path), content, allow_pickle=True)
        made = Curves(kind="curves", path=str(path), points=POINTS)
    else:
        made = dataset(content, name, **options)
    with pytest.raises(UserError) as error:
        made.make(HERE)
    (line,) = error.value.problems
    assert told in line
    assert "\n" not in line


def test_a_missing_file_is_named():
    with pytest.raises(UserError, match=r"nowhere\.npy is no file"):
        Curves(kind="curves", path="nowhere.npy", points=3).make(HERE)
