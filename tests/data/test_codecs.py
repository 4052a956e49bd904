"""Codecs: the data's own units and the networks', to the bit."""

import keras
import numpy as np
import pytest

from forger.config.section import parse
from forger.core.errors import UserError
from forger.data.codecs.affine import IDENTITY, Affine
from forger.data.codecs.kinds import AnyCodec

GRIDS = [
    Affine(scale=8.0, offset=8.0, resolution=1.0, range=(0.0, 16.0)),
    Affine(scale=127.5, offset=127.5, resolution=1.0, range=(0.0, 255.0)),
    Affine(scale=0.5, offset=0.5, resolution=1.0, range=(0.0, 1.0)),
    Affine(scale=2.0, offset=1.0, resolution=0.25),
]


@pytest.mark.parametrize("codec", GRIDS)
def test_samples_lie_on_the_data_s_grid_to_the_bit(codec):
    step, rng = codec.resolution, np.random.default_rng(4)
    low, high = codec.range or (-3.0, 5.0)
    values = np.arange(low, high + step, step)
    scale, shift = np.float32(codec.scale), np.float32(codec.offset / codec.scale)
    real = values.astype(np.float32) / scale - shift
    np.testing.assert_array_equal(codec.encode(values), real)
    noise = rng.uniform(-0.4, 0.4, len(values)) * step / codec.scale
    np.testing.assert_array_equal(codec.snap((real + noise).astype(np.float32)), real)
    np.testing.assert_array_equal(codec.decode(real), values)
    if codec.range:
        assert codec.decode(codec.snap(np.float32([-2, 2]))).tolist() == [low, high]
        assert codec.ends == (low, high)


def test_grey_values_are_encoded_in_float32():
    grey = np.arange(256, dtype=np.uint8)
    expected = grey.astype(np.float32) / 127.5 - 1
    assert GRIDS[1].encode(grey).tobytes() == expected.tobytes()


def test_continuous_data_have_no_grid():
    samples = np.random.default_rng(5).normal(size=(3, 2)).astype(np.float32)
    codec = Affine(scale=2.0, offset=1.0)
    assert codec.snap(samples) is samples
    assert codec.ends == (-1.0, 3.0)
    np.testing.assert_array_equal(codec.decode(samples), 1 + 2 * samples)
    np.testing.assert_array_equal(IDENTITY.decode(samples), samples)
    for signed in (np.float32([-0.0, 0.0]), samples):
        assert IDENTITY.encode(signed).tobytes() == signed.tobytes()


@pytest.mark.parametrize("codec", [*GRIDS, IDENTITY])
def test_a_layer_decodes_without_rounding(codec):
    rows = np.random.default_rng(6).normal(size=(4, 3)).astype(np.float32)
    found = keras.ops.convert_to_numpy(codec.decoder()(rows))
    np.testing.assert_allclose(found, codec.offset + codec.scale * rows, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("codec", [*GRIDS, IDENTITY])
def test_a_layer_encodes(codec):
    values = np.random.default_rng(6).normal(size=(4, 3)).astype(np.float32)
    found = keras.ops.convert_to_numpy(codec.encoder()(values))
    np.testing.assert_allclose(found, codec.encode(values), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([0, 16, 8.5], ""),
        ([3, -0.5, 17], "found -0.5; allowed: 0 to 16"),
        ([3, np.nan], "found nan; allowed: 0 to 16"),
        ([3, np.inf], "found inf; allowed: 0 to 16"),
    ],
)
def test_values_that_no_example_has_are_told(values, told):
    ranged = Affine(scale=8.0, offset=8.0, range=(0.0, 16.0))
    assert ranged.misfit(np.array([values])) == told
    free = IDENTITY.misfit(np.array([values]))
    assert free == told.replace("0 to 16", "finite numbers") * (not np.isfinite(values).all())


@pytest.mark.parametrize("codec", [*GRIDS, IDENTITY])
def test_a_codec_is_plain_data(codec):
    found = parse(AnyCodec, codec.model_dump(mode="json"))
    assert found == codec
    assert type(found) is Affine


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "afine"}, r"kind: found \"afine\"; did you mean affine\?"),
        ({"kind": None}, "kind: found null; allowed: affine"),
        ({"scale": 0.0}, r"scale: found 0\.0; should be greater than 0"),
        ({"scale": float("inf")}, "scale: found Infinity; should be a finite number"),
        ({"offset": "1"}, 'offset: found "1"; should be a valid number'),
        ({"resolution": -1.0}, "resolution"),
        ({"range": 1.0}, r"range: found 1\.0; should be a list"),
    ],
)
def test_what_is_no_codec_is_told_in_a_line(change, told):
    with pytest.raises(UserError, match=told) as refused:
        parse(AnyCodec, {**IDENTITY.model_dump(mode="json"), **change})
    assert len(refused.value.problems) == 1
