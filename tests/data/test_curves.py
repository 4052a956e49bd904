"""Curves of a person's own: what files hold, how they are encoded, and what is refused."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forger.core.errors import UserError
from forger.data.base import PARTS
from forger.data.curves import Curves, fill, scale

HERE = Path()
N, POINTS = 200, 12
RNG = np.random.default_rng(0)
FLAT = RNG.normal(3, 2, (N, POINTS))
DEEP = RNG.normal(0, [1, 100], (N, POINTS, 2))
ENDS = RNG.integers(4, POINTS + 1, N)
LONG = {"id": "id", "time": "time", "values": ("value",)}


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


def test_channels_may_be_scaled_by_their_ends(dataset):
    train = dataset(DEEP, channels=2, scaling="range").make(HERE).arrays["train"]["real"]
    np.testing.assert_allclose(train.min((0, 1)), -1, rtol=1e-6)
    np.testing.assert_allclose(train.max((0, 1)), 1, rtol=1e-6)


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
    curves = ragged()
    data = dataset(
        long_table(curves), "mine.csv", layout=LONG, unequal=True, axis=(0.0, 11.0)
    ).make(HERE)
    assert_the_same(values_of(data), curves)


def test_the_times_of_a_long_table_are_the_axis(dataset):
    """From each curve's start, if they begin at different times."""
    frame = long_table(FLAT)
    wanted = tuple(np.arange(POINTS) / 4)
    starts = frame["id"].str[1:].astype(float)
    for times in (frame["time"] / 4, frame["time"] / 4 + starts):
        data = dataset(frame.assign(time=times), "mine.csv", layout=LONG).make(HERE)
        assert data.description.real.axis == pytest.approx(wanted)
        assert_the_same(values_of(data), FLAT)


def test_names_that_are_numbers_are_the_axis(dataset):
    places = np.linspace(-1, 4.5, POINTS)
    frame = pd.DataFrame(FLAT, columns=places.astype(str))
    data = dataset(frame, "mine.csv", header=True).make(HERE)
    assert data.description.real.axis == tuple(places)
    assert_the_same(values_of(data), FLAT)


@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize(
    ("separator", "decimal"), [(";", ","), (";", "."), ("\t", "."), ("|", ".")]
)
def test_separators_and_decimal_commas_are_found(dataset, separator, decimal, names):
    frame = pd.DataFrame(FLAT, columns=[f"t{i}" for i in range(POINTS)])
    text = frame.to_csv(index=False, header=names, sep=separator, decimal=decimal)
    assert_the_same(values_of(dataset(text.encode(), "mine.txt").make(HERE)), FLAT)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("long", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_curves_are_read_in_the_encodings_of_tables(dataset, encoding, long, end):
    frame = long_table(FLAT) if long else pd.DataFrame(FLAT, columns=[f"t{i}" for i in range(12)])
    names = {"id": "größe", "time": "jahr", "value": "höhe"} if long else {"t0": "größe"}
    text = frame.rename(columns=names).to_csv(index=False, sep=";", decimal=",", lineterminator=end)
    layout = {"id": "größe", "time": "jahr", "values": ("höhe",)} if long else None
    data = dataset(text.encode(encoding), "mine.csv", layout=layout).make(HERE)
    assert_the_same(values_of(data), FLAT)


@pytest.mark.parametrize("told", [{"delimiter": "/"}, {"encoding": "utf-7"}])
def test_how_a_table_of_curves_is_written_may_be_told(dataset, told):
    frame = pd.DataFrame(FLAT, columns=[f"t+{i}" for i in range(POINTS)])
    text = frame.to_csv(index=False, sep=told.get("delimiter", ","))
    content = text.encode(told.get("encoding", "utf-8"))
    assert_the_same(values_of(dataset(content, "mine.csv", **told).make(HERE)), FLAT)


def test_reading_curves_warns_of_nothing(dataset):
    frame = pd.DataFrame(FLAT, columns=[f"t{i}" for i in range(POINTS)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset(frame, "mine.csv").make(HERE)


def test_curves_that_change_while_they_are_read_are_refused(dataset, monkeypatch):
    from forger.data import curves_read

    made = dataset(FLAT)
    inside = curves_read._read_arrays

    def read(path, columns):
        found = inside(path, columns)
        np.save(path, FLAT[:100])
        return found

    monkeypatch.setattr(curves_read, "_read_arrays", read)
    with pytest.raises(UserError, match="changed while it was read"):
        made.make(HERE)


def test_a_tables_row_that_is_short_is_a_curve_that_ends_early(dataset):
    rows = [",".join(map(str, curve[curve == curve])) for curve in ragged()]
    data = dataset("\n".join(rows).encode(), "mine.csv", unequal=True).make(HERE)
    assert_the_same(values_of(data), ragged())


@pytest.mark.parametrize("long", [True, False])
def test_labels_and_groups_of_a_table(dataset, long):
    groups = np.arange(N) // 4
    beside = {"patient": groups, "sort": np.array(["b", "a"])[groups % 2]}
    if long:
        frame = long_table(FLAT)
        of_curve = frame["id"].str[1:].astype(int).to_numpy()
        frame = frame.assign(**{name: values[of_curve] for name, values in beside.items()})
    else:
        frame = pd.DataFrame(FLAT, columns=[f"t{i}" for i in range(POINTS)]).assign(**beside)
    layout = LONG if long else None
    data = dataset(frame, "mine.csv", layout=layout, labels="sort", group="patient").make(HERE)
    assert data.description.classes == ("a", "b")
    seen = []
    for part in PARTS:
        found = data.description.real.codec.decode(data.arrays[part]["real"])[..., 0]
        own = [int(groups[np.abs(FLAT - curve).sum(1).argmin()]) for curve in found]
        assert [("b", "a")[group % 2] for group in own] == [
            data.description.classes[label] for label in data.arrays[part]["labels"]
        ]
        seen.append({*own})
    assert sum(map(len, seen)) == len(set.union(*seen)) == 50


@given(st.integers(1, 3), st.booleans(), st.integers(0, 2**32 - 1))
def test_curves_of_all_lengths_come_back_from_the_networks_units(channels, whole, seed):
    rng = np.random.default_rng(seed)
    ends = rng.integers(1, POINTS + 1, 40)
    curves = rng.normal(5, 100 ** np.arange(channels), (40, POINTS, channels))
    curves = np.round(curves) if whole else curves
    curves[np.arange(POINTS) >= ends[:, None]] = np.nan
    codec = scale(curves, tuple("abc"[:channels]), masked=True)
    encoded = codec.encode(fill(curves, codec))
    np.testing.assert_array_equal(codec.snap(encoded), encoded)
    found = codec.cut(codec.decode(encoded))
    np.testing.assert_array_equal((~np.isnan(found[..., 0])).sum(1), ends)
    if whole:
        np.testing.assert_array_equal(found, curves)
    else:
        np.testing.assert_allclose(found / codec.scale, curves / codec.scale, atol=1e-5)


def test_the_same_file_gives_the_same_bytes(dataset):
    own = dataset(ragged(), unequal=True)
    one, other = (own.make(HERE) for _ in range(2))
    assert one.description.model_dump() == other.description.model_dump()
    for part in PARTS:
        assert one.arrays[part]["real"].tobytes() == other.arrays[part]["real"].tobytes()


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
        (b"a,b\n" + b"1,2,3\n" * 50, {"name": "mine.csv"}, "rows longer than the first"),
        (b"1,2\n" + b"1,2,3\n" * 50, {"name": "mine.csv"}, "rows longer than the first"),
        (b'a,b\n1,"2\n1,2\n', {"name": "mine.csv"}, "line 2 has a quote"),
        (b"a,a\n1,2\n", {"name": "mine.csv"}, 'two columns are called "a"'),
        (b"a,b\n" + b"1,2\n" * 80_000 + b"\xff,2\n", {"name": "mine.csv"}, "say dataset.encoding"),
        (b"1,2,x\n" * 50, {"name": "mine.csv", "points": 3}, "needs a number"),
        (b"", {"name": "mine.csv"}, "is empty"),
        ({"a": FLAT, "b": FLAT}, {"name": "mine.npz"}, "dataset.array: name the array of curves"),
        ({"a": FLAT}, {"name": "mine.npz", "array": "c"}, "found no array c"),
        (
            {"a": FLAT, "b": np.arange(9)},
            {"name": "mine.npz", "labels": "b"},
            "b: found int64 [9]; expected whole numbers or text, [200]",
        ),
        (DEEP[..., None], {}, "found float64 [200, 12, 2, 1]"),
        (FLAT * 1j, {}, "found complex128 [200, 12]"),
        (holed(1e31), {}, "a value beyond"),
        (np.stack([FLAT, FLAT * 0], -1), {"channels": 2}, "channel 1 is 0 everywhere"),
        (np.where(np.arange(N)[:, None] == 7, np.nan, FLAT), {"unequal": True}, "curve 8: has no"),
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


@pytest.mark.parametrize("name", ["mine.npy", "mine.npz"])
def test_a_file_that_was_cut_off_is_told(dataset, name):
    whole = Path(dataset({"curves": FLAT} if name.endswith("z") else FLAT, name).path).read_bytes()
    for left in (len(whole) // 2, len(whole) - 9):
        with pytest.raises(UserError, match="is truncated"):
            dataset(whole[:left], name).make(HERE)


@pytest.mark.parametrize(
    ("column", "value", "options", "told"),
    [
        ("time", np.nan, {"axis": (0.0, 1.0)}, "row 6, column time: found nan"),
        ("time", np.inf, {"axis": (0.0, 1.0)}, "row 6, column time: found inf"),
        ("time", 4.5, {}, "dataset.axis: "),
        ("time", 4.0, {}, "curve c0 has two rows at time 4"),
        ("id", None, {}, "id: found a row without the name of its curve"),
        ("value", None, {}, "curve 1, point 6, value: a value is missing"),
        ("sort", "z", {"labels": "sort"}, "sort: one curve has both "),
        ("sort", "z", {"group": "sort"}, "sort: one curve has both "),
        ("sort", None, {"group": "sort"}, "sort: one curve has both "),
        ("value", 1.0, {"labels": "sorts"}, "did you mean sort?"),
    ],
)
def test_a_long_table_with_an_odd_row_gets_a_line(dataset, column, value, options, told):
    frame = long_table(FLAT).sort_index().assign(sort="a")
    frame = frame.astype({"time": float})
    frame.loc[5, column] = value
    with pytest.raises(UserError) as error:
        dataset(frame, "mine.csv", layout=LONG, **options).make(HERE)
    (line,) = error.value.problems
    assert told in line


ODD = "a\x1b[2J\u2028b"


@pytest.mark.parametrize("long", [True, False])
@pytest.mark.parametrize("value", ["x\x07", None])
def test_odd_names_and_values_are_told_in_a_line(dataset, long, value):
    frame = long_table(FLAT) if long else pd.DataFrame(FLAT).add_prefix("t")
    name = "value" if long else "t3"
    frame = frame.astype({name: object}).rename(columns={name: ODD, "id": f"id{ODD}"})
    frame.iloc[0, frame.columns.get_loc(ODD)] = value
    layout = {"id": f"id{ODD}", "time": "time", "values": (ODD,)} if long else None
    with pytest.raises(UserError) as error:
        dataset(frame, "mine.csv", layout=layout).make(HERE)
    (line,) = error.value.problems
    assert line.isprintable()


@pytest.mark.parametrize("key", ["labels", "group"])
@pytest.mark.parametrize("long", [True, False])
def test_a_curve_without_a_label_or_a_group_is_told(dataset, key, long):
    frame = long_table(FLAT) if long else pd.DataFrame(FLAT).add_prefix("t")
    frame["sort"] = "a"
    frame.loc[frame["id"] == "c7" if long else frame.index == 7, "sort"] = None
    options = {"layout": LONG if long else None, key: "sort"}
    with pytest.raises(UserError, match=f"dataset.{key}: sort: some curves have none"):
        dataset(frame, "mine.csv", **options).make(HERE)


def test_a_missing_file_is_named():
    with pytest.raises(UserError, match=r"nowhere\.npy is not there"):
        Curves(kind="curves", path="nowhere.npy", points=3).make(HERE)
