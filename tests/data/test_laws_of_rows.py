"""Tables drawn from a law: its rows, and what is refused of a network's file."""

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from forger.core.errors import UserError
from forger.data.base import PARTS
from forger.data.bayesian_network import BayesianNetwork, draw_network
from forger.data.bif import read_network
from forger.data.simulated import Simulated
from forger.data.table_rows import build_texts

HERE = Path()
RAIN = """// whether the grass is wet
network weather { property author unknown ; }
variable rain { type discrete [ 2 ] { yes, no }; }
variable wet { type discrete [ 3 ] { wet, damp, "bone-dry" }; property soil clay ; }
variable place { type discrete [ 1 ] { here }; }
probability ( wet | rain, place ) {
  (yes, here) 0.5, 0.5, 0.0;
  (no, here) 0.1, 0.2, 0.7;
}
probability ( rain ) { table 0.25, 0.75; }
probability ( place ) { table 1; }
"""


@pytest.fixture
def network(tmp_path):
    def write(text=RAIN, name="rain.bif", **options):
        content = text if isinstance(text, bytes) else text.encode()
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return BayesianNetwork(kind="bayesian_network", path=str(tmp_path / name), **options)

    return write


def values(data, part):
    return data.description.real.codec.decode(data.arrays[part]["real"])


@pytest.mark.parametrize(("name", "modes"), [("grid", 25), ("gridr", 25), ("ring", 8)])
def test_points_lie_around_their_modes(name, modes):
    dataset = Simulated(kind="simulated", name=name, train=5000)
    centres = dataset.centres
    assert centres.shape == (modes, 2)
    rows = dataset.draw(20_000, np.random.default_rng(0))
    # The mean and the covariance of an even mixture, in closed form.
    np.testing.assert_allclose(rows.mean(0), centres.mean(0), atol=0.1)
    np.testing.assert_allclose(
        np.cov(rows.T), np.cov(centres.T, bias=True) + 0.05 * np.eye(2), atol=0.2
    )
    nearest = np.linalg.norm(rows[:, None] - centres, axis=-1).argmin(1)
    assert stats.chisquare(np.bincount(nearest, minlength=modes)).pvalue > 1e-4


def test_modes_that_are_moved_stay_near_and_hang_on_the_seed():
    square = Simulated(kind="simulated", name="grid").centres
    moved = Simulated(kind="simulated", name="gridr").centres
    other = Simulated(kind="simulated", name="gridr", seed=2).centres
    assert 0.1 < np.abs(moved - square).max() <= 0.5
    assert not np.array_equal(moved, other)


def test_points_come_back_as_they_were_drawn():
    dataset = Simulated(kind="simulated", name="ring", train=500, validation=50, test=400)
    data, again = dataset.make(HERE), dataset.make(HERE)
    assert [len(data.arrays[part]["real"]) for part in PARTS] == [500, 50, 400]
    for part in PARTS:
        np.testing.assert_array_equal(data.arrays[part]["real"], again.arrays[part]["real"])
        distance = np.linalg.norm(
            values(data, part)[:, None] - np.array(data.description.law["centres"]), axis=-1
        )
        assert (distance.min(1) < 6 * data.description.law["stddev"]).all()
    assert not {row.tobytes() for row in values(data, "train")} & {
        row.tobytes() for row in values(data, "test")
    }


@pytest.mark.parametrize("name", ["rain.bif", "rain.bif.gz"])
def test_a_network_is_read_as_it_is_written(network, name):
    rain, wet, place = read_network(Path(network(name=name).path))
    assert (rain.states, wet.states, place.states) == (
        ("no", "yes"), ("bone-dry", "damp", "wet"), ("here",)
    )  # fmt: skip
    np.testing.assert_allclose(rain.table, [0.75, 0.25])
    assert wet.parents == ("rain", "place")
    np.testing.assert_allclose(wet.table, [[[0.7, 0.2, 0.1]], [[0, 0.5, 0.5]]])


def test_rows_of_a_network_have_its_law(network):
    data = network(train=20_000, test=5000).make(HERE)
    rows = build_texts(values(data, "train"), data.description.real.codec).to_pandas()
    assert [*rows] == ["rain", "wet", "place"]
    assert (rows["place"] == "here").all()
    joint = {
        ("yes", "wet"): 1 / 8, ("yes", "damp"): 1 / 8, ("yes", "bone-dry"): 0,
        ("no", "wet"): 0.075, ("no", "damp"): 0.15, ("no", "bone-dry"): 0.525,
    }  # fmt: skip
    counts = rows.groupby(["rain", "wet"]).size()
    assert ("yes", "bone-dry") not in counts.index
    possible = [pair for pair, chance in joint.items() if chance]
    found = [counts[pair] for pair in possible]
    assert stats.chisquare(found, [20_000 * joint[pair] for pair in possible]).pvalue > 1e-4
    again = network(train=20_000, test=5000).make(HERE)
    for part in PARTS:
        np.testing.assert_array_equal(data.arrays[part]["real"], again.arrays[part]["real"])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_a_state_of_no_chance_is_never_drawn(seed):
    rng = np.random.default_rng(seed)
    weights = rng.random((2, 4)) * (rng.random((2, 4)) < 0.6)
    weights[:, rng.integers(4)] += 0.1
    table = weights / weights.sum(1, keepdims=True)
    text = (
        "variable a { type discrete [ 2 ] { a0, a1 }; }\n"
        "variable b { type discrete [ 4 ] { b0, b1, b2, b3 }; }\n"
        "probability ( a ) { table 0.5, 0.5; }\nprobability ( b | a ) { table "
        f"{', '.join(map(repr, table.ravel().tolist()))}; }}\n"
    )
    with TemporaryDirectory() as folder:
        (Path(folder) / "n.bif").write_text(text)
        nodes = read_network(Path(folder) / "n.bif")
    rows = draw_network(nodes, 500, rng).astype(int)
    assert (table[rows[:, 0], rows[:, 1]] > 0).all()


def test_the_rest_of_a_table_may_have_a_default(network):
    text = RAIN.replace("  (no, here) 0.1, 0.2, 0.7;", "  default 0.1, 0.2, 0.7;")
    wanted, found = (read_network(Path(network(t).path)) for t in (RAIN, text))
    np.testing.assert_array_equal(wanted[1].table, found[1].table)


FAULTS = {
    "": "has no variable",
    "hello": 'found "hello" instead of network or variable or probability',
    RAIN[:200]: "ends where",
    RAIN.replace("[ 3 ]", "[ 4 ]"): 'variable "wet" has 3 states instead of 4',
    RAIN.replace("wet, damp", "damp, damp"): 'variable "wet" has a state twice',
    RAIN.replace("{ here }", "{ }").replace("[ 1 ]", "[ 0 ]"): 'variable "place" has no states',
    RAIN.replace("variable place", "variable rain"): 'variable "rain" is there twice',
    RAIN.replace("discrete [ 1 ]", "continuous [ 1 ]"): 'found "continuous" instead of discrete',
    RAIN.replace("( place )", "( rain )"): 'probability of "rain" is there twice',
    RAIN.replace("probability ( place ) { table 1; }", ""): 'variable "place" has no probability',
    RAIN.replace("( place )", "( sun )"): 'there is no variable "sun"',
    RAIN.replace("| rain, place", "rain, place"): 'found "rain" instead of |',
    RAIN.replace("| rain, place", "| rain, rain"): "one of them twice",
    RAIN.replace("(yes, here)", "(yes)"): "found (yes) for 2 parents",
    RAIN.replace("(yes, here)", "(maybe, here)"): '"maybe" is none of yes, no',
    RAIN.replace("  (no, here) 0.1, 0.2, 0.7;", ""): '"wet" (no, here): numbers are missing',
    RAIN.replace("0.25, 0.75", "0.25, 0.5"): 'probability of "rain": numbers add up to 0.75',
    RAIN.replace("0.25, 0.75", "-0.25, 1.25"): "they must be ≥ 0",
    RAIN.replace("0.25, 0.75", "nan, 1"): "they must be ≥ 0",
    RAIN.replace("0.25, 0.75", "0.25"): 'probability of "rain": 1 numbers instead of 2',
    RAIN.replace("0.25, 0.75", "0.25, much"): "could not convert string to float",
    RAIN.replace("( rain ) { table 0.25, 0.75; }", "( rain | wet ) { default 0.25, 0.75; }"): (
        "variables depend on each other"
    ),
    b"\xff\xfe": "decode",
}


@pytest.mark.parametrize(("text", "said"), FAULTS.items(), ids=range(len(FAULTS)))
def test_what_is_no_network_gets_one_line(network, text, said):
    with pytest.raises(UserError) as error:
        network(text).make(HERE)
    assert said in str(error.value)
    assert "rain.bif: " in str(error.value)
    assert "\n" not in str(error.value)


def test_other_files_are_refused(network, tmp_path):
    dataset = network(name="rain.txt")
    with pytest.raises(UserError, match=r"a network is a .bif or .bif.gz file"):
        dataset.make(HERE)
    (tmp_path / "odd.bif.gz").write_bytes(b"no gzip")
    (tmp_path / "cut.bif.gz").write_bytes(gzip.compress(RAIN.encode())[:-20])
    for name, said in {
        "absent.bif": "is not there", "odd.bif.gz": "zipped", "cut.bif.gz": "ended",
    }.items():  # fmt: skip
        with pytest.raises(UserError, match=said):
            dataset.model_copy(update={"path": str(tmp_path / name)}).make(HERE)
    (tmp_path / "bomb.bif.gz").write_bytes(gzip.compress(b" " * 2**25))
    with pytest.raises(UserError, match="16 MiB"):
        dataset.model_copy(update={"path": str(tmp_path / "bomb.bif.gz")}).make(HERE)


def test_one_state_each_is_no_table(network):
    text = "variable a { type discrete [ 1 ] { x }; } probability ( a ) { table 1; }"
    with pytest.raises(UserError, match="all rows are the same"):
        network(text).make(HERE)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_file_with_pieces_lost_is_read_or_refused(data):
    """No other error, whatever is cut out of a file."""
    begin = data.draw(st.integers(0, len(RAIN)))
    text = RAIN[:begin] + RAIN[data.draw(st.integers(begin, len(RAIN))) :]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "n.bif"
        path.write_text(text)
        try:
            nodes = read_network(path)
        except UserError as error:
            assert "\n" not in str(error)
        else:
            for node in nodes:
                np.testing.assert_allclose(node.table.sum(-1), 1)
