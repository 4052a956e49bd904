"""A run that is killed and started again ends with the same bytes. `make torture` does more."""

from importlib.util import find_spec

import pytest

from tests.torture.kills import differing, plan, prepared, survive

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("backend", "kills", "targets"),
    [
        ("tensorflow", plan(8, seed=1), ()),
        pytest.param(
            "jax",
            [kill for kill in plan(12, seed=2) if kill.stage == "train"],
            ("train@digits_conditional",),
            marks=pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed"),
        ),
    ],
)
def test_kills_change_nothing(tmp_path, backend, kills, targets):
    reference, clone = (prepared(tmp_path / name, backend) for name in ("reference", "killed"))
    reference.run("dvc", "repro", *targets)
    outcome = survive(clone, kills, *targets)
    assert not outcome.problems, "\n".join(outcome.problems)
    assert sum(outcome.hit.values()) >= len(kills) // 2  # a stage that is done is not run again
    assert outcome.hit["train"] >= sum(kill.stage == "train" for kill in kills) - 1
    assert outcome.resumed > 0
    assert differing(clone, reference) == []
    assert clone.text("dvc.lock") == reference.text("dvc.lock")
