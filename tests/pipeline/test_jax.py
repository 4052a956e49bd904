"""The pipeline on JAX: the same bytes in two clones."""

import json
from importlib.util import find_spec

import pytest

from tests.pipeline.clone import clone

pytestmark = pytest.mark.slow


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
def test_on_jax_twice(tmp_path_factory):
    locks = []
    for _ in range(2):
        made = clone(tmp_path_factory, run=["digits_conditional"], compute__backend="jax")
        made.run("dvc", "repro", "train@digits_conditional")
        locks.append(made.text("dvc.lock"))
        assert json.loads(made.text("data/resolved.json"))["backend"] == "jax"
    assert locks[0] == locks[1]
