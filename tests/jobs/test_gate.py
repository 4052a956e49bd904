"""The gate: bounds on figures, and comparison with another revision."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import gate
from jobs.gate import judge, table
from jobs.revisions import AbsentError
from stages.gan.errors import UserError
from stages.gan.figures import worse_by
from stages.gan.recipe import read, validate
from tests.gan.test_recipe import changed


def metrics(rmse=0.1, half=0.01, acc_fake=0.5):
    return {
        "acc_real": 0.5,
        "acc_fake": acc_fake,
        "auc": 0.5,
        "quality": {"rmse": rmse, "ks_x": 0.02},
        "floor": {"rmse": 0.0, "ks_x": 0.01},
        "interval": {
            "acc_fake": [acc_fake - 0.01, acc_fake + 0.01],
            "rmse": [rmse - half, rmse + half],
        },
    }


class Fake:
    """A revision with given figures of parabola."""

    def __init__(self, title, found=None):
        self.title, self.found = title, found

    def figures(self, recipe):
        if self.found is None:
            raise AbsentError(f"{self.title}: nothing there")
        return self.found


def gated(bounds):
    return validate(changed(recipes__parabola__gate=bounds))


def verdicts(bounds, found=None, against=None, slack=0.0):
    revision = Fake("workspace", found or metrics())
    return judge(gated(bounds), ["parabola"], revision, against, slack)


@pytest.mark.parametrize(
    ("bounds", "holds"),
    [
        ({"quality.rmse": {"max": 0.2}}, [True]),
        ({"quality": {"rmse": {"max": 0.003}}}, [False]),
        ({"acc_fake": {"min": 0.4, "max": 0.7}}, [True, True]),
        ({"acc_fake": {"min": 0.6}, "quality.rmse": {"min": 0.1, "max": 0.1}}, [False, True, True]),
        ({}, []),
    ],
)
def test_bounds(bounds, holds):
    assert [verdict.holds for verdict in verdicts(bounds)] == holds


def test_the_table_says_what_fails_and_sums_up():
    told = table(verdicts({"quality.rmse": {"max": 0.003}, "auc": {"max": 0.6}}))
    assert "parabola" in told
    assert "≤ 0.003  FAILS" in told
    assert "≤ 0.6    holds" in told
    assert told.endswith("1 of 2 hold.")
    assert "nothing is held" in table([])


def test_no_worse_than_a_revision_beyond_both_intervals(monkeypatch):
    monkeypatch.setattr(gate, "Revision", lambda rev: Fake(rev, metrics(rmse=0.08)))
    bounds = {"quality.rmse": {"no_worse_than": "main"}}
    # Both know rmse to ± 0.01: 0.014 of a difference is noise.
    assert verdicts(bounds, metrics(rmse=0.093))[0].holds
    assert verdicts(bounds, metrics(rmse=0.05))[0].holds
    failed = verdicts(bounds, metrics(rmse=0.1))[0]
    assert not failed.holds
    assert failed.bound.startswith("no worse than 0.08 of main")


def test_against_holds_every_figure_of_quality_and_leaves_room_for_slack():
    reference = Fake("HEAD", metrics(rmse=0.08))
    found = verdicts({}, metrics(rmse=0.1), reference)
    assert {verdict.figure: verdict.holds for verdict in found} == {"rmse": False, "ks_x": True}
    assert all(verdict.holds for verdict in verdicts({}, metrics(rmse=0.1), reference, slack=0.2))
    assert verdicts({}, metrics(), Fake("HEAD")) == []  # a new recipe


def test_figures_of_different_classifiers_are_not_compared():
    def seen(sha256, class_kl):
        found = metrics() | {"classifier": {"accuracy": 0.98, "sha256": [sha256]}}
        return found | {"quality": {"rmse": 0.1, "class_kl": class_kl}}

    verdict = {"rmse": True, "class_kl": False}
    for before, expected in (("a", verdict), ("b", verdict | {"class_kl": None})):
        found = verdicts({}, seen("a", 0.2), Fake("HEAD", seen(before, 0.1)))
        assert {v.figure: v.holds for v in found} == expected
    assert "another classifier  not compared" in table(found)
    assert table(found).endswith("1 of 1 hold.")


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.1))
def test_worse_is_further_from_the_best_on_either_side(one, other, half):
    worse, noise = worse_by("acc_fake", metrics(acc_fake=one), metrics(acc_fake=other))
    assert worse == pytest.approx(abs(one - 0.5) - abs(other - 0.5))
    assert noise == pytest.approx(0.01 * 2**0.5)
    _, noise = worse_by("rmse", metrics(half=half), metrics(half=0))
    assert noise == pytest.approx(half)


def test_figures_older_than_intervals_are_compared_as_they_are():
    old = {"quality": {"rmse": 0.1}}
    assert worse_by("rmse", old, {"quality": {"rmse": 0.2}}) == (pytest.approx(-0.1), 0)


def test_a_figure_that_is_not_there():
    with pytest.raises(UserError, match=r"parabola has no figure frechet; it has acc_real"):
        verdicts({"quality.frechet": {"max": 1}})


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({"acc_fake": {}}, "gate.acc_fake: name at least one of min, max, no_worse_than"),
        ({"acc_fake": {"min": 1, "max": 0}}, "min (1.0) must not lie above max (0.0)"),
        ({"acc_fak": {"max": 1}}, "gate.acc_fak: unknown key; did you mean acc_fake?"),
        ({"quality.rsme": {"max": 1}}, "no figure is called rsme; did you mean rmse?"),
        ({"quality": {"rmse": {"maximum": 1}}}, "gate.quality.rmse.maximum: unknown key"),
        ({"quality.rmse": {"max": "low"}}, "gate"),
        ({"auc": {"no_worse_than": "--upload-pack=x"}}, "gate.auc.no_worse_than"),
        ({"auc": {"no_worse_than": "main"}}, "gate.auc: no_worse_than: D's decisions have no"),
    ],
)
def test_bad_gates_are_told(bounds, told):
    with pytest.raises(UserError) as error:
        gated(bounds)
    (problem,) = error.value.problems
    assert problem.startswith("params.yaml: recipes.parabola.")
    assert told in problem


def test_the_projects_own_gates_are_read():
    assert read().recipes["parabola"].gate is not None
