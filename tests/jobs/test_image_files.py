"""Samples as image files, which the dataset of images reads again."""

from types import SimpleNamespace
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from forger.core.files import EPOCH
from forger.data.codecs.affine import Affine
from forger.data.image_files import open_files
from forger.data.images import Images
from forger.data.pixels import Frame, read_pixels
from jobs.generate.image_files import find_misfit, write_folder, write_zip
from tests.data.described import described

RNG = np.random.default_rng(0)
MODES = {1: "grey", 3: "rgb", 4: "rgba"}


def trained(channels=3, high=255.0, classes=()):
    codec = Affine(scale=high / 2, offset=high / 2, resolution=1.0, range=(0.0, high))
    data = described(6, 8, channels, classes=classes, view="photographs", codec=codec)
    return SimpleNamespace(data=data)


def draw(n, channels=3, high=255):
    return RNG.integers(0, high, (n, 6, 8, channels), endpoint=True).astype("float32")


@pytest.mark.parametrize("write", [write_folder, write_zip])
@pytest.mark.parametrize(("channels", "high"), [(1, 255), (3, 255), (4, 255), (1, 65535)])
def test_the_dataset_reads_what_is_written(tmp_path, write, channels, high):
    samples = draw(12, channels, high)
    path = tmp_path / ("a.zip" if write is write_zip else "a")
    write(
        path, iter([(samples[:7], None), (samples[7:], None)]), 12, trained(channels, float(high))
    )
    frame = Frame((6, 8), "crop", MODES[channels], "white")
    with open_files(path) as files:
        assert files.names == [f"{i:02}.png" for i in range(12)]
        found = [read_pixels(files, name, frame, high > 255) for name in files.names]
    np.testing.assert_array_equal(found, samples)


@pytest.mark.parametrize(
    ("classes", "folders"),
    [(("cat", "dog"), ["cat", "dog"]), (("..", "a/b"), ["0", "1"]), (("a", "A"), ["0", "1"])],
)
def test_a_class_is_a_folder(tmp_path, classes, folders):
    samples = draw(80)
    labels = np.arange(80) % 2
    write_folder(tmp_path / "a", iter([(samples, labels)]), 80, trained(classes=classes))
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    data = Images(
        kind="images", path=str(tmp_path / "a"), size=(6, 8), labels="folders",
        held_out=1 / 3, validation=1 / 2,
    ).make(tmp_path)  # fmt: skip
    assert list(data.description.classes) == folders
    assert np.bincount(data.arrays["train"]["labels"]).sum() == len(data.arrays["train"]["real"])
    assert (tmp_path / "a" / folders[1] / "01.png").is_file()
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "a" / folders[1] / "01.png")), samples[1]
    )


def test_an_archive_carries_no_date(tmp_path):
    for name in ("a.zip", "b.zip"):
        write_zip(tmp_path / name, iter([(np.ones((3, 6, 8, 3)), None)]), 3, trained())
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with ZipFile(tmp_path / "a.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {EPOCH}


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (trained(), ""),
        (trained(1, 65535.0), ""),
        (trained(3, 65535.0), "no PNG of 16 bits a colour"),
        (trained(1, 16.0), "from 0 to 255"),
        (trained(2), "no grey or coloured images"),
        (SimpleNamespace(data=described(2)), "no grey or coloured images"),
    ],
)
def test_what_no_image_file_can_hold(made, told):
    assert told in find_misfit(made)
    assert bool(told) == bool(find_misfit(made))
