"""The README's picture is of the results that are recorded."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from forger.core.errors import UserError
from forger.report.views.base import drawing
from jobs import picture
from tests.data.described import described
from tests.project import ROOT


def test_the_picture_is_of_the_recorded_results(monkeypatch):
    monkeypatch.chdir(ROOT)
    if picture.mark() is None:
        pytest.skip("docs/results.png was not drawn by forger picture")
    assert picture.mark() == picture.fingerprint(picture.LOCK.read_text()), (
        "docs/results.png is stale; forger picture draws it anew"
    )


def entry(path, content):
    digest = hashlib.md5(content).hexdigest()
    return f"    - path: {path}\n      hash: md5\n      md5: {digest}\n      size: 3\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Recorded samples, and a picture that takes no time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["jobs.picture"])
    monkeypatch.setattr(picture, "draw", lambda: drawing(1))
    Path("docs").mkdir()
    lock = ""
    for recipe in picture.recipes():
        path = picture.find_picture(recipe)
        path.parent.mkdir(parents=True)
        path.write_bytes(recipe.encode())
        lock += entry(f"data/{recipe}", b"data") + entry(path, recipe.encode())
    picture.LOCK.write_text(lock)


def test_it_says_what_it_is_of(project):
    picture.main()
    before = picture.mark()
    assert before == picture.fingerprint(picture.LOCK.read_text())
    path = picture.find_picture("digits_tuned")
    path.write_bytes(b"another result")
    with pytest.raises(UserError, match=r"digits_tuned.*is not what dvc\.lock says"):
        picture.main()
    lock = picture.LOCK.read_text()
    picture.LOCK.write_text(entry(path, b"another result") + lock)
    assert picture.fingerprint(picture.LOCK.read_text()) != before
    path.unlink()
    with pytest.raises(UserError, match=r"digits_tuned.*is not there; `dvc repro` makes it"):
        picture.main()
    picture.LOCK.write_text("")
    with pytest.raises(UserError, match=r"dvc\.lock: does not have"):
        picture.fingerprint("")


def test_a_row_a_source_with_real_data_first(monkeypatch):
    rng = np.random.default_rng(0)

    class Found:
        real, samples = rng.normal(size=(2, 50, 2))

        def __init__(self, recipe):
            self.recipe, self.data = recipe, described(2)

        load = classmethod(lambda cls, recipe: cls(recipe))

    monkeypatch.setattr(picture, "Results", Found)
    axes = picture.draw().axes
    titles = [each.get_title() for each in axes]
    assert titles[:3] == ["real data", "gaussian", "gaussian_tuned"]
    assert len(axes) == 3 * len(picture.SOURCES)
    assert [len(each.collections) for each in axes[:3]] == [1, 2, 2]
