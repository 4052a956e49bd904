"""What the slow end-to-end tests share."""

import pytest

from tests.pipeline.clone import Clone, clone


@pytest.fixture(scope="session")
def done(tmp_path_factory) -> Clone:
    """A clone in which `dvc repro` has run and was committed."""
    made = clone(tmp_path_factory)
    made.run("dvc", "repro")
    made.commit("results")
    return made
