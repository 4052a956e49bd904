"""The comparison: what differs, what is better beyond another seed, the page in a real browser."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from forger.config.section import parse
from jobs.compare.page import Comparison, as_html, as_markdown
from jobs.compare.read import Candidate, Trial, differing
from jobs.shared.baselines import Baseline, ruler
from jobs.shared.revisions import Revision

PIXEL = "data:image/webp;base64,UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"


def trial(name, batch="64", rmse=0.1, half=0.01, seed="1", **missing):
    """One with everything, or without what is named."""
    epochs = np.arange(1, 6)
    values = {
        "parameters": {"seed": seed, "train.batch": batch, "method.latent.dim": "5"},
        "figures": {
            "acc_real": 0.5,
            "acc_fake": 0.6,
            "auc": 0.55,
            "quality": {"rmse": rmse, "c2st": 0.5 + rmse},
            "floor": {"rmse": 0.001, "c2st": 0.5},
            "interval": {"rmse": [rmse - half, rmse + half]},
        },
        "history": pd.DataFrame(
            {"epoch": epochs, "step": 10 * epochs, "d_loss": 1 / epochs, "g_loss": epochs / 5}
        ),
        "picture": PIXEL,
        "timing": {
            "seconds": 3.2,
            "updates_per_second": 500,
            "machine": ["cpu", "2 cores"],
            "commit": ["0d74a7c9f2", "with changes"],
        },
    }
    candidate = Candidate(Revision(name), created="Nov 20", state=missing.get("state", ""))
    return Trial(candidate, **{key: v for key, v in values.items() if key not in missing})


TRIALS = [
    trial("main"),
    trial("better-one", batch="128", rmse=0.05),
    trial("noisy-one", batch="128", rmse=0.11, half=0.05),
    trial("worse-one", batch="256", rmse=0.4, seed="2"),
]


def test_what_differs():
    assert differing(TRIALS) == ["seed", "train.batch"]
    assert differing(TRIALS[:1]) == []


def baseline(distances=(0.08, 0.09, 0.1, 0.11, 0.12), floor=0.5):
    """Of c2st, by which figures without a grade are held beside others."""
    figures = {"c2st": {"floor": floor, "noise": 0.01, "values": [0.5 + d for d in distances]}}
    about = {"parameters": "", "ruler": ruler(TRIALS[0].figures).about, "seeds": [1, 2, 3, 4, 5]}
    return parse(Baseline, {**about, "figures": figures})


def test_better_and_worse_are_beyond_what_another_seed_explains():
    trials = [
        trial("main"),
        trial("same"),
        trial("another-seed", rmse=0.14, seed="2"),
        trial("better-one", rmse=0.005),
        trial("worse-one", rmse=0.45),
        trial("old", figures=True),
    ]
    compared = Comparison("parabola", trials, baseline=baseline())
    verdicts = [dict(compared.verdicts(each)) for each in trials]
    assert verdicts == [{}, {}, {"c2st": ""}, {"c2st": "better"}, {"c2st": "worse"}, {}]
    assert compared.held == ["c2st", "rmse"]  # of which the seeds know the first
    assert compared.uncompared == []
    markdown = as_markdown([compared])
    assert "▲ 0.505" in markdown
    assert "▼ 0.95" in markdown
    assert "**c2st** (floor 0.5; seeds 0.2229 … 0.7771)" in markdown
    assert "<u>c2st</u>" in as_html([compared])


def test_what_is_not_compared_is_named():
    why = "main has no baselines/parabola.json"
    without = Comparison("parabola", TRIALS, why=why)
    assert all(not without.verdicts(each) for each in TRIALS)
    for made in (as_html, as_markdown):
        assert f"No ▲ or ▼: {why}." in made([without])
    assert Comparison("parabola", TRIALS[:1], why=why).uncompared == []
    other = Comparison("parabola", TRIALS[:2], baseline=baseline(floor=0.51))
    (line,) = other.uncompared
    assert line.startswith("the seeds stored for parabola were measured beside other data, floors")
    assert line.endswith("than main; `forger seeds parabola -n 8 --keep` renews them")
    figures = trial("elsewhere").figures
    changed = {**figures, "floor": {**figures["floor"], "c2st": 0.51}}
    elsewhere = dataclasses.replace(trial("elsewhere"), figures=changed)
    ours = Comparison("parabola", [TRIALS[0], elsewhere], baseline=baseline())
    assert ours.uncompared == ["elsewhere was measured beside other data, floors or classifier"]


def test_same_latents_are_those_of_the_same_seed_and_law():
    comparison = Comparison("parabola", TRIALS)
    assert [comparison.same_latents(t) for t in TRIALS] == [True, True, True, False]
    other = dataclasses.replace(TRIALS[1], inputs={"codes": {"shape": [3], "drawn": {"dim": 3}}})
    assert not comparison.same_latents(other)


def test_what_is_the_same_is_named_and_left_out():
    trials = [
        trial("main"),
        trial("twin"),
        trial("other", batch="128"),
        trial("gone", figures=True),
    ]
    found = Comparison("parabola", trials).of_what_differs()
    assert [t.title for t in found.trials] == ["main", "other", "gone"]
    assert found.same == ["twin"]
    for made in (as_html, as_markdown):
        assert "left out: twin" in made([found])
    nothing = Comparison("gaussian", trials[:2]).of_what_differs()
    page = as_html([found, nothing])
    assert "Nothing differs in gaussian." in page
    assert 'id="gaussian"' not in page
    text = as_markdown([found, nothing])
    assert "Nothing differs in gaussian." in text
    assert "### gaussian" not in text
    alone = Comparison("gaussian", trials[:1]).of_what_differs()
    assert 'id="gaussian"' in as_html([alone])
    for made in (as_html, as_markdown):
        text = made([found, alone])
        assert "Only one of them has run gaussian." in text
        assert 'id="gaussian"' not in text
        assert "### gaussian" not in text


def test_the_commit_that_was_trained_is_told():
    assert TRIALS[0].commit == "0d74a7c, with changes"
    assert "0d74a7c, with changes" in as_html([Comparison("parabola", TRIALS)])
    assert trial("old", timing=True).commit == ""


def test_what_is_missing_does_not_stop_it():
    everything = {"figures", "history", "picture", "timing", "parameters"}
    broken = trial("gone", **dict.fromkeys(everything))
    broken.missing.append("failed")
    comparisons = [Comparison("parabola", [*TRIALS, broken])]
    assert "missing: failed" in as_html(comparisons)
    assert "| gone (missing: failed) |" in as_markdown(comparisons)
    assert as_html([Comparison("parabola", [broken])])


def test_the_markdown_is_one_table_a_recipe():
    lines = as_markdown([Comparison("parabola", TRIALS)]).splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == 2 + len(TRIALS)
    assert len({row.count("|") for row in rows}) == 1
    assert "| main | 1 | 64 |" in rows[2]
    assert "| 0.05 |" in rows[3].replace("  ", " ")


def test_names_and_values_are_escaped():
    bad = trial("<script>alert(1)</script>|", batch="</script><b>x")
    comparisons = [Comparison("parabola", [trial("main"), bad])]
    page = as_html(comparisons)
    assert "<script>alert(1)" not in page
    assert "</script><b>x" not in page
    assert "<script>" not in as_markdown(comparisons)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A hundred experiments on a page."""
    rng = np.random.default_rng(0)
    trials = [
        trial(
            f"exp-{i:03d}", batch=str(2 ** int(rng.integers(4, 9))), rmse=float(rng.uniform(0, 1))
        )
        for i in range(100)
    ]
    path = tmp_path_factory.mktemp("page") / "experiments.html"
    path.write_text(as_html([Comparison("parabola", trials)]))
    return path


@pytest.mark.slow
def test_a_person_sorts_filters_and_looks_at_charts(many, browser):
    page = browser.new_page(offline=True)
    failures = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("requestfailed", lambda request: failures.append(request.url))
    page.goto(f"file://{many}")
    section = page.locator("section#parabola")
    assert not section.locator(".main-svg").count()  # charts wait until they are looked at
    for chart in ("[data-chart=curves]", "[data-chart=scatter]", "[data-chart=parallel]"):
        section.locator(chart).scroll_into_view_if_needed()
        section.locator(f"{chart} .main-svg").first.wait_for()

    rows = section.locator("tbody tr:visible")
    assert rows.count() == 100
    section.locator("th", has_text="rmse").click()
    values = [
        float(v)
        for v in section.locator("td.figure:nth-last-child(6)").evaluate_all(
            "cells => cells.map(cell => cell.dataset.value)"
        )
    ]
    assert values == sorted(values)
    section.locator("th", has_text="rmse").click()
    first = section.locator("tbody tr").first
    assert float(first.locator("td").nth(6).get_attribute("data-value")) == max(values)

    section.locator(".filters select").select_option("64")
    shown = rows.count()
    assert 0 < shown < 100
    assert section.locator("output").inner_text() == f"{shown} of 100"
    drawn = "element => element.querySelector('[data-chart=curves]').data.length"
    assert section.evaluate(drawn) == shown
    section.locator("select.curve").select_option("g_loss")
    assert (
        section.evaluate("e => e.querySelector('[data-chart=curves]').layout.yaxis.title.text")
        == "g_loss"
    )
    assert (
        section.evaluate("e => e.querySelector('[data-chart=parallel]').data[0].dimensions.length")
        == 6  # the batch and five figures
    )
    section.locator("select.y").select_option("rmse")
    assert (
        section.evaluate("e => e.querySelector('[data-chart=scatter]').data[0].y.length") == shown
    )
    assert failures == []
    page.close()


@pytest.mark.slow
def test_on_a_phone_nothing_runs_off_the_page(many, browser):
    page = browser.new_page(viewport={"width": 390, "height": 800}, offline=True)
    page.goto(f"file://{many}")
    page.locator("[data-chart=curves]").scroll_into_view_if_needed()
    page.locator("[data-chart=curves] .main-svg").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
