"""What the slow end-to-end tests share."""

import pytest

from tests.pipeline.clone import Clone, clone


def pytest_collection_modifyitems(items):
    """Keep what shares the clone below in one of `make test`'s processes."""
    for item in items:
        if "done" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("done"))
        elif "full" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("full"))


@pytest.fixture(scope="session")
def done(tmp_path_factory) -> Clone:
    """A clone in which `dvc repro` has run and was committed."""
    made = clone(tmp_path_factory)
    made.run("dvc", "repro")
    made.commit("results")
    return made
