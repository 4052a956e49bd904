"""Which rows an update sees, and what training refuses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.gan.errors import UserError
from stages.gan.networks import Networks
from stages.gan.params.latent import Latent
from stages.gan.params.train import Adam, Train
from stages.gan.progress import Progress
from stages.gan.training import Batches, train


def batches(rows, batch, steps=1, pool=None, **options):
    settings = Train(epochs=1, batch=batch, discriminator_steps=steps, optimizers={}, **options)
    latents = None if pool is None else np.arange(pool)
    return Batches({"real": np.arange(rows)}, latents, settings, seed=3)


@given(st.integers(1, 60), st.integers(1, 7), st.integers(1, 3), st.integers(1, 9))
def test_an_epoch_sees_each_example_at_most_once(rows, batch, steps, k):
    if rows < batch * steps:
        with pytest.raises(UserError, match="an update takes"):
            batches(rows, batch, steps)
        return
    made = batches(rows, batch, steps)
    seen = []
    for arrays, count in made.epoch(1, k):
        assert arrays["real"].shape == (k, steps, batch)
        seen += arrays["real"][:count].ravel().tolist()
    assert len(seen) == rows // (batch * steps) * batch * steps
    assert len(set(seen)) == len(seen)


@given(st.integers(1, 9), st.integers(1, 9))
def test_updates_a_call_do_not_change_the_order(one, other):
    made = batches(50, 4, pool=20)
    for name in ("real", "latents"):
        orders = [
            np.concatenate([arrays[name][:count] for arrays, count in made.epoch(2, k)]).tolist()
            for k in (one, other)
        ]
        assert orders[0] == orders[1]


def test_epochs_differ_in_order():
    made = batches(50, 5)
    first, second = (next(made.epoch(epoch, 10))[0]["real"].tolist() for epoch in (1, 2))
    assert first != second


def test_more_steps_than_examples_start_over():
    made = batches(10, 5, steps_per_epoch=7)
    assert sum(count for _, count in made.epoch(1, 3)) == 7


def mlp(**options):
    return {"family": "mlp", "hidden": (4,), **options}


def small(**options):
    networks = Networks(latent=Latent(dim=2), generator=mlp(), discriminator=mlp())
    optimizers = dict.fromkeys(("discriminator", "generator"), Adam(**options))
    settings = Train(epochs=3, batch=8, optimizers=optimizers, snapshots=2, snapshot_samples=5)
    real = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    return networks, settings, {"real": real}


@pytest.mark.parametrize("per_call", [1, 2, 128])
def test_a_run(capsys, per_call):
    networks, settings, arrays = small()
    result = train("gan", networks, settings, arrays, 0, 1, False, per_call, Progress("small"))
    assert result.history["epoch"].tolist() == [1, 2, 3]
    assert result.history["step"].tolist() == [5, 10, 15]
    assert result.snapshots["epochs"].tolist() == [0, 3]
    assert result.snapshots["samples"].shape == (2, 5, 2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "small: 3 epochs of 5 updates"
    assert lines[1].split() == [
        "epoch", "d_loss", "g_loss", "acc_real", "acc_fake", "updates/s",
    ]  # fmt: skip
    assert [line.split()[0] for line in lines[2:]] == ["1", "2", "3"]


def test_divergence_stops_the_run():
    networks, settings, arrays = small()
    arrays["real"][:] = np.nan
    with pytest.raises(UserError, match=r"diverged: d_loss .* in epoch 1"):
        train("gan", networks, settings, arrays, 0, 1, False, 8, Progress("small"))
