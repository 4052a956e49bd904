"""The pages in a real browser."""

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize(
    ("page_name", "pictures"),
    [("reports/index.html", 2 * 5), ("reports/recipes/sinusoid/report.html", 11)],
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
