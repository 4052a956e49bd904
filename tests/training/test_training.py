"""Which rows an update sees, and what training refuses."""

import math
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forger.core.errors import UserError
from forger.core.progress import Progress
from forger.core.seeds import stream
from forger.methods.gan import GAN
from forger.methods.latent import Latent
from forger.methods.products import Drawn, Given, Product
from forger.methods.settings import SNAPSHOTS, Adam, Train
from forger.networks.mlp import MLP
from forger.training.assembly import Plan
from forger.training.batches import Batches
from forger.training.calls import ahead, updates_per_call
from forger.training.snapshots import Taken
from forger.training.threshold import threshold
from forger.training.trainer import Trainer
from tests.data.described import data_of, described

ROLES = ("generator", "discriminator")


def batches(rows, batch, steps=1, pool=None, **options):
    settings = Train(epochs=1, batch=batch, optimizers={}, **options)
    latents = None if pool is None else np.arange(pool)
    return Batches({"real": np.arange(rows)}, latents, settings, steps, seed=3)


def rows(made, stretches, k, name="real"):
    return np.concatenate([arrays[name][:count] for arrays, count in made.calls(stretches, k)])


@given(st.integers(1, 60), st.integers(1, 7), st.integers(1, 3), st.integers(1, 9))
def test_an_epoch_sees_each_example_at_most_once(n, batch, steps, k):
    if n < batch * steps:
        with pytest.raises(UserError, match="an update takes"):
            batches(n, batch, steps)
        return
    made = batches(n, batch, steps)
    seen = rows(made, [made.steps], k)
    assert seen.shape == (n // (batch * steps), steps, batch)
    assert len(set(seen.ravel())) == seen.size


@given(st.lists(st.integers(1, 3000), min_size=2, max_size=5), st.integers(0, 99))
def test_classes_are_met_by_the_logarithm_of_their_numbers(counts, seed):
    """Within a class, all examples alike; Monte Carlo stays within five of its deviations."""
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    settings = Train(
        epochs=1, batch=1, steps_per_epoch=20_000, optimizers={}, sampling="log_frequency"
    )
    arrays = {"real": np.arange(len(labels)), "labels": labels}
    made = Batches(arrays, None, settings, 1, seed=seed)
    ((call, _),) = made.calls([20_000], 20_000)
    np.testing.assert_array_equal(labels[call["real"]], call["labels"])
    wanted = [math.log(1 + n) for n in counts]
    wanted = np.array(wanted) / sum(wanted)
    found = np.bincount(call["labels"].ravel(), minlength=len(counts)) / 20_000
    assert (abs(found - wanted) < 5 * np.sqrt(wanted * (1 - wanted) / 20_000)).all()
    chances = [made.chances[labels == i] for i in range(len(counts))]
    for own, share in zip(chances, wanted, strict=True):
        np.testing.assert_allclose(own, share / len(own))


def test_a_class_of_a_hundredth_is_met_more_often_whatever_the_calls():
    labels = (np.arange(10_000) < 100).astype(np.int64)
    arrays = {"real": np.arange(10_000), "labels": labels}
    shares = {}
    for sampling in ("frequency", "log_frequency"):
        settings = Train(epochs=2, batch=100, optimizers={}, sampling=sampling)
        made = Batches(arrays, None, settings, 1, seed=3)
        seen = rows(made, [100, 100], 7, "labels")
        np.testing.assert_array_equal(seen, rows(made, [200], 50, "labels"))
        assert not np.array_equal(*np.split(rows(made, [200], 50), 2))  # of two epochs
        shares[sampling] = seen.mean()
    assert shares["frequency"] == 0.01
    assert 0.3 < shares["log_frequency"] < 0.36  # ln 101 of ln 101 + ln 9901


@given(st.lists(st.integers(1, 40), min_size=1, max_size=3), st.integers(1, 9), st.integers(1, 50))
def test_neither_updates_a_call_nor_stretches_change_the_order(stretches, one, other):
    for name in ("real", "latents"):
        first = rows(batches(50, 4, pool=20), stretches, one, name)
        second = rows(batches(50, 4, pool=20), [sum(stretches)], other, name)
        np.testing.assert_array_equal(first, second)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=3), st.integers(1, 50))
def test_a_call_ends_with_its_stretch_and_is_padded(stretches, k):
    counts = []
    for arrays, count in batches(50, 4).calls(stretches, k):
        assert arrays["real"].shape == (k, 1, 4)
        counts.append(count)
    assert set(np.cumsum(stretches)) <= set(np.cumsum(counts))
    assert len(counts) == sum(-(-n // k) for n in stretches)


def test_epochs_differ_in_order():
    first, second = rows(batches(50, 5), [20], 20).reshape(2, 50)
    assert first.tolist() != second.tolist()
    assert set(first) == set(second)


@pytest.mark.parametrize(("name", "n"), [("real", 10), ("latents", 12)])
@pytest.mark.parametrize("steps", [1, 2])
def test_each_pass_within_an_epoch_has_an_order_of_its_own(name, n, steps):
    made = batches(10, 5, steps, pool=12, steps_per_epoch=24 // steps)
    passes = rows(made, [24 // steps], 7, name).reshape(-1, n)
    assert all(len(set(each)) == n for each in passes)
    assert len(np.unique(passes, axis=0)) == len(passes) > 1


def test_a_batch_may_go_over_the_end_of_a_pass():
    seen = rows(batches(7, 5, steps_per_epoch=9), [9], 3)
    assert seen.shape == (9, 1, 5)
    assert set(np.bincount(seen.ravel())) == {6, 7}


def test_the_order_of_an_epoch_of_one_pass():
    """What fits into one pass is trained on as it always was."""
    seen = rows(batches(50, 4, pool=60, steps_per_epoch=12), [24], 5)
    for epoch, of_epoch in enumerate(seen.reshape(2, -1), 1):
        order = stream(3, "train/order", epoch).permutation(50)
        np.testing.assert_array_equal(of_epoch, order[:48])


@given(st.integers(0, 43), st.integers(1, 9))
def test_a_resumed_training_sees_the_rows_it_would_have_seen(done, k):
    whole = rows(batches(9, 4, steps_per_epoch=11), [44], 44)
    resumed = batches(9, 4, steps_per_epoch=11).calls([44], k, done)
    seen = np.concatenate([arrays["real"][:count] for arrays, count in resumed])
    np.testing.assert_array_equal(seen, whole[done:])


def test_the_system_knows_that_a_memory_map_is_read_in_no_order(tmp_path):
    path = tmp_path / "real.npy"
    np.save(path, np.arange(50))
    settings = Train(epochs=1, batch=4, optimizers={})
    made = Batches({"real": np.load(path, mmap_mode="r")[:48]}, None, settings, 1, seed=3)
    _, found = Path("/proc/self/smaps").read_text().split(str(path))
    flags = next(line for line in found.splitlines() if line.startswith("VmFlags"))
    assert "rr" in flags.split()
    assert made.steps == 12


def small(**options):
    networks = dict.fromkeys(ROLES, MLP(family="mlp", hidden=(4,)))
    optimizers = dict.fromkeys(ROLES, Adam(**options))
    settings = Train(epochs=3, batch=8, optimizers=optimizers, snapshots=2, snapshot_samples=5)
    real = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    return networks, settings, real


def trainer(networks, settings, real):
    plan = Plan(GAN(kind="gan", latent=Latent(dim=2)), networks, settings)
    return Trainer(plan, data_of(real, described(2)), 1, False, Progress("small"))


@pytest.mark.parametrize("per_call", [1, 2, 128])
def test_a_run(capsys, per_call):
    networks, settings, real = small()
    training = trainer(networks, settings, real)
    result = training.run(per_call)
    assert result.history["epoch"].tolist() == [1, 2, 3]
    assert result.history["step"].tolist() == [5, 10, 15]
    assert result.snapshots["epochs"].tolist() == [0, 3]
    assert result.snapshots["samples"].shape == (2, 5, 2)
    assert result.seconds > 0
    assert training.model.total == training.updates == training.done == 15
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "small: 3 epochs of 5 updates"
    assert lines[1].split() == [
        "epoch", "d_loss", "g_loss", "acc_real", "acc_fake", "g_gradient", "updates/s",
    ]  # fmt: skip
    assert [line.split()[0] for line in lines[2:]] == ["1", "2", "3"]


class Saving:
    """A checkpoint that counts."""

    def __init__(self):
        self.done = []

    def save(self, state):
        self.done.append(state.about["done"])


@pytest.mark.parametrize(("every", "done"), [(0, [4, 5, 9, 10, 14, 15]), (1e4, [15])])
def test_the_state_is_saved_as_often_as_is_asked(every, done, monkeypatch):
    networks, settings, real = small()
    settings = settings.model_copy(
        update={"save_every": every, "resume": False, "snapshots": settings.epochs + 1}
    )
    monkeypatch.setattr("time.monotonic", lambda: 5.0)  # a clock too coarse to move
    training = trainer(networks, settings, real)
    saving = Saving()
    training.run(4, saving)
    assert saving.done == done


def test_its_seconds_are_those_of_its_calls(monkeypatch):
    networks, settings, real = small()
    training = trainer(networks, settings, real)
    clock = iter(range(1000))
    monkeypatch.setattr("time.perf_counter", lambda: float(next(clock)))
    assert training.run(5).seconds == 3  # calls, each from one tick to the next


def test_divergence_stops_the_run():
    networks, settings, real = small()
    real[:] = np.nan
    with pytest.raises(UserError, match=r"diverged: d_loss .* in epoch 1, update 1;"):
        trainer(networks, settings, real).run(8)


def summing(name, role, factor):
    """A network that multiplies each number by `factor`, or D, their sum."""
    entry = keras.Input((2,), name=name)
    layer = keras.layers.Dense(1 if role == "discriminator" else 2, use_bias=False)
    network = keras.Model({name: entry}, layer(entry))
    layer.set_weights([factor * (np.ones((2, 1)) if role == "discriminator" else np.eye(2))])
    return network


def test_a_critics_threshold_is_between_real_and_fake():
    made = Product(summing("latents", "generator", 0.1), {"latents": Drawn(Latent(dim=2))})
    judging = Product(summing("examples", "discriminator", 1), {"examples": Given("real")})
    real = np.random.default_rng(0).normal(5, 0.1, (400, 2)).astype(np.float32)
    for own, low, high in ((None, 1, 9), (0.0, 0, 0)):
        products = {"generator": made, "discriminator": replace(judging, threshold=own)}
        found = threshold(products, data_of(real, described(2)), 1)
        assert low <= found <= high


class Drawing:
    """A model whose generator gives its latents, or its labels, times `factor`."""

    def __init__(self, of="latents", factor=1.0):
        self.of, self.factor = of, factor
        inputs = {
            "latents": Drawn(Latent(dim=2)),
            **({"labels": Given("labels")} if of == "labels" else {}),
        }
        self.products = {"generator": Product(self, inputs)}

    def __call__(self, inputs, training):
        return self.factor * inputs[self.of]

    def select_kept(self):
        return {"generator": self}

    def get_weights(self):
        return [np.array([self.factor])]

    def set_weights(self, weights):
        (self.factor,) = weights[0]


def snapshots(model, real, classes=(), n=60, epochs=10, count=6, **keep):
    settings = Train(
        epochs=epochs, batch=8, optimizers={}, snapshots=count, snapshot_samples=n, **keep
    )
    data = data_of(real, described(2, classes=classes))
    return SNAPSHOTS.load(settings.keep)(model, model.products, settings, data, 1)


REAL = np.random.default_rng(6).normal(0, 3, (100, 2))


def test_a_snapshot_is_taken_when_it_is_due():
    made = snapshots(Drawing(), REAL)
    assert made.due.tolist() == [0, 2, 4, 6, 8, 10]
    assert [epoch for epoch in range(11) if made.take(epoch)] == made.due.tolist()
    assert made.arrays()["epochs"].tolist() == made.due.tolist()
    assert made.arrays()["samples"].shape == (6, 60, 2)
    assert snapshots(Drawing(), REAL, epochs=3, count=50).due.tolist() == [0, 1, 2, 3]


def test_a_snapshots_labels_are_class_after_class():
    made = snapshots(Drawing("labels"), REAL, classes=("a", "b", "c"), n=7)
    made.take(0)
    assert made.taken.samples[0].argmax(1).tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_a_snapshots_spread_is_a_share_of_the_datas():
    """Of the root of the total variance: of all numbers of an example together."""
    model = Drawing(factor=0.5)
    made = snapshots(model, REAL * [1, 4])
    made.take(0)
    samples = made.taken.samples[0]
    expected = np.sqrt(np.trace(np.cov(samples.T, ddof=0)))
    expected /= np.sqrt(np.trace(np.cov(REAL.T * [[1], [4]], ddof=0)))
    assert made.figures == {"spread": pytest.approx(expected)}
    model.factor = 0.0
    made.take(2)
    assert made.figures == {"spread": 0}
    same = snapshots(model, np.ones((100, 2)))
    same.take(0)
    assert same.figures == {"spread": 1}  # of nothing


@pytest.mark.parametrize(("rows", "n", "enough"), [(50, 60, True), (49, 60, False),
                                                   (60, 50, True), (60, 49, False)])  # fmt: skip
def test_a_snapshots_neighbours_are_sought_in_the_second_half_among_enough(rows, n, enough):
    made = snapshots(Drawing(factor=100.0), REAL[:rows], n=n)
    told = {}
    for epoch in (0, 4, 6, 10):
        made.take(epoch)
        told[epoch] = "one_nn" in made.figures
    assert told == {0: False, 4: False, 6: enough, 10: enough}
    if enough:
        assert made.figures["one_nn"] > 0.9  # so far away


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        (64, 16),  # 2⁶ examples of 2 × 2²⁰ multiplications, 2²⁷ an update
        (65, 8),  # not quite 16
        (32, 32),
        (1, 1024),
        (10**6, 4),
    ],
)
def test_a_call_multiplies_so_many_times_and_no_more(batch, expected):
    """2³¹ times, between 4 and 1024 updates."""
    entry = keras.Input((2**10,))
    network = keras.Model(entry, keras.layers.Dense(2**10)(entry))
    model = type("Two", (), {"networks": {"generator": network, "discriminator": network}})
    assert updates_per_call(model, batch) == expected


def test_a_call_is_gathered_while_the_one_before_runs():
    """All of them, in their order, each one ahead."""
    gathered = []

    def gather():
        for i in range(5):
            gathered.append(i)
            yield i

    taken = []
    for call in ahead(gather()):
        taken.append(call)
        deadline = time.monotonic() + 10
        while len(gathered) < min(call + 2, 5) and time.monotonic() < deadline:
            time.sleep(0.001)
        assert len(gathered) == min(call + 2, 5)
    assert taken == [0, 1, 2, 3, 4]


FACTORS = {0: 3.0, 2: 9.0, 4: 1.0, 6: 3.0, 8: 3.0, 10: 5.0}  # the data's is 3, and 0 is no training


@pytest.mark.parametrize("by", ["energy_distance", "sliced_wasserstein", "mmd", "c2st"])
def test_the_best_snapshot_is_what_a_figure_of_the_validation_part_likes_best(by, monkeypatch):
    monkeypatch.setattr("forger.training.snapshots.plain", dict)
    model = Drawing()
    made = snapshots(model, REAL, keep="best", best_by=by)
    for epoch, factor in FACTORS.items():
        model.factor = factor
        made.take(epoch)
    again = Taken.of(made.taken.arrays())
    assert again.scores == made.taken.scores
    assert again.best == {"generator": [np.array([3.0])]}
    made.taken = again
    found = made.choose()
    assert (found["epoch"], found["by"], model.factor) == (6, by, 3.0)
    assert found["value"] == min(again.scores.values())
    assert list(again.scores) == [2, 4, 6, 8, 10]
    made.last_good()  # after a divergence, the last ones are what a person looks at
    assert model.factor == 5.0


def test_the_last_networks_are_kept_unless_the_best_are_asked_for():
    model = Drawing()
    made = snapshots(model, REAL)
    for epoch, factor in FACTORS.items():
        model.factor = factor
        made.take(epoch)
    assert made.choose() == {}
    assert model.factor == 5.0
    assert not made.taken.scores


def test_the_best_snapshot_is_one_of_the_last_phase():
    """Networks of an earlier one may have other weights."""
    model = Drawing()
    made = snapshots(model, REAL, keep="best")
    for epoch, factor in FACTORS.items():
        if epoch == 8:
            made.follow(model, model.products)
        model.factor = 5.0 if epoch >= 8 else factor
        made.take(epoch)
    assert made.choose()["epoch"] == 8


def test_a_new_phase_leaves_the_last_snapshot_as_it_was(monkeypatch):
    """The best one so far may be the same."""
    monkeypatch.setattr("forger.training.snapshots.plain", dict)
    model = Drawing()
    made = snapshots(model, REAL, keep="best")
    model.factor = 3.0
    made.take(2)
    made.follow(model, model.products)
    model.factor = 7.0  # diverged
    assert made.last_good()[0] == 2
    assert model.factor == 3.0


def test_snapshots_of_an_unknown_kind_are_refused():
    for name in ("samples/1/2", "other/1", "best/1"):
        with pytest.raises(ValueError, match=f"found {name}"):
            Taken.of({name: np.zeros(1)})
