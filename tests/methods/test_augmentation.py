"""What augmentation does to images, beside the same by NumPy."""

import numpy as np
import pytest
from keras import ops

from forger.config.section import parse
from forger.core.errors import UserError
from forger.methods.augmentation import STATE, Augmentation
from tests.methods.test_remedies import Step

N = 4000
IMAGE = np.random.default_rng(0).uniform(-1, 1, (4, 6, 3)).astype("float32")
IMAGES = ops.convert_to_tensor(np.stack([IMAGE] * N))


def change(images=IMAGES, **options):
    return ops.convert_to_numpy(Augmentation(**options).change(images, Step()))


def share_of(found, image):
    return np.mean(np.isclose(found, image, atol=1e-6).all((1, 2, 3)))


@pytest.mark.parametrize(
    ("flip", "axes"), [("horizontal", [(), (1,)]), ("vertical", [(), (0,)]),
                       ("both", [(), (0,), (1,), (0, 1)])],
)  # fmt: skip
def test_images_are_mirrored(flip, axes):
    found = change(flip=flip)
    shares = [share_of(found, np.flip(IMAGE, each)) for each in axes]
    assert sum(shares) == pytest.approx(1)
    np.testing.assert_allclose(shares, 1 / len(axes), atol=0.04)


def test_brightness_adds_one_number():
    by = change(brightness=0.5) - IMAGE
    np.testing.assert_allclose(by, by[:, :1, :1, :1] * np.ones_like(IMAGE), atol=1e-6)
    assert (by.min(), by.max()) == pytest.approx((-0.5, 0.5), abs=0.01)


@pytest.mark.parametrize(("option", "axes"), [("contrast", (0, 1, 2)), ("saturation", 2)])
def test_stretches_are_about_a_mean(option, axes):
    mean = IMAGE.mean(axes, keepdims=True)
    found = change(**{option: 0.5}) - mean
    by = found / (IMAGE - mean)
    np.testing.assert_allclose(by, by[:, :1, :1, :1] * np.ones_like(IMAGE), atol=2e-4)
    assert (by.min(), by.max()) == pytest.approx((0.5, 1.5), abs=0.01)


@pytest.mark.parametrize("option", ["brightness", "contrast", "saturation"])
def test_opacity_stays(option):
    images = np.concatenate([np.stack([IMAGE] * 5), np.full((5, 4, 6, 1), 0.25, "f4")], -1)
    found = change(ops.convert_to_tensor(images), **{option: 0.5})
    assert (found[..., 3] == 0.25).all()
    np.testing.assert_allclose(
        found[..., :3], change(ops.convert_to_tensor(images[..., :3]), **{option: 0.5})
    )


def test_cutout_blanks_a_rectangle():
    blank = change(cutout=0.5) == 0
    assert (blank == blank[..., :1]).all()
    blank = blank[..., 0]
    rows, columns = blank.any(2), blank.any(1)
    np.testing.assert_array_equal(blank, rows[:, :, None] & columns[:, None])
    assert rows.sum(1).max() == 2
    assert columns.sum(1).max() == 3
    for side in (rows, columns):  # in one piece
        assert (np.abs(np.diff(np.pad(side, ((0, 0), (1, 1))).astype(int))).sum(1) <= 2).all()
    seen = blank.mean(0)
    assert seen.min() > 0.1


def test_what_is_off_draws_nothing():
    step = Step()
    before = ops.convert_to_numpy(step.random.state).copy()
    assert Augmentation().change(IMAGES, step) is IMAGES
    np.testing.assert_array_equal(ops.convert_to_numpy(step.random.state), before)


class Adapting(Step):
    """A step with a share of changed images."""

    def __init__(self, share):
        super().__init__()
        import keras

        self.own = {STATE: keras.Variable(share, dtype="float32", trainable=False)}


def test_a_share_of_the_images_is_changed():
    method = Augmentation(brightness=0.5, adaptive={})
    found = ops.convert_to_numpy(method.change(IMAGES, Adapting(0.3)))
    assert share_of(found, IMAGE) == pytest.approx(0.7, abs=0.03)


@pytest.mark.parametrize(
    ("said", "share", "expected"),
    [(0.9, 0.5, 0.6), (0.7, 0.5, 0.4), (0.9, 0.95, 1.0), (0.5, 0.05, 0.0)],
)
def test_the_share_follows_the_sign_of_d(said, share, expected):
    """Which is 2 × the share of "real" − 1, held against 0.6."""
    method = Augmentation(brightness=0.5, adaptive={"images": 100})
    step = Adapting(share)
    method.adapt(step, ops.convert_to_tensor(np.arange(10)[:, None] < 10 * said))
    assert float(step.own[STATE].value) == pytest.approx(expected)
    assert float(step.logged[STATE]) == pytest.approx(expected)


def test_nothing_to_adapt():
    with pytest.raises(UserError, match="at least one change"):
        parse(Augmentation, {"adaptive": {}})
