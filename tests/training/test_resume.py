"""A training that is stopped and goes on ends with the same bytes."""

import hashlib
import os
import signal
import threading
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from forger.core.progress import Progress
from forger.core.stopping import STOP
from forger.data.description import Description
from forger.methods.base import Fields
from forger.methods.gan import GAN
from forger.methods.info_gan import InfoGAN
from forger.methods.latent import Latent
from forger.methods.pix2pix import Pix2Pix
from forger.methods.remedies import InstanceNoise
from forger.methods.settings import Adam, Train
from forger.methods.vae import VAE
from forger.networks.mlp import MLP
from forger.training import checkpoints
from forger.training.assembly import Plan
from forger.training.checkpoints import Checkpoint
from forger.training.trainer import Trainer
from tests.data.described import data_of, described
from tests.engine.small import ON_JAX

KEY = "0" * 64
LATENTS = {"normal": Latent(dim=2), "pool": Latent(dim=2, pool=30, categories=3)}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "folder", lambda: tmp_path)
    return tmp_path


OTHERS = {
    "pix2pix": Pix2Pix(kind="pix2pix", latent=LATENTS["normal"]),
    "vae": VAE(kind="vae", latent_dim=2),
    "info_gan": InfoGAN(
        kind="info_gan", latent=LATENTS["normal"], codes=Latent(dim=1, categories=3)
    ),
}


def trainer(latent="normal", method=None, **options):
    """With all there is to remember: dropouts, averages, noise that decays, batch norm's means."""
    noise = InstanceNoise(stddev=0.1)
    method = method or GAN(kind="gan", latent=LATENTS[latent], instance_noise=noise)
    dropped = MLP(family="mlp", hidden=(5, 4), dropout=0.3)
    roles = method.roles(Fields({"real": (2,), "source": (3,)}))
    networks = dict.fromkeys(roles, dropped)
    networks["generator"] = MLP(family="mlp", hidden=(5,), normalization="batch")
    player = Adam(learning_rate=0.01, schedule="linear")
    settings = Train(
        epochs=5,
        batch=8,
        optimizers=dict.fromkeys(method.players, player),
        ema=0.9,
        snapshots=3,
        snapshot_samples=5,
        save_every=0,
        **options,
    )
    real = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    plan = Plan(method, networks, settings)
    source = np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)
    both = {"real": described(2).real, "source": described(3).real}
    data = data_of(real, Description(fields=both, classes=()), source=source)
    return Trainer(plan, data, 1, ON_JAX, Progress("small"))


@pytest.fixture(scope="module")
def whole():
    """The result of a training that was never stopped."""
    return trainer().run(3)


def run(trainer, key=KEY, k=3):
    with Checkpoint(key, print) as checkpoint:
        return trainer.run(k, checkpoint)


def equal(one, other):
    assert one.history.to_csv() == other.history.to_csv()
    for name, values in one.snapshots.items():
        np.testing.assert_array_equal(values, other.snapshots[name])
    for name, product in one.products.items():
        again = other.products[name]
        assert (again.inputs, again.threshold) == (product.inputs, product.threshold)
        for a, b in zip(product.network.get_weights(), again.network.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def stop_after(trainer, calls, monkeypatch):
    """As if a signal came during a call."""
    made, original = [], trainer.call

    def call(*arguments):
        original(*arguments)
        made.append(arguments)
        if len(made) == calls:
            monkeypatch.setattr(STOP, "asked", 128 + signal.SIGTERM)

    monkeypatch.setattr(trainer, "call", call)


def test_it_ends_as_if_it_had_never_stopped(whole, monkeypatch, capsys):
    for calls in (1, 2):
        stopped = trainer()
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as ended:
            stop_after(stopped, calls, patch)
            run(stopped)
        assert ended.value.code == 128 + signal.SIGTERM
        told = f"Stopped after update {stopped.done}; run again to go on."
        assert told in capsys.readouterr().out
    assert stopped.done > 3
    equal(whole, run(trainer(), k=4))  # updates a call have no effect
    assert f"Going on after update {stopped.done} of 25." in capsys.readouterr().out
    equal(whole, run(trainer()))  # a result that DVC has not recorded yet: no update is run again
    assert "Going on after update 25 of 25." in capsys.readouterr().out
    equal(whole, run(trainer(resume=False)))
    assert "Going on" not in capsys.readouterr().out


def test_latents_of_a_pool_go_on_too(monkeypatch):
    stopped = trainer("pool")
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        stop_after(stopped, 2, patch)
        run(stopped)
    equal(trainer("pool").run(3), run(trainer("pool")))


@pytest.mark.slow
@pytest.mark.parametrize("kind", OTHERS)
def test_other_methods_go_on_too(kind, monkeypatch):
    stopped = trainer(method=OTHERS[kind])
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        stop_after(stopped, 2, patch)
        run(stopped)
    equal(trainer(method=OTHERS[kind]).run(3), run(trainer(method=OTHERS[kind])))


def test_a_state_of_another_model_is_set_aside(whole, cache, capsys):
    run(trainer("pool"))
    equal(whole, run(trainer()))
    assert "variables of another model" in capsys.readouterr().out
    assert (cache / f"{KEY}.damaged").exists()


STATE = checkpoints.State({"done": 3, "history": None}, {"model/0": np.arange(1000.0)})


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda data: data[: len(data) // 2], "not a zip file"),
        (lambda data: data[:-40] + b"\0" * 40, "zip"),
        (lambda data: b"", "No data left in file"),
        (lambda data: data[:3000] + bytes([data[3000] ^ 1]) + data[3001:], "CRC"),
    ],
)
def test_a_damaged_state_is_set_aside(damage, told, capsys, cache):
    path = cache / f"{KEY}.npz"
    with Checkpoint(KEY, print) as checkpoint:
        checkpoint.save(STATE)
        assert checkpoint.load().about == STATE.about
        damaged = damage(path.read_bytes())
        assert damaged != path.read_bytes()
        path.write_bytes(damaged)
        assert checkpoint.load() is None
        assert not path.exists()
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("the training's saved state can't be used")
    assert told in line


def test_a_foreign_state_is_set_aside(capsys, cache):
    with Checkpoint("1" * 64, print) as other:
        other.save(STATE)
    (cache / f"{'1' * 64}.npz").rename(cache / f"{KEY}.npz")
    with Checkpoint(KEY, print) as checkpoint:
        assert checkpoint.load() is None
    assert "it belongs to another training" in capsys.readouterr().out


def test_a_second_one_waits_for_the_first():
    taken: list[int] = []
    told: list[str] = []

    def enter():
        with Checkpoint(KEY, told.append) as checkpoint:
            taken.append(checkpoint.load().about["done"])

    with Checkpoint(KEY, print) as first:
        second = threading.Thread(target=enter)
        second.start()
        deadline = time.monotonic() + 30
        while not told and time.monotonic() < deadline:
            time.sleep(0.05)
        assert taken == []
        first.save(STATE)
    second.join(30)
    assert taken == [3]
    assert "the same training is running already; waiting for it" in told[0]


def test_a_folder_that_can_not_be_written_does_not_stop_the_training(monkeypatch, capsys, cache):
    monkeypatch.setattr(checkpoints, "folder", lambda: cache / "file" / "folder")
    (cache / "file").write_text("no folder")
    run(trainer())
    assert capsys.readouterr().out.count("can't save on the way") == 1


def test_what_is_old_or_recorded_is_forgotten(cache, monkeypatch):
    result = run(trainer())
    monkeypatch.chdir(cache)
    path = cache / f"{KEY}.npz"
    checkpoints.forget()
    assert path.exists()
    result.history.to_csv("history.csv", index=False)
    digest = hashlib.md5(Path("history.csv").read_bytes()).hexdigest()
    Path("dvc.lock").write_text(f"outs:\n- path: history.csv\n  md5: {digest}\n")
    checkpoints.forget()
    assert not path.exists()
    with Checkpoint(KEY, print) as checkpoint:
        checkpoint.save(STATE)
    checkpoints.forget(now=path.stat().st_mtime + checkpoints.KEPT - 1)
    assert path.exists()
    checkpoints.forget(now=path.stat().st_mtime + checkpoints.KEPT + 1)
    assert not path.exists()


def test_the_state_has_every_random_stream():
    made = trainer()
    run(made)
    saved = made.model.get_state()
    streams = [v for v in made.model.non_trainable_variables if "seed" in v.path]
    assert len(streams) == 3  # the updates' own, and two dropouts
    for variable in streams:
        value = keras.ops.convert_to_numpy(variable)
        assert any(s.shape == value.shape and (s == value).all() for s in saved)


class Told:
    """What dvc.yaml declares for a stage."""

    def __init__(self, values, *files):
        self.values, self.of = values, files

    def files(self):
        return self.of


def test_a_digest_is_of_all_that_is_declared(tmp_path):
    values = {"train": {"batch": 8, "resume": True, "deep": {"save_every": 5}}, "seed": 1}
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    two.write_text("2")
    key = checkpoints.key_of(Told(values, one, two))
    assert len(key) == 64
    backwards = {"seed": 1, "train": dict(reversed(values["train"].items()))}
    assert checkpoints.key_of(Told(backwards, one, two)) == key
    others = [
        Told({**values, "seed": 2}, one, two),
        Told(values, one),
        Told(values, two, one),
        Told({**values, "train": {**values["train"], "batch": 9}}, one, two),
    ]
    keys = {checkpoints.key_of(each) for each in others}
    assert len({key, *keys}) == 5
    two.write_text("3")
    assert checkpoints.key_of(Told(values, one, two)) not in {key, *keys}


def test_a_digest_leaves_out_what_has_no_effect():
    def key(resume, save_every, batch=8):
        deep = {"save_every": save_every}
        values = {"train": {"batch": batch, "resume": resume, "deep": deep}}
        found = checkpoints.key_of(Told(values), "train.resume", "train.deep.save_every")
        assert values["train"]["deep"] == deep  # nothing is taken out of the parameters themselves
        assert "resume" in values["train"]
        return found

    assert key(True, 5) == key(False, 9)
    assert key(True, 5) != key(True, 5, batch=9)


def test_a_checkpoint_lies_in_the_users_cache(monkeypatch, tmp_path, capsys):
    monkeypatch.undo()  # the folder of these tests
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert checkpoints.folder() == tmp_path / "forger" / "trainings"
    with Checkpoint(KEY, print) as checkpoint:  # neither of which is there yet
        checkpoint.save(STATE)
        assert checkpoint.load().about == STATE.about
    assert (tmp_path / "forger" / "trainings" / f"{KEY}.npz").exists()
    assert capsys.readouterr().out == ""  # it is locked, too


def test_a_checkpoint_is_kept_for_weeks(cache):
    with Checkpoint(KEY, print) as checkpoint:
        checkpoint.save(STATE)
    path, day = cache / f"{KEY}.npz", 24 * 3600
    checkpoints.forget(now=path.stat().st_mtime + 13 * day)
    assert path.exists()
    checkpoints.forget(now=path.stat().st_mtime + 15 * day)
    assert not path.exists()


class Evil:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("name", ["about", "model/0"])
def test_a_damaged_state_runs_no_code(name, cache, capsys):
    path, ran = cache / f"{KEY}.npz", cache / "ran"
    arrays = {"about": np.array('{"history": null}'), name: np.array([Evil(ran)], dtype=object)}
    np.savez(path, allow_pickle=True, **arrays)
    checkpoints.forget()
    assert path.exists()
    with Checkpoint(KEY, print) as checkpoint:
        assert checkpoint.load() is None
    assert not ran.exists()
    assert not path.exists()
    assert "allow_pickle" in capsys.readouterr().out
