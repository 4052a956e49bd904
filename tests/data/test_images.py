"""Images from folders, archives and arrays: what is read, what is refused, which part it is in."""

import io
import os
import struct
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from forger.core.errors import UserError
from forger.data.base import PARTS
from forger.data.folder import DataFolder
from forger.data.image_files import open_files
from forger.data.images import Images
from forger.data.pixels import Frame, read_pixels, survey

RNG = np.random.default_rng(0)


def draw(height=6, width=8, channels=3, dtype=np.uint8):
    shape = (height, width, channels) if channels > 1 else (height, width)
    return RNG.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)


def fill(folder, n=66, **options):
    """A folder of small images, all different."""
    for i in range(n):
        save(folder / f"{i:03}.png", draw(**options))
    return folder


def images(path, **options):
    shares = {"held_out": 1 / 3, "validation": 1 / 2}
    return Images(kind="images", path=str(path), **{"size": (6, 8), **shares, **options})


def read(path, frame, name=None, deep=False):
    with open_files(path) as files:
        return read_pixels(files, name or files.names[0], frame, deep)


def frame(size=(6, 8), fit="crop", mode="rgb", background="white"):
    return Frame(size, fit, mode, background)


def parts_of(data):
    """Every part's images in the data's units, as whole numbers."""
    codec = data.description.real.codec
    return {p: codec.decode(np.asarray(data.arrays[p]["real"])).astype(int) for p in PARTS}


def test_every_image_is_in_one_part_as_it_is(tmp_path):
    fill(tmp_path)
    data = images(tmp_path).make(tmp_path)
    found = np.concatenate([*parts_of(data).values()])
    stored = [np.asarray(Image.open(path)) for path in sorted(tmp_path.glob("*.png"))]
    assert len(found) == len(stored) == 66
    assert {x.astype(int).tobytes() for x in stored} == {x.tobytes() for x in found}
    again = images(tmp_path).make(tmp_path)
    for part in PARTS:
        np.testing.assert_array_equal(again.arrays[part]["real"], data.arrays[part]["real"])
    DataFolder(tmp_path / "data").write(data)
    np.testing.assert_array_equal(
        DataFolder(tmp_path / "data").part("train")["real"], data.arrays["train"]["real"]
    )


def test_an_archive_gives_what_its_folder_gives(tmp_path):
    fill(tmp_path / "cat" / "a", 40)
    fill(tmp_path / "dog", 40)
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(tmp_path.rglob("*.png"), reverse=True):
            archive.write(path, path.relative_to(tmp_path))
        archive.writestr("__MACOSX/cat/._000.png", b"rubbish")
        archive.writestr("cat/.DS_Store", b"rubbish")
    (tmp_path / "all.zip").rename(tmp_path.parent / "all.zip")
    one, other = (
        images(path, labels="folders").make(tmp_path)
        for path in (tmp_path, tmp_path.parent / "all.zip")
    )
    assert one.description == other.description
    assert one.description.classes == ("cat", "dog")
    for part in PARTS:
        for field in ("real", "labels"):
            np.testing.assert_array_equal(one.arrays[part][field], other.arrays[part][field])
    stored = {np.asarray(Image.open(p)).astype(int).tobytes() for p in tmp_path.glob("dog/*.png")}
    for part, found in parts_of(one).items():
        assert [x.tobytes() in stored for x in found] == one.arrays[part]["labels"].tolist()


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I;16"])
def test_formats_without_loss_give_their_pixels(tmp_path, suffix, mode):
    channels = {"L": 1, "RGB": 3, "RGBA": 4, "I;16": 1}[mode]
    array = draw(channels=channels, dtype=np.uint16 if mode == "I;16" else np.uint8)
    save(tmp_path / f"a.{suffix}", array)
    wanted = {1: "grey", 3: "rgb", 4: "rgba"}[channels]
    found = read(tmp_path, frame(mode=wanted), deep=mode == "I;16")
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array.reshape(6, 8, channels))


def test_jpeg_is_read_as_pillow_reads_it(tmp_path):
    save(tmp_path / "a.jpg", draw(60, 80), quality=90)
    expected = np.asarray(Image.open(tmp_path / "a.jpg"))
    np.testing.assert_array_equal(read(tmp_path, frame((60, 80))), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_cameras_are_turned_back(tmp_path, orientation):
    array = draw(6, 6)
    exif = Image.Exif()
    exif[0x0112] = orientation
    save(tmp_path / "a.png", array, exif=exif)
    turns = {
        1: array, 2: array[:, ::-1], 3: array[::-1, ::-1], 4: array[::-1],
        5: array.swapaxes(0, 1), 6: np.rot90(array, -1), 7: array[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(array),
    }  # fmt: skip
    np.testing.assert_array_equal(read(tmp_path, frame((6, 6))), turns[orientation])


def test_the_background_shows_through(tmp_path):
    array = draw(channels=4)
    save(tmp_path / "a.png", array)
    opacity = array[..., 3:] / 255
    for name, behind in (("white", 255), ("black", 0)):
        found = read(tmp_path, frame(background=name))
        expected = opacity * array[..., :3] + (1 - opacity) * behind
        np.testing.assert_allclose(found, expected, atol=1)


def test_grey_is_the_eyes(tmp_path):
    array = draw()
    save(tmp_path / "a.png", array)
    found = read(tmp_path, frame(mode="grey"))[..., 0]
    np.testing.assert_allclose(found, array @ [0.299, 0.587, 0.114], atol=1)


@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(st.integers(4, 60), st.integers(4, 60)),
    size=st.tuples(st.integers(4, 40), st.integers(4, 40)),
    mode=st.sampled_from(["grey", "rgb", "rgba"]),
)
def test_every_image_gets_the_size(tmp_path_factory, shape, size, mode):
    """A plain one stays plain; padded, it keeps its proportion."""
    folder = tmp_path_factory.mktemp("one")
    plain = np.full((*shape, 3), (200, 100, 50), np.uint8)
    save(folder / "a.png", plain)
    for fit in ("crop", "stretch", "pad"):
        found = read(folder, frame(size, fit, mode, "black"))
        assert found.shape == (*size, {"grey": 1, "rgb": 3, "rgba": 4}[mode])
        inside = (found != 0).any(-1)
        assert len(np.unique(found[inside], axis=0)) == 1
        if fit != "pad":
            assert inside.all()
        else:
            height, width = inside.any(1).sum(), inside.any(0).sum()
            assert (height == size[0]) or (width == size[1])
            assert abs(height * shape[1] - width * shape[0]) <= max(shape)
            assert inside.sum() == height * width


@pytest.mark.parametrize("deep", [False, True])
def test_16_bits_stay_in_grey(tmp_path, deep, capsys):
    for i in range(66):
        save(tmp_path / f"{i:02}.png", draw(channels=1, dtype=np.uint16))
    byte = draw(channels=1)
    save(tmp_path / "99.png", byte)
    data = images(tmp_path, mode="grey" if deep else "rgb").make(tmp_path)
    high = 65535 if deep else 255
    assert data.description.real.codec.range == (0, high)
    found = np.concatenate([*parts_of(data).values()])
    expected = byte.astype(int)[..., None] * (257 if deep else np.ones(3, int))
    assert (found == expected).all((1, 2, 3)).any()
    told = capsys.readouterr().out
    assert ("1 images of 8 bits are scaled" if deep else "66 grey images of 16 bits") in told


def test_copies_and_groups_are_in_one_part(tmp_path):
    for person in range(30):
        for i in range(4):
            save(tmp_path / f"p{person:02}_{i}.png", draw())
    copy = tmp_path / "p00_0.png"
    for i in range(3):
        (tmp_path / f"p{29 - i}_copy.png").write_bytes(copy.read_bytes())
    data = images(tmp_path, group=r"^p(\d+)_").make(tmp_path)
    of = {
        np.asarray(Image.open(path)).astype(int).tobytes(): path.name[1:3]
        for path in tmp_path.glob("*.png")
    }
    people = [{of[x.tobytes()] for x in found} for found in parts_of(data).values()]
    assert not people[0] & people[1] | people[0] & people[2] | people[1] & people[2]


@pytest.mark.parametrize("suffix", ["npy", "npz"])
@pytest.mark.parametrize(
    ("dtype", "codec"),
    [(np.uint8, (0, 255, 1)), (np.uint16, (0, 65535, 1)), (np.float64, (-2, 3, 0)),
     (bool, (0, 1, 1))],
)  # fmt: skip
def test_arrays_keep_their_units(tmp_path, suffix, dtype, codec):
    values = RNG.uniform(-2, 3, (70, 6, 8))
    values[0, 0, :2] = -2, 3
    if np.issubdtype(dtype, np.integer):
        values = RNG.integers(0, codec[1], values.shape)
    array = (values > 0) if dtype is bool else values.astype(dtype)
    labels = np.arange(70) % 3 + 5
    path = tmp_path / f"a.{suffix}"
    options = {}
    if suffix == "npy":
        np.save(path, array)
    else:
        np.savez(path, x=array, y=labels)
        options["labels"] = "y"
    data = images(path, mode="grey", **options).make(tmp_path)
    about = data.description.real.codec
    assert (*about.range, about.resolution) == codec
    assert data.description.classes == (() if suffix == "npy" else ("5", "6", "7"))
    found = np.concatenate([about.decode(data.arrays[p]["real"])[..., 0] for p in PARTS])
    order = np.argsort(found[:, 0, 0] * 1e3 + found[:, 1, 1])
    ranked = np.argsort(array[:, 0, 0] * 1e3 + array[:, 1, 1].astype(float))
    if dtype is not bool:
        np.testing.assert_allclose(found[order], array[ranked], atol=1e-2)
    if options:
        of = {a.astype(np.float32).tobytes(): y for a, y in zip(array, labels - 5, strict=True)}
        if dtype in (np.uint8, np.uint16):
            got = np.concatenate([data.arrays[p]["labels"] for p in PARTS])
            assert [of[x.astype(np.float32).tobytes()] for x in found] == got.tolist()


def chunk(kind, content):
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def bomb(side):
    """A PNG whose header says a side, and that holds next to nothing."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0"))


def png():
    file = io.BytesIO()
    Image.fromarray(draw()).save(file, "PNG")
    return file.getvalue()


def link_outside(path):
    save(path.parents[1] / "outside.png", draw())
    path.symlink_to(path.parents[1] / "outside.png")


def save_pages(path):
    pages = [Image.fromarray(draw()) for _ in range(3)]
    pages[0].save(path.with_suffix(".tif"), save_all=True, append_images=pages[1:])


SPOIL = {
    "truncated": lambda path: path.write_bytes(png()[:-60]),
    "text": lambda path: path.write_text("no image"),
    "empty": lambda path: path.write_bytes(b""),
    "bomb": lambda path: path.write_bytes(bomb(20_000)),
    "large": lambda path: path.write_bytes(bomb(10_000)),
    "nowhere": lambda path: path.symlink_to(path.with_name("gone.png")),
    "outside": link_outside,
    "loop": lambda path: path.symlink_to(path.parent),
    "pipe": os.mkfifo,
    "float": lambda path: save(path.with_suffix(".tif"), draw(channels=1).astype(np.float32)),
    "pages": save_pages,
}


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("truncated", "bad.png: damaged: "),
        ("text", "bad.png: is no PNG, JPEG or TIFF image; mend it or remove it"),
        ("empty", "bad.png: is no PNG, JPEG or TIFF image"),
        ("bomb", "bad.png: has more than 89,478,485 pixels; make it smaller"),
        ("large", "bad.png: has more than 89,478,485 pixels"),
        ("nowhere", "bad.png: is a symbolic link to nowhere; remove it"),
        ("outside", "bad.png: is a symbolic link out of the folder; copy the file here"),
        ("loop", "bad.png: is a symbolic link to a folder"),
        ("pipe", "bad.png: is no plain file"),
        ("float", "bad.tif: damaged: pixels of 32 bits"),
        ("pages", "bad.tif: damaged: holds 3 images; allowed: one a file"),
    ],
)
def test_bad_files_are_named(tmp_path, how, told):
    folder = fill(tmp_path / "images")
    SPOIL[how](folder / "bad.png")
    with pytest.raises(UserError) as error:
        images(folder).make(tmp_path)
    (line,) = error.value.problems
    assert told in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../up.png", "leads out of the archive"),
        ("/etc/up.png", "leads out of the archive"),
        ("a/../../up.png", "leads out of the archive"),
        ("..\\up.png", "leads out of the archive"),
        ("bad.png", "bad.png: is no PNG, JPEG or TIFF image"),
    ],
)
def test_bad_archives(tmp_path, name, told):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(66):
            archive.writestr(f"{i:02}.png", png())
        archive.writestr(name, b"no image")
    with pytest.raises(UserError, match=told):
        images(path).make(tmp_path)


def test_a_damaged_archive(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(66):
            archive.writestr(f"{i:02}.png", png())
    content = bytearray(path.read_bytes())
    content[300] ^= 255  # in the third image
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a.zip/\d\d.png: "):
        images(path).make(tmp_path)
    path.write_bytes(content[:-50])
    with pytest.raises(UserError, match="expected a folder or a zip archive"):
        images(path).make(tmp_path)


@pytest.mark.parametrize(
    ("make", "options", "told"),
    [
        (lambda folder: None, {}, "images is not there"),
        (lambda folder: folder.mkdir(), {}, "found no images; expected .png"),
        (lambda folder: fill(folder, 59), {}, "has 59 images; figures need at least 20 of each"),
        (lambda folder: [save(folder / f"{i}.png", np.zeros((6, 8), np.uint8)) for i in range(80)],
         {}, "copies and groups kept together leave"),
        (fill, {"labels": "folders"}, "000.png: lies in none of the folders of classes"),
        (fill, {"labels": "y"}, "found 'y'"),
        (fill, {"group": "person"}, "dataset.group: found no 'person' in 000.png"),
        (lambda folder: fill(folder / "cat"), {"labels": "folders"}, "has one class only"),
        (lambda folder: (fill(folder / "cat"), (folder / "dog").mkdir()), {"labels": "folders"},
         "dog: a class without images"),
    ],
)  # fmt: skip
def test_bad_folders(tmp_path, make, options, told):
    make(tmp_path / "images")
    with pytest.raises(UserError, match=told):
        images(tmp_path / "images", **options).make(tmp_path)


@pytest.mark.parametrize(
    ("arrays", "options", "told"),
    [
        ({"x": np.zeros((70, 6, 8, 2))}, {}, "of 1, 3 or 4 channels"),
        ({"x": np.zeros((70, 6, 8))}, {}, "every pixel of all 70 images is 0"),
        ({"x": np.full((70, 6, 8), np.nan)}, {}, "image 0 has numbers that are not finite"),
        ({"x": np.zeros((70, 6))}, {}, "0 arrays with three or four axes"),
        ({"x": np.zeros((70, 6, 8)), "z": np.zeros((70, 6, 8))}, {}, "2 arrays"),
        ({"x": draw(70, 6, 8)}, {"labels": "y"}, "dataset.labels: found 'y'"),
        ({"x": draw(70, 6, 8), "y": np.zeros(69, int)}, {"labels": "y"}, "69 numbers for 70"),
        ({"x": draw(70, 6, 8), "y": np.zeros(70)}, {"labels": "y"}, "expected whole numbers"),
        ({"x": np.array([{}] * 70)}, {}, "object"),
    ],
)
def test_bad_arrays(tmp_path, arrays, options, told):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(UserError, match=told):
        images(tmp_path / "a.npz", **options).make(tmp_path)


def test_a_file_that_changes_while_it_is_read(tmp_path):
    fill(tmp_path)
    with open_files(tmp_path) as files:
        (tmp_path / "005.png").write_bytes(png() + b" ")
        with pytest.raises(UserError, match=r"005\.png: changed while it was read"):
            survey(files)


def test_links_of_a_cache_are_followed(tmp_path):
    """Which is how DVC checks data out, if it is told so."""
    folder = fill(tmp_path / "images")
    cached = tmp_path / "cache/files/md5/ab" / ("0" * 30)
    cached.parent.mkdir(parents=True)
    cached.write_bytes(png())
    (folder / "linked.png").symlink_to(cached)
    assert sum(map(len, parts_of(images(folder).make(tmp_path)).values())) == 67


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_bytes_are_refused_by_name_or_read(tmp_path_factory, data):
    content = bytearray(png())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.mktemp("one")
    (folder / "a.png").write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        found = read(folder, frame())
    except UserError as error:
        assert "a.png: " in error.problems[0]
    else:
        assert found.shape == (6, 8, 3)
