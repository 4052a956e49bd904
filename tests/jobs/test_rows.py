"""Rows under conditions."""

import numpy as np
import pytest

from forger.core.errors import UserError
from forger.data.codecs.columns import Category, Constant, Number
from forger.data.codecs.table import Table
from jobs.generate.rows import condition, find_label, select

CODEC = Table(
    columns=(
        Number(name="age", mean=40, deviation=9, low=18, high=77, step=1, decimals=0, missing=True),
        Category(name="colour", categories=("green", "red"), missing=True),
        Number(name="day", mean=0, deviation=1, low=0, high=864_000, format="%Y-%m-%d"),
    ),
    constants=(Constant(name="country", value="DE"), Constant(name="wheels", value="4")),
    order=("age", "colour", "day", "country", "wheels"),
)
RNG = np.random.default_rng(0)
ROWS = np.stack(
    [
        RNG.choice([18.0, 30, 77, np.nan], 1000),
        RNG.choice([0, 1, np.nan], 1000),
        RNG.integers(0, 11, 1000) * 86_400.0,
    ],
    axis=1,
)


def chosen(*texts, n=40):
    chunks = ((ROWS[i : i + 100], None) for i in range(0, 1000, 100))
    found = [*select(chunks, [*map(condition, texts)], CODEC, n)]
    return np.concatenate([rows for rows, _ in found])


@pytest.mark.parametrize(
    ("texts", "holds"),
    [
        (["colour=red"], lambda age, colour, day: colour == 1),
        (["age>=30", "colour = green"], lambda age, colour, day: (age >= 30) & (colour == 0)),
        (["age<30"], lambda age, colour, day: age == 18),
        (["age=="], lambda age, colour, day: np.isnan(age)),
        (["day>1970-01-05"], lambda age, colour, day: day > 4 * 86_400),
        (["country=DE", "wheels<=4.0"], lambda age, colour, day: day >= 0),
    ],
)
def test_rows_meet_all_conditions_in_the_order_they_were_drawn(texts, holds):
    wanted = ROWS[holds(*ROWS.T)][:40]
    np.testing.assert_array_equal(chosen(*texts), wanted)


@pytest.mark.parametrize(
    ("written", "text", "wanted"),
    [
        ("%m/%d/%Y", "02/01/1970", 31),
        ("%m/%d/%Y", "1970-01-02", 1),
        ("%d/%m/%Y", "02/01/1970", 1),
        ("%Y-%m-%d %H:%M:%S", "1970-01-02", 1),
        ("%Y-%m-%d %H:%M:%S+02:00", "1970-01-02", 1),
        ("%Y-%m-%d %H:%M:%S+02:00", "1970-01-02T00:00+02:00", 1),
        ("%Y-%m-%d %H:%M:%S+02:00", "1970-01-01T22:00Z", 1),
        ("%Y-%m-%dT%H:%MZ", "1970-01-02T02:00:00+02:00", 1),
    ],
)
def test_dates_of_a_condition_mean_what_they_do_in_the_column(written, text, wanted):
    """Days and months in the column's order, and times in its zone."""
    column = Number(name="day", mean=0, deviation=1, low=0, high=9**8, format=written)
    days = np.arange(60.0)[:, None] * 86_400
    found = condition(f"day={text}").holds(days, Table(columns=(column,)))
    assert np.flatnonzero(found).tolist() == [wanted]


@pytest.mark.parametrize(
    "text",
    [
        "age>=0",
        "age<100",
        "age>30",
        "age>18",
        "age<77",
        "age<30",
        "day>1970-01-05",
        "age<=77",
        "day>=1960-01-01",
        "colour=red",
        "colour=",
        "age=",
        "country=DE",
        "wheels>3",
    ],
)
def test_what_some_rows_may_meet_is_allowed(text):
    assert condition(text).misfit(CODEC) == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("size=3", 'found the column "size"; allowed: age, colour, day, country, wheels'),
        ("country=FR", 'country=FR: country is "DE" in all rows'),
        ("country<FR", 'country is "DE" in all rows'),
        ("wheels>4", 'wheels is "4" in all rows'),
        ("colour=blue", 'colour: found "blue"'),
        ("colour<red", "colour has categories, which < does not order"),
        ("age=12", "age=12: age lies between 18 and 77"),
        ("age<18", "age lies between 18 and 77"),
        ("age>=78", "age lies between 18 and 77"),
        ("age>77", "age lies between 18 and 77"),
        ("day<1970-01-01", "day lies between 1970-01-01 and 1970-01-11"),
        ("age=old", 'has "old" among 0 numbers'),
        ("day=", "--where: "),
    ],
)
def test_what_no_row_can_meet_is_told(text, told):
    assert told in condition(text).misfit(CODEC)


@pytest.mark.parametrize(
    "name", ["a=b", "a<=b", "x>y", "a", "a=b=c", "two\nlines", "a = b", "=", "ü"]
)
@pytest.mark.parametrize("sign", ["=", "==", " = "])
def test_a_columns_name_may_have_any_signs(name, sign):
    names = {"a": 1, name: 2}
    columns = tuple(Category(name=each, categories=("c", "d")) for each in names)
    found = condition(f"{name}{sign}d").fit(Table(columns=columns, order=tuple(names)))
    assert found[:3] == (name, "=", "d")


def test_too_few_rows_are_told():
    with pytest.raises(UserError, match=r"\d+ of 1,000 samples meet colour=red; asked for 900"):
        chosen("colour=red", n=900)


@pytest.mark.parametrize(
    ("texts", "label"),
    [
        (["colour=red"], 1),
        (["age>30", "colour = green", "colour=red"], 0),
        (["colour="], 2),  # missing
        (["age=30"], None),
        (["colour=blue"], None),  # is told by `misfit`
        ([], None),
    ],
)
def test_a_condition_may_name_the_label(texts, label):
    labelled = CODEC.model_copy(update={"labels": "colour"})
    assert find_label([*map(condition, texts)], labelled) == label
    assert find_label([*map(condition, texts)], CODEC) is None


def test_a_number_may_be_a_label():
    grade = Number(
        name="grade", atoms=(1.0, 2.5, 4.0), mean=2, deviation=1, low=1, high=4, decimals=1
    )
    codec = Table(columns=(*CODEC.columns, grade), labels="grade")
    for text, label in (("grade=2.5", 1), ("grade=4", 2), ("grade>1", None), ("grade=2", None)):
        assert find_label([condition(text)], codec) == label
