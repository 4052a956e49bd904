"""What the figures of a table say of generators whose faults are known."""

from pathlib import Path

import numpy as np
import pytest

from forger.core.seeds import stream
from forger.data.codecs.columns import Number
from forger.data.table import Table
from forger.evaluation.quality import Quality
from forger.evaluation.settings import Evaluate
from forger.metrics.figures import noise
from tests.data.test_table import people

pytestmark = pytest.mark.slow

DRAWS = 3


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A function that measures rows `[n, columns]` a draw, and the figures of real rows."""
    path = tmp_path_factory.mktemp("known") / "people.csv"
    frame = people(6000)
    frame["height"] = frame["height"].fillna(170) + 0.2 * frame["age"]
    frame.to_csv(path, index=False)
    data = Table(kind="table", path=str(path), target="colour").make(Path())
    settings = Evaluate(samples=1000, compared=400, draws=DRAWS)
    quality = Quality(data, settings, None)
    floor, floor_interval = quality.floor()
    codec = data.description.real.codec

    def measure(draw):
        rows = [codec.encode(draw(stream(1, "known", i))) for i in range(DRAWS)]
        found, interval = quality.summarise(
            [quality.measure(made, None, i) for i, made in enumerate(rows)], False
        )
        return {
            "quality": found, "floor": floor, "interval": interval,
            "floor_interval": floor_interval,
        }  # fmt: skip

    return measure, codec.decode(data.arrays["train"]["real"]), codec


def gap(figures, name):
    """The distance from the floor, in half widths of its interval."""
    return abs(figures["quality"][name] - figures["floor"][name]) / noise(figures, name)


def fresh(codec, seed):
    """Rows of the law itself, as the table would have them."""
    frame = people(1000, seed)
    frame["height"] = frame["height"].fillna(170) + 0.2 * frame["age"]
    days = (frame["day"].str.split(".").str[::-1].str.join("-")).astype("datetime64[s]")
    names = [column.name for column in codec.columns]
    categories = codec.columns[names.index("colour")].categories
    place = frame["colour"].map({name: i for i, name in enumerate(categories)})
    made = frame.assign(colour=place.astype(float), day=days.astype(np.int64))
    return made[names].to_numpy(np.float64)


def test_fresh_rows_land_on_every_floor(measured):
    measure, _, codec = measured
    found = measure(lambda rng: fresh(codec, int(rng.integers(2**31))))
    far = {name: gap(found, name) for name in found["quality"] if name != "copies"}
    assert max(far.values()) < 2.5, far
    assert found["quality"]["copies"] == 0


def test_a_lookup_table_is_told(measured):
    measure, train, _ = measured
    found = measure(lambda rng: train[rng.choice(len(train), 1000)])
    assert found["quality"]["copies"] == 1
    assert found["quality"]["memorisation"] > 0.95
    assert found["quality"]["authenticity"] == 0
    assert gap(found, "column_shapes") < 2.5


def test_columns_that_know_nothing_of_each_other_are_told(measured):
    measure, train, _ = measured
    found = measure(lambda rng: np.stack([rng.choice(c, 1000) for c in train.T], axis=1))
    assert gap(found, "column_shapes") < 2.5
    assert found["quality"]["pair_trends"] < found["floor"]["pair_trends"]


def test_a_category_that_is_missing_is_told(measured):
    measure, train, codec = measured
    at = [column.name for column in codec.columns].index("colour")
    left = train[train[:, at] != 0]
    found = measure(lambda rng: left[rng.choice(len(left), 1000)])
    assert found["quality"]["column_shapes"] < found["floor"]["column_shapes"] - 0.03
    assert found["quality"]["c2st"] > found["floor"]["c2st"]


def test_noise_on_numbers_is_told(measured):
    measure, train, codec = measured

    def noisy(rng):
        rows = train[rng.choice(len(train), 1000)].copy()
        for i, column in enumerate(codec.columns):
            if isinstance(column, Number):
                rows[:, i] += rng.normal(0, column.deviation / 2, 1000)
        return rows

    found = measure(noisy)
    assert found["quality"]["copies"] == 0
    assert found["quality"]["c2st"] > found["floor"]["c2st"] + 0.1
    assert found["quality"]["column_shapes"] < found["floor"]["column_shapes"] - 0.03
