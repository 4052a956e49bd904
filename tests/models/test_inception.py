"""The Inception network against torch-fidelity 0.4.0, which had the same drawn weights."""

import numpy as np
import pytest

from forger.core.errors import UserError
from forger.data.base import Data
from forger.data.codecs.affine import Affine
from forger.data.description import DataField, Description
from forger.evaluation.quality import Quality
from forger.evaluation.settings import Evaluate
from forger.metrics.gaussian import frechet_between
from forger.models.inception import Inception
from forger.models.torch_weights import read_weights
from tests.models.drawn_inception import draw_images, draw_weights, save

# By image, the features 0, 1, 500, 1000 and 2047 of the first one, and the mean of all.
FROZEN = {
    (24, (32, 32, 3), 1): (
        [0.004919522441923618, 0.143006831407547, 0.0019692336209118366, 0, 0], 0.14717315,
    ),
    (24, (28, 28, 1), 2): (
        [0.005695531610399485, 0.12979423999786377, 0.0012672403827309608, 0, 0], 0.14360456,
    ),
    (2, (320, 300, 3), 3): (
        [7.206510053947568e-05, 0.15944735705852509, 0.0038107638247311115, 0, 0], 0.15246207,
    ),
}  # fmt: skip
FROZEN_FID = 0.3170732883688736  # of the first images and the second


@pytest.mark.slow
def test_features_and_the_distance_are_those_of_torch_fidelity(tmp_path):
    network = Inception(save(tmp_path, draw_weights()))
    features = []
    for drawn, (some, mean) in FROZEN.items():
        found = network.extract(draw_images(*drawn))
        assert found.shape == (drawn[0], 2048)
        np.testing.assert_allclose(found[0, [0, 1, 500, 1000, 2047]], some, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(found.mean(), mean, rtol=1e-5)
        features.append(found)
    assert frechet_between(*features[:2]) == pytest.approx(FROZEN_FID, abs=1e-3)


@pytest.mark.slow
def test_images_have_the_distance_where_weights_are_named(tmp_path):
    images = [draw_images(60, (8, 8, 1), seed) / 127.5 - 1 for seed in (1, 2, 3)]
    arrays = {
        part: {"real": each.astype(np.float32)}
        for part, each in zip(("train", "validation", "test"), images, strict=True)
    }
    scaled = Affine(scale=127.5, offset=127.5, resolution=1.0)
    field = DataField(shape=(8, 8, 1), codec=scaled, view="images", units="grey")
    data = Data(arrays, Description(fields={"real": field}, classes=()))
    settings = Evaluate(
        samples=50, compared=20, draws=2, inception=str(save(tmp_path, draw_weights()))
    )
    quality = Quality(data, settings, None)
    rows = quality._real.of(0)
    found = quality.measure(arrays["test"]["real"][rows], None, 0).beside["fid"]
    assert found == pytest.approx(0, abs=1e-3)
    black = quality.measure(0 * arrays["test"]["real"][rows] - 1, None, 0).beside["fid"]
    floor = quality.floor()[0]["fid"]
    assert black > 2 * floor > 0


SMALL = {
    "a": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "b": np.arange(6, dtype=np.float32).reshape(2, 3).T,  # not contiguous
    "none": np.zeros((0, 3), np.float32),
}


@pytest.mark.parametrize("stream", [False, True])
def test_weights_are_read_as_they_were_saved(tmp_path, stream):
    contiguous = {name: np.ascontiguousarray(each) for name, each in SMALL.items()}
    found = read_weights(save(tmp_path, contiguous, stream))
    assert found.keys() == SMALL.keys()
    for name, each in contiguous.items():
        np.testing.assert_array_equal(found[name], each)


class Program:
    def __reduce__(self):
        return print, ("run",)


@pytest.mark.parametrize("stream", [False, True])
def test_no_program_in_a_file_runs(tmp_path, stream, capsys):
    path = save(tmp_path, SMALL, stream, thing={"a": Program()})
    with pytest.raises(UserError, match=r"found \w+\.print, which is no tensor"):
        read_weights(path)
    assert not capsys.readouterr().out


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("length", [0, 1, 100, 300, 500])
def test_a_file_cut_short_gets_one_line(tmp_path, stream, length):
    path = save(tmp_path, SMALL, stream)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(UserError) as caught:
        read_weights(path)
    assert len(caught.value.problems) == 1
    assert "\n" not in str(caught.value)


def test_other_files_are_refused(tmp_path):
    path = save(tmp_path, SMALL)
    with pytest.raises(UserError, match="expected the weights of the Inception network"):
        Inception(path)
    renamed = path.rename(tmp_path / "weights-00000000.pth")
    with pytest.raises(UserError, match="its name must end in"):
        Inception(renamed)
    with pytest.raises(UserError, match=r"set evaluate\.inception to a file"):
        Inception(tmp_path / "missing-12345678.pth")
    with pytest.raises(UserError, match="holds no weights by name"):
        read_weights(save(tmp_path, {}, thing=[1, 2]))
