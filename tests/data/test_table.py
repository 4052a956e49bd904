"""Tables: what columns are taken for, how rows are encoded, and what is refused."""

import io
import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from forger.core.errors import UserError
from forger.data.base import PARTS
from forger.data.codecs.columns import Category, Number
from forger.data.codecs.table import Table as Codec
from forger.data.csv_layout import Layout
from forger.data.description import Description
from forger.data.table import Table
from forger.data.table_files import read_texts
from forger.data.table_rows import build_texts, build_typed

HERE = Path()
ROWS = 400


def people(rows=ROWS, seed=0):
    rng = np.random.default_rng(seed)
    heights = np.round(rng.normal(170, 10, rows), 1)
    heights[rng.random(rows) < 0.1] = np.nan
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 700, rows), unit="D")
    incomes = np.where(rng.random(rows) < 0.4, 0, np.round(rng.lognormal(9, 0.5, rows), 2))
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, rows),
            "colour": rng.choice(["red", "green", None], rows, p=[0.6, 0.3, 0.1]),
            "income": incomes,
            "day": days.strftime("%d.%m.%Y"),
            "height": heights,
            "children": rng.integers(0, 4, rows),
            "country": "DE",
        }
    )


@pytest.fixture
def table(tmp_path):
    def write(frame=None, name="mine.csv", text=None, **options):
        path = tmp_path / name
        if text is not None:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        elif path.suffix == ".parquet":
            frame.to_parquet(path)
        else:
            frame.to_csv(path, index=False, sep=options.get("delimiter") or ",")
        return Table(kind="table", path=str(path), **options)

    return write


def columns_of(dataset):
    codec = dataset.make(HERE).description.real.codec
    return {column.name: column for column in codec.columns}, codec


def test_columns_are_taken_for_what_they_hold(table):
    found, codec = columns_of(table(people()))
    assert [*found] == ["age", "colour", "income", "day", "height", "children"]
    assert [c.name for c in codec.constants] == ["country"]
    assert (found["age"].step, found["age"].decimals, found["age"].missing) == (1, 0, False)
    assert found["colour"] == Category(name="colour", missing=True, categories=("green", "red"))
    assert found["income"].atoms == (0.0,)
    assert found["income"].modes
    assert (found["day"].format, found["day"].step) == ("%d.%m.%Y", 86_400)
    assert found["height"].missing
    assert found["height"].step == pytest.approx(0.1)
    assert found["children"].atoms == (0, 1, 2, 3)
    assert not found["children"].modes


@pytest.mark.parametrize("name", ["mine.csv", "mine.parquet"])
def test_rows_come_back_as_they_were(table, tmp_path, name):
    """Every value of every part, missing ones and constants too, in the file's order."""
    frame = people()
    data = table(frame, name).make(HERE)
    codec = data.description.real.codec
    found = pd.concat(
        build_typed(codec.decode(data.arrays[part]["real"]), codec).to_pandas() for part in PARTS
    )
    assert [*found] == [*frame]
    if name.endswith("csv"):
        found["day"] = found["day"].dt.strftime("%d.%m.%Y")
    key = [*frame]
    ordered = found.sort_values(key).reset_index(drop=True)
    wanted = frame.sort_values(key).reset_index(drop=True)
    pd.testing.assert_frame_equal(ordered, wanted, check_dtype=False, rtol=1e-12)


TYPED = {
    "truth": (pa.bool_(), lambda rng: rng.random(ROWS) < 0.5),
    "clock": (pa.time64("us"), lambda rng: rng.integers(0, 86_400, ROWS) * 10**6),
    "short clock": (pa.time32("ms"), lambda rng: rng.integers(0, 86_400, ROWS, np.int32) * 1000),
    "fine clock": (pa.time64("ns"), lambda rng: rng.integers(0, 86_400, ROWS) * 10**9),
    "whole": (pa.int64(), lambda rng: rng.integers(-99, 99, ROWS)),
    "small": (pa.uint8(), lambda rng: rng.integers(0, 9, ROWS)),
    "number": (pa.float64(), lambda rng: rng.integers(0, 999, ROWS) / 4),
    "whole number": (pa.float64(), lambda rng: rng.integers(0, 99, ROWS) * 1.0),
    "single": (pa.float32(), lambda rng: rng.integers(0, 99, ROWS) * 1.0),
    "money": (
        pa.decimal128(12, 2),
        lambda rng: [Decimal(n) / 4 for n in rng.integers(1, 9, ROWS).tolist()],
    ),
    "length": (pa.duration("ms"), lambda rng: rng.integers(0, 10**6, ROWS)),
    "day": (pa.date32(), lambda rng: rng.integers(0, 9999, ROWS, np.int32)),
    "time": (pa.timestamp("ms"), lambda rng: rng.integers(0, 10**6, ROWS) * 1000),
    "fine time": (pa.timestamp("ns"), lambda rng: rng.integers(0, 10**6, ROWS) * 10**9),
    "here": (pa.timestamp("us", "Europe/Berlin"), lambda rng: rng.integers(0, 9**6, ROWS) * 10**6),
    "there": (pa.timestamp("ms", "-05:30"), lambda rng: rng.integers(0, 10**6, ROWS) * 1000),
    "word": (pa.string(), lambda rng: rng.choice(["true", "false"], ROWS)),
    "long word": (pa.large_string(), lambda rng: rng.choice(["a", "b"], ROWS)),
    "digits": (pa.string(), lambda rng: rng.choice([*map(str, range(99))], ROWS)),
    "written day": (pa.string(), lambda rng: rng.choice(["2020-01-01", "2020-01-31"], ROWS)),
}


@pytest.mark.parametrize("missing", [False, True])
def test_typed_values_keep_their_types(table, missing):
    """Those that vary, constants, and columns of which all is missing."""
    mask = (np.arange(ROWS) % 9 == 8) & missing
    wanted = {"row": pa.array(np.arange(ROWS))}
    for name, (kind, draw) in TYPED.items():
        wanted[name] = pa.array(draw(np.random.default_rng(0)), mask=mask).cast(kind)
        wanted[f"one {name}"] = pa.array([wanted[name][0].as_py()] * ROWS, kind)
        wanted[f"no {name}"] = pa.nulls(ROWS, kind)
    wanted = pa.table({**wanted, "nothing": pa.nulls(ROWS)})
    dataset = table(pd.DataFrame({"a": [1]}), "mine.parquet")
    parquet.write_table(wanted, dataset.path)
    data = dataset.make(HERE)
    codec = data.description.real.codec
    assert len(codec.constants) == 2 * len(TYPED) + 1
    made = pa.concat_tables(
        build_typed(codec.decode(data.arrays[part]["real"]), codec) for part in PARTS
    ).sort_by("row")
    for name in wanted.column_names:
        assert made.schema.field(name) == wanted.schema.field(name)
        assert made[name].equals(wanted[name]), name


CONSTANTS = {
    "7": 7, "-3": -3, "2.50": 2.5, "+5": "+5", "1e3": "1e3", "007": "007", "9" * 17: "9" * 17,
    "2020-01-31": datetime(2020, 1, 31), "a": "a", "": None,
}  # fmt: skip


def test_constants_of_text_are_typed_by_what_they_say(table):
    frame = pd.DataFrame({"row": range(ROWS)} | {f"_{text}": [text] * ROWS for text in CONSTANTS})
    data = table(frame).make(HERE)
    codec = data.description.real.codec
    values = codec.decode(data.arrays["test"]["real"])
    for text, wanted in CONSTANTS.items():
        assert build_typed(values, codec)[f"_{text}"].to_pylist()[0] == wanted
        assert build_texts(values, codec)[f"_{text}"].to_pylist()[0] == text


CLOCKS = [datetime(2021, 1, 31, 23, 30) + timedelta(hours=7 * i) for i in range(ROWS)]
CLOCK_WAYS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S.%f")
ZONES = ("+02:00", "-0930", "Z", "+00:00")


def test_one_offset_of_all_times_is_kept(table, capsys):
    texts = {
        f"{way} {zone}": [f"{each.strftime(way)}{zone}" for each in CLOCKS]
        for way in CLOCK_WAYS
        for zone in ZONES
    }
    data = table(pd.DataFrame({"row": range(ROWS), **texts})).make(HERE)
    assert not capsys.readouterr().out
    codec = data.description.real.codec
    values = np.concatenate([codec.decode(data.arrays[part]["real"]) for part in PARTS])
    rows = values[:, 0].astype(int)
    written, typed = build_texts(values, codec), build_typed(values, codec)
    for name, own in texts.items():
        assert written[name].to_pylist() == [own[row] for row in rows]
        assert typed[name].to_pylist() == [datetime.fromisoformat(own[row]) for row in rows]


@pytest.mark.parametrize("most", [1, 10**3, 10**9])
def test_times_come_back_to_the_microsecond(table, most):
    rng = np.random.default_rng(0)
    times = [
        datetime(2021, 1, 31) + timedelta(seconds=int(s), microseconds=int(m))
        for s, m in zip(rng.integers(0, most, ROWS), rng.integers(0, 10**6, ROWS), strict=True)
    ]
    texts = [f"{each:%Y-%m-%d %H:%M:%S.%f}" for each in times]
    data = table(pd.DataFrame({"row": range(ROWS), "at": texts})).make(HERE)
    codec = data.description.real.codec
    values = np.concatenate([codec.decode(data.arrays[part]["real"]) for part in PARTS])
    rows = values[:, 0].astype(int)
    assert build_texts(values, codec)["at"].to_pylist() == [texts[row] for row in rows]
    assert build_typed(values, codec)["at"].to_pylist() == [times[row] for row in rows]


def test_times_of_several_offsets_become_utc_and_that_is_told(table, capsys):
    """As those of a summer and a winter."""
    zones = [timezone(timedelta(hours=1 + i % 2)) for i in range(ROWS)]
    times = [each.replace(tzinfo=zone) for each, zone in zip(CLOCKS, zones, strict=True)]
    frame = pd.DataFrame({"row": range(ROWS), "at": [each.isoformat() for each in times]})
    data = table(frame).make(HERE)
    assert '"at" has times of several offsets from UTC' in capsys.readouterr().out
    codec = data.description.real.codec
    values = codec.decode(data.arrays["train"]["real"])
    for row, text, typed in zip(
        values[:, 0].astype(int),
        build_texts(values, codec)["at"].to_pylist(),
        build_typed(values, codec)["at"].to_pylist(),
        strict=True,
    ):
        assert datetime.fromisoformat(text) == typed == times[row]
        assert text.endswith("+00:00")


DAYS = [f"2021-{1 + i % 12:02}-{1 + i % 28:02}" for i in range(199)]
SLASHED = [day.replace("-", "/") for day in DAYS]


@pytest.mark.parametrize(
    ("texts", "told", "free"),
    [
        (
            [*DAYS, "2021-02-30"],
            'row 200 has "2021-02-30", which is no date, among 199 dates',
            True,
        ),
        ([*DAYS, "0000-00-00"], 'row 200 has "0000-00-00", which is no date, among 199', True),
        (["soon", *DAYS], 'row 1 has "soon", which is no date, among 199 dates', True),
        ([*DAYS, *SLASHED[:50]], "found dates in several ways: row 1 has", True),
        ([*DAYS, *SLASHED], "found dates in several ways: row 1 has", True),
        (
            ["2021-02-30", "2021-02-31"] * 80,
            'row 1 has "2021-02-30"; dates may be written as',
            False,
        ),
        ([*DAYS[:4], *["soon"] * 160], 'row 5 has "soon", which is no date, among 4 dates', False),
    ],
)
def test_what_is_no_date_among_dates_gets_a_line(table, texts, told, free):
    """Whether the recipe says that they are dates or, where most are, does not."""
    frame = pd.DataFrame({"row": range(len(texts)), "day": texts})
    with pytest.raises(UserError) as error:
        table(frame, columns={"row": "number", "day": "date"}).make(HERE)
    assert told in error.value.problems[0]
    assert error.value.problems[0].startswith("dataset.columns.day: ")
    assert columns_of(table(frame, columns={"row": "number", "day": "category"}))[0]["day"]
    if free:
        with pytest.raises(UserError) as error:
            table(frame).make(HERE)
        assert told in error.value.problems[0]
    else:
        assert isinstance(columns_of(table(frame))[0]["day"], Category)


@pytest.mark.parametrize(
    ("numbers", "rounded"),
    [
        (lambda rng: rng.integers(2**39, 2**40, ROWS), True),
        (lambda rng: 20240131000 + rng.integers(0, 999, ROWS), False),
        (lambda rng: rng.integers(0, 2**20, ROWS), False),
        (lambda rng: rng.lognormal(9, 1, ROWS), False),  # on no grid
    ],
)
def test_numbers_that_the_networks_round_are_told(table, capsys, numbers, rounded):
    table(pd.DataFrame({"x": numbers(np.random.default_rng(0))})).make(HERE)
    told = capsys.readouterr().out
    assert ('"x" lies too far apart' in told) is rounded
    assert told.count("\n") == rounded


@pytest.mark.parametrize(
    ("most", "scale"),
    [(2**25, 1), (2**40, 1), (2**53, 1), (2**50, 5), (2**45, 0.01), (2**40, 1e-4)],
)
@pytest.mark.parametrize("several", [False, True])
def test_numbers_of_up_to_53_bits_come_back_exactly(table, most, scale, several):
    """Names, money in cents and times in microseconds; of one mode, or of several."""
    rng = np.random.default_rng(0)
    steps = rng.integers(0, most, ROWS) // (rng.choice([1, 1000, 10**6], ROWS) if several else 1)
    steps[:2] = 0, most
    texts = [str(Decimal(str(scale)) * int(step)) for step in steps]
    frame = pd.DataFrame({"row": range(ROWS), "x": texts})
    data = table(frame, columns={"row": "number", "x": "number"}).make(HERE)
    codec = data.description.real.codec
    for part in PARTS:
        found = data.arrays[part]["real"]
        assert found.dtype == np.float64
        values = codec.decode(found)
        np.testing.assert_array_equal(codec.encode(values), found)
        written = build_texts(values, codec)["x"].to_pylist()
        wanted = [texts[row] for row in values[:, 0].astype(int)]
        assert [*map(Decimal, written)] == [*map(Decimal, wanted)]
        sampled = codec.snap(found.astype(np.float32))
        np.testing.assert_array_equal(codec.snap(sampled), sampled)


def test_times_of_a_day_are_times_where_values_are_typed(table):
    minutes = np.random.default_rng(0).integers(0, 1440, ROWS)
    texts = [f"{m // 60:02}:{m % 60:02}" for m in minutes]
    data = table(pd.DataFrame({"clock": texts})).make(HERE)
    codec = data.description.real.codec
    typed = build_typed(codec.decode(data.arrays["train"]["real"]), codec)["clock"]
    written = build_texts(codec.decode(data.arrays["train"]["real"]), codec)["clock"]
    assert [each.strftime("%H:%M") for each in typed.to_pylist()] == written.to_pylist()


def test_rows_are_written_as_the_file_has_them(table):
    frame = people()
    data = table(frame).make(HERE)
    codec = data.description.real.codec
    texts = pd.concat(
        build_texts(codec.decode(data.arrays[part]["real"]), codec).to_pandas() for part in PARTS
    )
    written = io.StringIO()
    texts.to_csv(written, index=False)
    again = pd.read_csv(io.StringIO(written.getvalue()))
    key = [*frame]
    pd.testing.assert_frame_equal(
        again.sort_values(key).reset_index(drop=True),
        frame.sort_values(key).reset_index(drop=True),
        check_dtype=False,
    )


def test_semicolons_and_decimal_commas_are_found_and_kept(table):
    frame = people()[["age", "height", "colour"]]
    text = frame.to_csv(index=False, sep=";", decimal=",")
    data = table(text=text).make(HERE)
    codec = data.description.real.codec
    assert codec.delimiter == ";"
    heights = build_texts(codec.decode(data.arrays["test"]["real"]), codec)["height"].to_pylist()
    assert {text.count(",") for text in heights if text} == {1}


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.none() | st.integers(-1000, 1000), min_size=30, max_size=60),
    st.sampled_from([1, 5, 0.25]),
)
def test_numbers_on_a_grid_come_back_exactly(tmp_path_factory, values, scale):
    path = tmp_path_factory.mktemp("grid") / "numbers.csv"
    rows = 12 * [*enumerate(values)]
    lines = [f"{'' if v is None else v * scale:},{i}" for i, v in rows]
    path.write_text("\n".join(["x,row", *lines]) + "\n")
    dataset = Table(kind="table", path=str(path), columns={"x": "number", "row": "number"})
    data = dataset.make(HERE)
    codec = data.description.real.codec
    named = [column.name for column in codec.columns]
    if "x" not in named:
        assert len(set(values)) == 1
        return
    for part in PARTS:
        found = codec.decode(data.arrays[part]["real"])
        for x, row in found[:, [named.index("x"), named.index("row")]]:
            wanted = values[int(row)]
            assert np.isnan(x) if wanted is None else x == wanted * scale


def test_encoding_again_changes_nothing(table):
    data = table(people()).make(HERE)
    codec = data.description.real.codec
    encoded = data.arrays["train"]["real"]
    np.testing.assert_array_equal(codec.snap(encoded), encoded)


def test_no_sample_lies_beyond_what_the_data_have(table):
    data = table(people()).make(HERE)
    codec = data.description.real.codec
    rng = np.random.default_rng(1)
    wild = data.arrays["train"]["real"].copy()
    wild[:, : codec.numbers] = rng.normal(0, 50, (len(wild), codec.numbers))
    values = codec.decode(codec.snap(wild))
    for column, own in zip(codec.columns, values.T, strict=True):
        if isinstance(column, Number):
            there = own[~np.isnan(own)]
            assert column.low <= there.min() <= there.max() <= column.high
            steps = (there - column.low) / column.step
            np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)


def test_vectors_weigh_columns_alike():
    """Numbers by their deviation, categories √2 apart, a missing number apart from its mean."""
    codec = Codec(
        columns=(
            Number(name="x", mean=10, deviation=5, low=0, high=20, missing=True, atoms=(0, 10, 20)),
            Category(name="c", categories=("a", "b", "c")),
            Category(name="many", categories=tuple(map(str, range(1000)))),
        )
    )
    values = np.array([[10, 0, 3], [20, 0, 3], [np.nan, 0, 3], [10, 1, 3], [10, 0, 900.0]])
    vectors = codec.vectors(values)
    apart = np.linalg.norm(vectors[1:] - vectors[0], axis=1)
    np.testing.assert_allclose(apart[:3], [2, 1, 2**0.5])
    assert 0.9 < apart[3] < 1.9
    assert vectors.shape == (5, 2 + 3 + 32)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("a,b\n", "the columns' names, but no rows"),
        ("a,b", "the columns' names, but no rows"),
        ("a, a \n1,2\n", 'two columns are called "a"'),
        (
            b"a,b\n" + b"1,x\n2,y\n" * 60_000 + b"1,\xe9\n",
            "utf-8 all through; say dataset.encoding",
        ),
        ("a,a\n1,2\n", 'two columns are called "a"'),
        ("a," + "b" * 1001 + "\n1,2\n", 'the name of a column, "bbbb'),
        (",".join(map(str, range(10_000))) + "\n", "has 10,000 columns; a table has 1 to 2,000"),
        ("a,b\n1,2\n3\n", 'row 3 has 1 values instead of 2: "3"'),
        (b"a,b\n\xff\xfe\0,1\n", "is no text in utf-8 or cp1252"),
        ("a,b\n" + "1,2\n" * 200, "all rows are the same"),
        ("a\n" + "".join(f"{i}\n" for i in range(30)), "30 rows, which leaves"),
        ("a\n" + "".join(f"{i}\n" for i in range(99)) + "inf\n", 'row 100 has "inf"'),
        ("a\n" + "".join(f"{i}\n" for i in range(99)) + "x\n", 'row 100 has "x" among 99 numbers'),
        ("a\n" + "".join(f"t{i}\n" for i in range(99)), "99 of 99 rows have a text of their own"),
        ("a\n" + "".join(f"{i}\n" for i in range(99)) + "1e31\n", "must be within ±1e+30"),
        ("\na,b\n" + "1,2\n" * 100, "its first line is empty"),
        ("a,b\n" + f"1,{'x' * 200_000}\n" * 200, "all rows are the same"),
        ("a" * 200_000 + ",b\n1,2\n", "field larger than field limit"),
        ("a\n" + "".join(f'"{i},500"\n' for i in range(1, 99)), "may part thousands or decimals"),
        ("a,b\n" + "1,x\n" * 99 + '1,"x\n' + "1,x\n" * 99, "line 101 has a quote"),
        ("a,b\n" + "1,x\n" * 99 + '1,"x\n1,"y\n' + "1,x\n" * 99, "line 101 has a quote"),
        ("a,b\n" + '1,"x\ny"\n' * 99 + '1,"' + "x" * 300_000, "line 200 has a quote"),
    ],
)
def test_bad_files_get_a_line(table, text, told):
    with pytest.raises(UserError) as error:
        table(text=text).make(HERE)
    (line,) = error.value.problems
    assert told in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"path": "nowhere.csv"}, "dataset.path: nowhere.csv is not there"),
        ({"path": "mine.xls"}, "dataset.path: found mine.xls; a table is a .csv"),
        ({"target": "ages"}, 'dataset.target: found "ages"; did you mean age?'),
        ({"time": "colour"}, "dataset.time: colour has dates or numbers not in all rows"),
        ({"columns": {"age": "number"}}, 'has a new column, "colour"'),
        ({"columns": {"size": "number"}}, "dataset.columns.size: "),
        (
            {"columns": {**dict.fromkeys(people(1), "drop"), "colour": ("red",)}},
            'dataset.columns.colour: the data have a new category, "green"; allowed: "red"',
        ),
        ({"columns": {**dict.fromkeys(people(1), "drop"), "colour": "number"}}, "among 0 numbers"),
        ({"columns": {**dict.fromkeys(people(1), "drop"), "age": "date"}}, "dates may be written"),
        ({"delimiter": ";", "columns": {}}, "rows have a text of their own"),
    ],
)
def test_a_recipe_that_does_not_fit_its_file_gets_a_line(table, options, told):
    dataset = table(people()).model_copy(update=options)
    with pytest.raises(UserError) as error:
        dataset.make(HERE)
    assert told in error.value.problems[0]


def test_a_column_may_be_told_what_it_holds(table):
    found, _ = columns_of(
        table(people(), columns={**dict.fromkeys(people(1), "drop"), "age": "category"})
    )
    assert [*found] == ["age"]
    assert found["age"].categories == tuple(sorted({*map(str, people()["age"])}))


def test_listed_categories_need_not_all_occur(table):
    listed = ("red", "green", "blue")
    found, _ = columns_of(
        table(people(), columns={**dict.fromkeys(people(1), "drop"), "colour": listed})
    )
    assert found["colour"].categories == ("blue", "green", "red")


@pytest.mark.parametrize("first", ["1;2;3", "1,5;;2,5", "1,5;2,5;", "-1e3;nan;0,25"])
def test_a_first_row_with_missing_numbers_has_no_names(table, first):
    """Whose decimal commas part no values."""
    texts = table(text=f"{first}\n" + "1,5;2,5;3,5\n" * 100).read(HERE)
    assert [*texts] == ["column_1", "column_2", "column_3"]
    assert len(texts["column_1"].codes) == 101


def test_an_index_without_a_name_does_not_make_numbers_of_names(table):
    texts = table(text=",0,1\n" + "7,1,2\n" * 100).read(HERE)
    assert [*texts] == ["column_1", "0", "1"]


def test_a_file_without_names_is_read(table):
    rows = np.random.default_rng(0).normal(size=(200, 2)).round(3)
    text = "".join(f"{a},{b}\n" for a, b in rows)
    data = table(text=text).make(HERE)
    assert data.description.real.codec.order == ("column_1", "column_2")
    assert sum(len(data.arrays[part]["real"]) for part in PARTS) == 200


def test_numbers_are_written_with_as_many_places_as_they_have(table):
    text = "price\n" + "".join(f"{i}.00\n" for i in range(200))
    data = table(text=text).make(HERE)
    codec = data.description.real.codec
    (column,) = build_texts(codec.decode(data.arrays["test"]["real"]), codec).columns
    assert all(text.endswith(".00") for text in column.to_pylist())
    assert codec.columns[0].step == 1


def test_long_numbers_that_no_float_holds_are_text(table):
    ids = np.random.default_rng(0).choice([10**17 + 1, 10**17 + 2, 10**24 + 1], 200)
    found, _ = columns_of(table(pd.DataFrame({"account": ids.astype(str), "x": range(200)})))
    assert found["account"].categories == tuple(sorted(set(map(str, ids))))


def test_a_column_without_a_name_gets_one(table):
    """As the index that pandas writes."""
    text = ",b\n" + "".join(f"{i},{i % 7}\n" for i in range(200))
    found, _ = columns_of(table(text=text))
    assert [*found] == ["column_1", "b"]


def test_columns_of_parquet_that_are_no_values_are_named(table):
    frame = pd.DataFrame({"a": range(200), "b": [[1, 2]] * 200})
    with pytest.raises(UserError, match='column "b": found list'):
        table(frame, "mine.parquet").make(HERE)


def test_a_category_may_be_called_na_where_that_is_said(table):
    frame = pd.DataFrame({"region": ["NA", "EU"] * 100, "x": range(200)})
    found, _ = columns_of(table(frame, columns={"region": "category", "x": "number"}))
    assert found["region"] == Category(name="region", categories=("EU", "NA"))


def test_a_name_may_have_two_lines(table):
    text = '"size\nin cm",b\n' + "".join(f"{i},{i % 7}\n" for i in range(200))
    found, _ = columns_of(table(text=text))
    assert [*found] == ["size\nin cm", "b"]


def test_codes_that_begin_with_zero_are_categories(table):
    codes = np.random.default_rng(0).choice(["01067", "10115", "80331"], 200)
    found, _ = columns_of(table(pd.DataFrame({"postcode": codes, "x": range(200)})))
    assert found["postcode"].categories == ("01067", "10115", "80331")


def test_rows_of_a_group_stay_in_one_part_and_the_group_is_not_generated(table):
    rng = np.random.default_rng(0)
    patient = rng.integers(0, 60, 600)
    frame = pd.DataFrame({"patient": patient, "dose": patient + rng.random(600)})
    data = table(frame, group="patient").make(HERE)
    codec = data.description.real.codec
    assert codec.order == ("dose",)
    seen = [{int(dose) for dose in codec.decode(data.arrays[part]["real"])[:, 0]} for part in PARTS]
    assert sum(map(len, seen)) == len(set.union(*seen)) == 60


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_ends_of_lines_and_space_around_names_change_nothing(table, encoding, end):
    text = end.join([" größe , b ", *["1, x ", '2,"y"'] * 30_000])
    texts = table(text=text.encode(encoding)).read(HERE)
    assert {name: [*found.uniques] for name, found in texts.items()} == {
        "größe": ["1", "2"],
        "b": ["x", "y"],
    }


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["a", "a"], 'two columns are called "a"'),
        (["a", "b" * 1001], "has 1,001 characters; at most 1,000"),
        (["", "b"], None),
    ],
)
def test_odd_names_of_parquet(table, names, told):
    dataset = table(pd.DataFrame({"a": [1]}), "mine.parquet")
    parquet.write_table(pa.table([pa.array([1]), pa.array([2])], names=names), dataset.path)
    if told is None:
        assert [*dataset.read(HERE)] == ["column_1", "b"]
        return
    with pytest.raises(UserError, match=told):
        dataset.read(HERE)


def test_a_few_bytes_of_parquet_that_are_many_values_are_refused(table):
    dataset = table(pd.DataFrame({"a": [1]}), "mine.parquet")
    parquet.write_table(pa.table({"a": np.zeros(2 * 10**7, np.int8)}), dataset.path)
    with pytest.raises(UserError, match=r"would unfold .* bytes to 20,000,000 values"):
        dataset.read(HERE)


@pytest.mark.parametrize("missing", ["", "NA"])
def test_a_row_without_a_group_is_told(table, missing):
    patient = [*map(str, range(600))]
    patient[7] = patient[9] = missing
    frame = pd.DataFrame({"patient": patient, "dose": range(600)})
    with pytest.raises(UserError, match=r"dataset.group: patient is missing in 2 rows.* row 8;"):
        table(frame, group="patient").make(HERE)


@pytest.mark.parametrize("text", ['5"" pipe', "two\nlines", "a,b", '""'])
def test_quotes_that_are_closed_are_read(table, text):
    content = "a,b\n" + f'1,"{text}"\n2,"c"\n' * 100
    texts = table(text=content).read(HERE)
    assert [*texts["b"].uniques] == [text.replace('""', '"'), "c"]


def test_a_table_split_by_time_is_judged_by_its_last_rows(table):
    frame = people().assign(day=pd.date_range("2020-01-01", periods=ROWS).strftime("%Y-%m-%d"))
    data = table(frame, time="day").make(HERE)
    codec = data.description.real.codec
    at = [column.name for column in codec.columns].index("day")
    train, validation, test = (codec.decode(data.arrays[p]["real"])[:, at] for p in PARTS)
    assert train.max() < validation.min() <= validation.max() < test.min()


def test_copies_of_a_row_stay_in_one_part_but_rows_that_repeat_do_not(table):
    """Of a few categories, all rows occur many times: kept together they would bend the parts."""
    frame = people()[["age", "height", "income"]]
    copies = pd.concat([frame, frame[:20]])
    data = table(copies).make(HERE)
    rows = [{row.tobytes() for row in data.arrays[part]["real"]} for part in PARTS]
    assert sum(map(len, rows)) == len(set.union(*rows))
    coins = pd.DataFrame(np.random.default_rng(0).integers(0, 2, (1000, 3)), columns=[*"abc"])
    data = table(coins).make(HERE)
    assert [len(data.arrays[part]["real"]) for part in PARTS] == [650, 150, 200]
    assert all(len(np.unique(data.arrays[part]["real"], axis=0)) == 8 for part in PARTS)


def test_a_file_that_changes_while_it_is_read_is_refused(table, monkeypatch):
    from forger.data import table_files

    dataset = table(people())
    inside = table_files._read_csv

    def read(path, layout):
        found = inside(path, layout)
        with path.open("a") as file:
            file.write("1,red,0,01.01.2020,1.0,1,DE\n")
        return found

    monkeypatch.setattr(table_files, "_read_csv", read)
    with pytest.raises(UserError, match="changed while it was read"):
        dataset.make(HERE)


def test_names_with_a_mark_or_in_latin_letters_are_read(tmp_path):
    for i, content in enumerate((b"\xef\xbb\xbfna\xc3\xafve\n1\n", b"na\xefve\n1\n")):
        path = tmp_path / f"{i}.csv"
        path.write_bytes(content)
        assert [*read_texts(path, Layout())] == ["naïve"]


def test_the_same_file_gives_the_same_bytes(table):
    dataset = table(people())
    one, other = (dataset.make(HERE) for _ in range(2))
    assert one.description.model_dump() == other.description.model_dump()
    for part in PARTS:
        assert one.arrays[part]["real"].tobytes() == other.arrays[part]["real"].tobytes()


@pytest.mark.parametrize("label", ["colour", "children"])
def test_a_column_has_the_labels(table, label):
    """Categories with a missing one, or a few numbers; rows keep the column."""
    frame = people()
    data = table(frame, labels=label).make(HERE)
    about = data.description
    codec = about.real.codec
    wanted = {"colour": ("green", "red", ""), "children": ("0", "1", "2", "3")}[label]
    assert about.classes == wanted
    assert about.counts == tuple(np.bincount(data.arrays["train"]["labels"]))
    data.check_classes()
    for fields in data.arrays.values():
        written = build_texts(codec.decode(fields["real"]), codec)[label].to_pylist()
        assert [wanted[i] for i in fields["labels"]] == written
    plain = table(frame).make(HERE)
    assert "labels" not in plain.arrays["train"]
    assert "counts" not in plain.description.model_dump()
    assert "labels" not in plain.description.real.codec.model_dump()
    for part in PARTS:
        np.testing.assert_array_equal(data.arrays[part]["real"], plain.arrays[part]["real"])


@pytest.mark.parametrize(
    ("columns", "label", "told"),
    [
        ({}, "colours", 'dataset.labels: found "colours"; did you mean colour?'),
        ({}, "age", "dataset.labels: age has numbers; labels are categories"),
        ({}, "country", "dataset.labels: country is dropped, or the same in all rows"),
        (
            dict.fromkeys(people(1), "drop") | {"age": "category"},
            "colour",
            "dataset.labels: colour is dropped",
        ),
        (
            dict.fromkeys(people(1), "drop") | {"colour": "category"},
            "colour",
            "dataset.labels: colour is the only column that varies",
        ),
    ],
)
def test_what_can_have_no_labels_gets_a_line(table, columns, label, told):
    with pytest.raises(UserError) as error:
        table(people(), columns=columns, labels=label).make(HERE)
    (line,) = error.value.problems
    assert told in line


def test_a_listed_class_that_no_training_row_has_is_told(table):
    columns = dict.fromkeys(people(1), "drop")
    columns |= {"colour": ("red", "green", "blue"), "age": "number"}
    data = table(people(), columns=columns, labels="colour").make(HERE)
    with pytest.raises(UserError, match=r"1 of 4 classes \(blue\) have no example"):
        data.check_classes()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"counts": [1, 2]}, "counts: needs one for each of 3 classes"),
        ({"counts": [0, 0, 0]}, "counts: needs one for each of 3 classes"),
        ({"classes": ["red", "green"], "counts": []}, "classes: found 2; rows have labels of 3"),
    ],
)
def test_labels_that_do_not_fit_their_column_are_refused(table, change, told):
    about = table(people(), labels="colour").make(HERE).description
    written = about.model_dump(mode="json")
    assert Description.model_validate_json(json.dumps(written)) == about
    with pytest.raises(ValueError, match=told):
        Description.model_validate_json(json.dumps(written | change))
