"""What a trainer does around its updates: when it saves, looks, changes its phase, and goes on.

The updates are made up, so that nothing is compiled: each logs its number, and moves a weight.
"""

import hashlib

import numpy as np
import pytest

from forger.core.errors import UserError
from forger.core.stopping import STOP
from forger.methods.base import Phase
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from forger.methods.settings import Adam, Train
from forger.methods.vae import VAE
from forger.networks.mlp import MLP
from forger.training import trainer as module
from forger.training.assembly import Plan
from forger.training.trainer import DivergedError, Trainer
from tests.data.described import data_of, described

REAL = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
LATENT = Latent(dim=2)


def packing(method, n):
    return method.model_copy(update={"packing": n})


class Growing(GAN):
    """A GAN whose D judges 4 examples as one in a first part of the training, then 2, then 1."""

    ends: tuple[float, ...] = (0.25, 0.5)

    @property
    def phases(self):
        own = [packing(self, n) for n in (4, 2)]
        return (*map(Phase, own, self.ends), Phase(self, 1.0))


class Seen:
    """A progress that notes what it is told."""

    def __init__(self):
        self.started, self.rates, self.lines, self.done = [], [], [], 0

    def start(self, epochs, steps, reports, done):
        self.started.append((epochs, steps, reports, done))

    def updates(self, count):
        self.done += count

    def epoch(self, row, per_second):
        self.rates.append((row["epoch"], per_second))

    def tell(self, line):
        self.lines.append(line)


class Saved:
    """A checkpoint in memory, which a training may go on from."""

    def __init__(self, state=None):
        self.state, self.saved, self.why = state, [], []

    def load(self):
        return self.state

    def save(self, state):
        self.state = state
        self.saved.append(state.about["done"])

    def set_aside(self, why):
        self.why.append(why)


def trainer(method=None, batch=8, epochs=4, **options):
    method = method or GAN(kind="gan", latent=LATENT)
    networks = dict.fromkeys(
        ("generator", "discriminator", "encoder"), MLP(family="mlp", hidden=())
    )
    options = {"snapshots": 2, "snapshot_samples": 5, "save_every": 86400, **options}
    settings = Train(
        epochs=epochs, batch=batch, optimizers=dict.fromkeys(method.players, Adam()), **options
    )
    return Trainer(Plan(method, networks, settings), data_of(REAL, described(2)), 1, False, Seen())


LOGGED = {}  # what an update logs instead of its number


@pytest.fixture(autouse=True)
def calls(monkeypatch):
    """The calls that are run: how many examples D takes as one, and how many updates."""
    made = []

    def run(model, batches, count):
        first = sum(each for _, each in made)
        numbers = np.arange(first, first + count, dtype=float)
        judged = model.networks.get("discriminator", model.networks["generator"]).input
        made.append((next(iter(judged.values())).shape[1] // 2, count))
        weights = model.networks["generator"].get_weights()
        model.networks["generator"].set_weights([weights[0] + count, *weights[1:]])
        return {name: np.full(count, LOGGED[name]) if name in LOGGED else numbers
                for name in model.logged}  # fmt: skip

    monkeypatch.setattr(module, "run", run)
    return made


@pytest.fixture
def logged(monkeypatch):
    return lambda **values: [monkeypatch.setitem(LOGGED, *each) for each in values.items()]


def phases(calls):
    """The packing of D in each update."""
    return [packed for packed, count in calls for _ in range(count)]


@pytest.mark.parametrize(
    ("batch", "ends", "expected"),
    [
        (20, (0.25, 0.5), [4] * 2 + [2] * 2 + [1] * 4),
        (40, (0.25, 0.5), [4, 2, 1, 1]),  # an update an epoch
        (20, (0.1, 0.5), [2] * 4 + [1] * 4),  # a phase of no epochs
        (20, (0.1, 0.12), [1] * 8),
        (20, (0.25, 0.99), [4] * 2 + [2] * 6),  # nothing is left of the last one
        (20, (0.5, 0.75), [4] * 4 + [2] * 2 + [1] * 2),
    ],
)
@pytest.mark.parametrize("k", [1, 3])
def test_each_update_is_of_its_phase(batch, ends, expected, k, calls):
    """However many there are in a call."""
    made = trainer(Growing(kind="gan", latent=LATENT, ends=ends), batch)
    assert made.updates == len(expected)
    result = made.run(k)
    assert phases(calls) == expected
    assert result.history["step"].tolist() == np.cumsum([made.steps] * 4).tolist()


def test_a_training_goes_on_in_the_phase_that_it_was_in(calls):
    def fresh():
        return trainer(Growing(kind="gan", latent=LATENT), 20)

    whole = fresh().run(2)
    before = phases(calls)
    for stop in (2, 4, 5):
        del calls[:]
        stopped = fresh()
        for batches, count in stopped.batches.calls([stop], 1):
            stopped.call(batches, count)
        resumed = fresh()
        result = resumed.run(2, Saved(stopped.state()))
        assert phases(calls) == before
        assert resumed.progress.started == [(4, 2, list(resumed.model.logged), stop)]
        assert result.history.equals(whole.history)


@pytest.mark.parametrize(
    ("every", "saved"),
    [
        (0, [1, 2, 3, 4, 5, 6, 7, 8]),
        (10, [1, 2, 3, 4, 5, 6, 7, 8]),  # a call takes ten seconds
        (11, [2, 4, 6, 8]),
        (30, [3, 6, 8]),
        (86400, [8]),  # though the machine may have run for longer
    ],
)
def test_the_state_is_saved_when_so_many_seconds_have_gone_by(every, saved, calls, monkeypatch):
    monkeypatch.setattr(
        module.time, "monotonic", lambda: 1e7 + 10.0 * sum(count for _, count in calls)
    )
    checkpoint = Saved()
    trainer(batch=20, save_every=every, resume=False).run(1, checkpoint)
    assert checkpoint.saved == saved


def test_who_asks_it_to_stop_finds_its_state(calls, monkeypatch):
    made, checkpoint = trainer(batch=20), Saved()
    call = made.call

    def stop(*arguments):
        call(*arguments)
        if made.done == 5:
            monkeypatch.setattr(STOP, "asked", 143)

    monkeypatch.setattr(made, "call", stop)
    with pytest.raises(SystemExit) as ended:
        made.run(1, checkpoint)
    assert (ended.value.code, checkpoint.saved) == (143, [5])
    assert made.progress.lines == ["Stopped after update 5; run again to go on."]
    assert made.progress.done == 5


def test_a_state_is_gone_on_from_where_the_settings_say_so(calls):
    done = trainer(batch=20)
    done.run(3)
    first, saved = len(calls), done.state()
    assert saved.about["done"] == 8
    trainer(batch=20).run(3, Saved(saved))
    assert len(calls) == first  # nothing was left to do
    trainer(batch=20, resume=False).run(3, Saved(saved))
    assert len(calls) == 2 * first
    result = trainer(batch=20).run(3, Saved())
    assert len(calls) == 3 * first
    assert result.snapshots["epochs"].tolist() == [0, 4]  # from the start


def test_all_that_a_training_knows_is_in_its_state(calls, logged):
    logged(d_loss=0.0)
    made = trainer(batch=20, epochs=20, snapshots=21)
    for batches, count in made.batches.calls([21], 3):
        made.call(batches, count)
    made.seconds = 7.5
    state = made.state()
    assert state.about["told"] == ["D too strong"]
    assert (state.about["done"], state.about["history"]) == (21, None)
    fresh = trainer(batch=20, epochs=20, snapshots=21)
    assert fresh.resume(Saved(state))
    assert (fresh.done, fresh.seconds, fresh.watch.told) == (21, 7.5, {"D too strong"})
    assert fresh.history.rows == made.history.rows
    assert fresh.history.open.keys() == made.history.open.keys()
    for name, values in made.history.open.items():
        np.testing.assert_array_equal(fresh.history.open[name], values)
    assert len(fresh.history.open["d_loss"]) == 1
    assert list(fresh.kept.taken.samples) == list(range(1, 11))
    for epoch, samples in made.kept.taken.samples.items():
        np.testing.assert_array_equal(fresh.kept.taken.samples[epoch], samples)
    for a, b in zip(made.model.get_state(), fresh.model.get_state(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_end_of_a_training_is_known_by_its_history(calls, tmp_path):
    """As `dvc.lock` will know the file of it."""
    made = trainer(batch=20)
    result = made.run(3)
    result.history.to_csv(tmp_path / "history.csv", index=False)
    digest = hashlib.md5((tmp_path / "history.csv").read_bytes()).hexdigest()
    assert made.state().about["history"] == digest


def test_the_best_networks_are_the_same_if_training_stops_between(calls):
    """The weights grow with each update, so the first snapshot is the nearest to the data."""
    options = {"snapshots": 5, "keep": "best"}
    whole = trainer(**options).run(3)
    assert whole.best["epoch"] == 1
    assert whole.best["by"] == "energy_distance"
    made = trainer(**options)
    for batches, count in made.batches.calls([15], 5):
        made.call(batches, count)
    fresh = trainer(**options)
    resumed = fresh.run(5, Saved(made.state()))
    assert resumed.best == whole.best
    found = [result.products["generator"].network.get_weights() for result in (whole, resumed)]
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)
    last = trainer(snapshots=5).run(3)
    assert last.best == {}
    assert (last.products["generator"].network.get_weights()[0] > found[0][0]).all()


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda state: state.about.pop("seconds"), "seconds"),
        (lambda state: state.arrays.update({"other/0": np.zeros(1)}), "other"),
        (lambda state: state.arrays.update({"open/other": np.zeros(1)}), "found reports"),
        (lambda state: state.arrays.pop("open/d_loss"), "found reports"),
        (lambda state: state.arrays.update({"kept/samples/x": np.zeros(1)}), "invalid literal"),
        (lambda state: state.arrays.update({"model/0": np.zeros(77)}), "another model"),
        (lambda state: state.arrays.pop("model/0"), "0"),
        (lambda state: state.about.update(done=None), "NoneType"),
    ],
)
def test_a_state_that_does_not_fit_is_set_aside_and_all_begins_anew(damage, why, calls):
    method = Growing(kind="gan", latent=LATENT)
    whole = trainer(method, 20).run(3)
    stopped = trainer(method, 20)
    for batches, count in stopped.batches.calls([5], 5):
        stopped.call(batches, count)
    checkpoint = Saved(stopped.state())
    damage(checkpoint.state)
    del calls[:]
    made = trainer(method, 20)
    result = made.run(3, checkpoint)
    assert len(checkpoint.why) == 1
    assert why in checkpoint.why[0]
    assert made.progress.started[0][-1] == 0
    assert result.history.equals(whole.history)
    np.testing.assert_array_equal(result.snapshots["samples"], whole.snapshots["samples"])


@pytest.mark.parametrize(("ends", "first"), [((0.25, 0.5), 4), ((0.1, 0.5), 2)])
@pytest.mark.parametrize("batch", [20, 40])
def test_a_state_of_a_later_phase_that_does_not_fit_leaves_the_first(ends, first, batch, calls):
    """Of an update an epoch too, and where the very first has no epochs."""
    method = Growing(kind="gan", latent=LATENT, ends=ends)
    done = trainer(method, batch)
    done.run(3)
    state = done.state()
    state.arrays["model/0"] = np.zeros(77)
    del calls[:]
    made, checkpoint = trainer(method, batch), Saved(state)
    made.run(1, checkpoint)
    assert "another model" in checkpoint.why[0]
    assert phases(calls)[0] == first
    assert len(phases(calls)) == done.updates


def test_rates_and_seconds_are_those_of_the_updates(calls, monkeypatch):
    ticks = iter(np.arange(1000.0) / 4 + 100)
    monkeypatch.setattr(module.time, "perf_counter", lambda: float(next(ticks)))
    made = trainer(epochs=3)
    result = made.run(5)
    assert made.progress.rates == [(1, 20), (2, 20), (3, 20)]  # 5 updates in a quarter of a second
    assert result.seconds == 0.75
    assert made.progress.done == 15


def test_what_a_training_shows_is_told_once_with_what_to_try(calls, logged):
    """From the eighth epoch on, when a snapshot is taken."""
    logged(d_loss=0.0)
    made = trainer(epochs=12, snapshots=13)
    made.run(5)
    (told,) = made.progress.lines
    assert told.startswith("D too strong: d_loss 0 over the last 2 epochs")
    assert "; try " in told
    assert trainer().run(5).history["epoch"].tolist() == [1, 2, 3, 4]
    seldom = trainer(epochs=12, snapshots=2)
    seldom.run(5)
    assert seldom.progress.lines[0].startswith("D too strong: d_loss 0 over the last 3 epochs")


def test_a_training_that_diverges_leaves_its_last_snapshot(calls, logged):
    made = trainer(snapshots=5)
    for batches, count in made.batches.calls([10], 5):
        made.call(batches, count)
    kept = made.model.networks["generator"].get_weights()
    logged(d_loss=np.nan)
    ((batches, count),) = made.batches.calls([5], 5)
    with pytest.raises(DivergedError, match=r"d_loss not finite in epoch 3, update 1") as error:
        made.call(batches, count)
    assert isinstance(error.value, UserError)
    assert error.value.epoch == 2
    for a, b in zip(error.value.products["generator"].network.get_weights(), kept, strict=True):
        np.testing.assert_array_equal(a, b)


def test_snapshots_are_taken_before_training_and_when_they_are_due(calls):
    result = trainer(snapshots=3).run(4)
    assert result.snapshots["epochs"].tolist() == [0, 2, 4]
    assert [count for _, count in calls] == [4, 4, 2, 4, 4, 2]  # no call goes beyond one
    samples = result.snapshots["samples"]
    assert not np.array_equal(samples[0], samples[1])


def test_auto_is_what_the_networks_take(calls, monkeypatch):
    asked = []
    monkeypatch.setattr(
        module, "updates_per_call", lambda model, batch: asked.append((model, batch)) or 3
    )
    made = trainer()
    made.run("auto")
    assert asked == [(made.model, 8)]
    assert [count for _, count in calls] == [3] * 6 + [2]
    trainer().run(4)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("method", "limit"),
    [
        (GAN(kind="gan", latent=LATENT), 0.0),
        (GAN(kind="gan", latent=LATENT, objective="wasserstein", weight_clip=0.1), 0.125),
        (VAE(kind="vae", latent_dim=2), None),
    ],
)
def test_a_discriminator_leaves_with_a_threshold(method, limit, calls, monkeypatch):
    """Its own, or that of a critic; others have none."""
    seen = []

    def threshold(products, data, seed):
        seen.append(products["discriminator"].threshold)
        return 0.125 if seen[-1] is None else seen[-1]

    monkeypatch.setattr(module, "threshold", threshold)
    products = trainer(method, epochs=1).run(5).products
    if limit is None:
        assert seen == []
        assert "discriminator" not in products
    else:
        assert products["discriminator"].threshold == limit
