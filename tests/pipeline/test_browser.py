"""The pages in a real browser."""

import io
from collections import defaultdict

import numpy as np
import pytest
from PIL import Image

from forger.report.pages import render

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize(
    ("page_name", "pictures"),
    [("reports/index.html", 2 * 5), ("reports/recipes/sinusoid/report.html", 14)],
)
def test_every_picture_is_drawn_and_nothing_fails(done, browser, page_name, pictures, width):
    page = browser.new_page(viewport={"width": width, "height": 900}, offline=True)
    failures: list[str] = []
    page.on("console", lambda message: failures.append(message.text))
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("requestfailed", lambda request: failures.append(request.url))
    page.goto(f"file://{done.folder / page_name}")
    drawn = page.evaluate("Array.from(document.images, i => i.complete && i.naturalWidth > 50)")
    assert drawn == [True] * pictures
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "Image object" not in page.inner_text("body")
    assert failures == []
    page.close()


def test_a_person_finds_a_recipe_its_settings_and_its_report(done, browser):
    page = browser.new_page(offline=True)
    page.goto(f"file://{done.folder / 'reports/index.html'}")
    page.click("nav >> text=sinusoid")
    section = page.locator("section#sinusoid")
    assert not section.get_by_text("train.epochs", exact=True).is_visible()
    section.get_by_text("Settings").click()
    assert section.get_by_text("train.epochs", exact=True).is_visible()
    section.get_by_text("The whole report").click()
    page.wait_for_url("**/recipes/sinusoid/report.html")
    assert page.locator("h1").inner_text() == "sinusoid"
    page.close()


LONG = "a figure of a long name 0.0002839 (0.0001234)"


def card():
    """A recipe of the summary, with the longest words that it has."""
    row = defaultdict(lambda: "0.6931")
    settings = defaultdict(lambda: defaultdict(lambda: "non_saturating"))
    finding = {"problem": "D says fake to everything", "evidence": "100.0%", "remedies": ["more"]}
    return {
        "name": "gaussian_tuned", "settings": settings, "figures": [row] * 3, "sizes": "",
        "by_name": defaultdict(lambda: row), "quality": ["frechet_exact 0.0002839 (0.0001234)"],
        "grade": {"figure": "classifier_frechet", "grade": "indistinguishable", "gap": 12.3},
        "rank": 0, "diagnosis": [finding], "rows": [{"key": "train.epochs", "value": LONG}],
        "pictures": defaultdict(str), "animation": "", "titles": [],
    }  # fmt: skip


def notebook():
    """A page of the report with a table as pandas writes it, and a narrow one."""
    tables = (f"<table><tr>{f'<td>{LONG}</td>' * n}</tr></table>" for n in (9, 1))
    outputs = (
        f'<div class="jp-OutputArea-output"><div class="jp-RenderedHTMLCommon">{table}</div></div>'
        for table in tables
    )
    return render("report.html", title="ring", body="".join(outputs).replace("<td", "<td nowrap"))


def edges(scroller):
    """How dark the left and the right edge are beside the middle of a thing, from 0 to 1."""
    picture = Image.open(io.BytesIO(scroller.screenshot())).convert("L")
    grey = np.median(np.asarray(picture, float), axis=0) / 255  # of a column, whatever its words
    ground = grey.max()
    return ground - grey[:2].mean(), ground - grey[-2:].mean()


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("made", ["summary", "report"])
def test_a_table_that_is_cut_off_shows_that_it_scrolls(tmp_path, browser, made, width):
    """By a shadow at the edge where there is more; the page itself stays where it is."""
    columns = ["d_loss", "g_loss", "accuracy", "auc"]
    cards = {"title": "Results", "recipes": [card()], "columns": columns}
    path = tmp_path / "page.html"
    path.write_text(notebook() if made == "report" else render("summary.html", **cards))
    page = browser.new_page(viewport={"width": width, "height": 900}, offline=True)
    page.goto(f"file://{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = 0
    for table in page.locator("table:visible").all():
        scroller = table.locator("xpath=..")
        more = scroller.evaluate("e => e.scrollWidth - e.clientWidth")
        left, right = edges(scroller)
        assert (left < 0.05, right > 0.15) == (True, more > 0)
        cut += more > 0
        if more > 0:
            scroller.evaluate("e => e.scrollTo(e.scrollWidth, 0)")
            left, right = edges(scroller)
            assert (left > 0.15, right < 0.05) == (True, True)
    assert cut == {("summary", 1200): 0, ("summary", 390): 2}.get((made, width), 1)
    page.close()
