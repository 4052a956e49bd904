"""Curves as principal components: nothing is lost, and each is as large as the others."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.decomposition import PCA

from forger.config.section import parse
from forger.core.errors import UserError
from forger.data.codecs.channels import Channels
from forger.data.codecs.kinds import AnyCodec
from forger.data.codecs.whitened import LEAST, whiten
from forger.data.curves import Curves, scale
from forger.data.folder import DataFolder
from forger.data.sines import Sines

RNG = np.random.default_rng(0)
# Channels of different units and smoothness; one's components are far smaller than its largest.
WALKS = np.cumsum(RNG.normal(size=(500, 9, 3)), axis=1) * [1, 100, 1e-3] + [0, 500, 1]
WALKS[..., 2] = np.linspace(0, 1, 9) * RNG.normal(size=(500, 1)) + 1e-5 * RNG.normal(size=(500, 9))
CODEC = whiten(WALKS, scale(WALKS, ("a", "b", "c"), False))


def test_components_are_those_of_scikit_learn():
    found = CODEC.encode(WALKS)
    assert found.shape == WALKS.shape
    assert found.dtype == np.float32
    for i in range(2):
        peer = PCA(whiten=True, svd_solver="full").fit(WALKS[..., i])
        expected = peer.transform(WALKS[..., i]) * np.sqrt(500 / 499)  # it divides by n - 1
        np.testing.assert_allclose(np.abs(found[..., i]), np.abs(expected), atol=2e-3)
        np.testing.assert_allclose(found[..., i].std(axis=0), 1, atol=1e-3)


def test_the_smallest_components_are_not_blown_up():
    spread = CODEC.encode(WALKS)[..., 2].std(axis=0)
    assert spread[0] == pytest.approx(1, abs=1e-3)
    assert (spread[1:] < 0.1).all()
    assert min(CODEC.spread_of[2]) == pytest.approx(LEAST * max(CODEC.spread_of[2]))


@given(arrays.arrays(np.float64, (4, 9, 3), elements=st.floats(-3, 3)))
@settings(max_examples=30)
def test_nothing_is_lost(values):
    curves = WALKS.mean((0, 1)) + values * WALKS.std((0, 1))
    again = CODEC.decode(CODEC.encode(curves))
    assert np.abs((again - curves) / WALKS.std((0, 1))).max() < 1e-5
    np.testing.assert_allclose(CODEC.encode(again), CODEC.encode(curves), atol=1e-3)


def test_layers_do_the_same():
    values = WALKS[:20].astype(np.float32)
    found = keras.ops.convert_to_numpy(CODEC.encoder()(values))
    np.testing.assert_allclose(found[..., :2], CODEC.encode(values)[..., :2], atol=1e-3)
    back = keras.ops.convert_to_numpy(CODEC.decoder()(CODEC.encode(values)))
    np.testing.assert_allclose(back / WALKS.std((0, 1)), values / WALKS.std((0, 1)), atol=1e-3)


def test_whole_numbers_stay_whole_and_others_as_they_are():
    assert CODEC.snap(samples := CODEC.encode(WALKS[:5])) is samples
    counts = RNG.poisson(np.cumsum(RNG.gamma(2.0, 1.0, (200, 6, 1)), axis=1)).astype(float)
    codec = whiten(counts, scale(counts, ("count",), False))
    noisy = codec.encode(counts) + RNG.normal(0, 0.02, counts.shape).astype(np.float32)
    np.testing.assert_allclose(codec.decode(codec.snap(noisy)), counts, atol=1e-9)


def test_it_is_plain_data():
    data = json.loads(json.dumps(CODEC.model_dump(mode="json")))
    assert parse(AnyCodec, data) == CODEC
    for change, told in (
        ({"mean": data["mean"][:2]}, "mean: needs"),
        ({"basis": [rows[:-1] for rows in data["basis"]]}, "basis: needs"),
        ({"spread_of": [*data["spread_of"][:2], [0.0] * 9]}, "greater than 0"),
        ({"channels": {**data["channels"], "masked": True}}, "masked: must be false"),
    ):
        with pytest.raises(UserError, match=told):
            parse(AnyCodec, {**data, **change})


def test_a_channel_that_does_not_vary_is_encoded():
    still = np.ones((100, 5, 1))
    codec = whiten(
        still, Channels(names=("a",), scale=(1,), offset=(1,), resolution=(0,), range=((),))
    )
    np.testing.assert_array_equal(codec.decode(codec.encode(still)), still)


@pytest.mark.parametrize("version", ["code", "paper"])
def test_whitened_sines_are_those_of_the_law(version):
    options = {"kind": "sines", "version": version, "train": 300, "validation": 20, "test": 20}
    plain, whitened = (
        Sines(**options, scaling=scaling).make(Path()) for scaling in ("range", "whitened")
    )
    for part in plain.arrays:
        one, other = (
            data.description.real.codec.decode(data.arrays[part]["real"])
            for data in (plain, whitened)
        )
        np.testing.assert_allclose(one, other, atol=1e-5)
    codec = plain.description.real.codec
    units = whitened.description.real.codec.vectors(one)
    np.testing.assert_allclose(units, codec.encode(one), atol=1e-5)


def test_curves_of_a_file_are_whitened(tmp_path):
    np.save(tmp_path / "walks.npy", WALKS)
    found = Curves(kind="curves", path="walks.npy", points=9, channels=3, scaling="whitened")
    data = found.make(tmp_path)
    DataFolder(tmp_path / "data").write(data)
    assert DataFolder(tmp_path / "data").read().description == data.description
    train = data.arrays["train"]["real"]
    np.testing.assert_allclose(train[..., :2].std(axis=0), 1, atol=1e-3)
    with pytest.raises(UserError, match="allowed: spread"):
        parse(Curves, {**found.model_dump(mode="json"), "unequal": True})
    with pytest.raises(UserError, match="at most 512 points; there are 600"):
        parse(Curves, {**found.model_dump(mode="json"), "points": 600})
