"""The Evaluate page in a real browser: judge the shipped checkpoint, press a confusion, take the report, compare."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.dashboard import visit

DATA = "model=shapes&data=shapes:8:64"
LONG = 180_000  # milliseconds: an evaluation is a process of its own, and the machine may be busy


@pytest.fixture
def calm(page: Page) -> Iterator[Page]:
    """The page; no script of it may have failed."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert not complaints


def test_evaluate_press_a_confusion_take_the_report(calm: Page, server: str, browser: Browser, tmp_path: Path) -> None:
    page = calm
    visit(page, f"{server}/evaluate?{DATA}&view=confusion")
    page.locator(".st-key-evaluate-job-start button").click()
    cell = page.get_by_role("button", name="disc predicted as disc")
    expect(cell).to_be_visible(timeout=LONG)
    cell.click()
    expect(cell).to_have_attribute("aria-pressed", "true")
    faces = page.locator(".st-key-faces_evaluate-confusion-image button")
    expect(faces.first).to_be_visible()
    style = str(faces.first.evaluate("it => getComputedStyle(it).backgroundImage"))
    found = page.request.get(f"{server}/api/" + style.partition("/api/")[2].rstrip('")'))
    assert found.ok and found.headers["content-type"] == "image/jpeg"
    viewer = page.locator(".st-key-evaluate-confusion-viewer")
    expect(viewer.get_by_role("button", name="Swipe", exact=True)).to_have_attribute("aria-pressed", "true")

    cell.press("ArrowRight")  # the keys go through the cells, Enter presses one
    beside = page.get_by_role("button", name="disc predicted as square")
    expect(beside).to_be_focused()
    beside.press("Enter")
    expect(beside).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("combobox", name="Predicted class")).to_have_value("square")

    with page.expect_download() as download:
        page.get_by_role("button", name="Report (HTML)").click()
    report = tmp_path / "report.html"
    download.value.save_as(report)
    alone = browser.new_context(offline=True)
    try:
        paper = alone.new_page()
        asked: list[str] = []
        paper.on("request", lambda request: asked.append(request.url))
        paper.goto(report.as_uri())
        expect(paper.get_by_role("heading", name="Worst images")).to_be_visible()
        expect(paper.get_by_role("heading", name="Robustness")).to_be_visible()  # of the card that is shipped
        assert paper.locator("img").first.evaluate("it => it.naturalWidth") > 0
        assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
    finally:
        alone.close()


def test_compare_two(calm: Page, server: str) -> None:
    page = calm
    visit(page, f"{server}/evaluate?{DATA}&task=two&rival=everyday&split=val")
    page.locator(".st-key-evaluate-versus-start button").click()
    expect(page.get_by_text("Images won : lost")).to_be_visible(timeout=LONG)
    viewer = page.locator(".st-key-evaluate-versus-viewer")
    expect(viewer.get_by_role("slider", name="Swipe")).to_be_visible()
    expect(viewer.get_by_text("everyday", exact=True).first).to_be_visible()
    expect(page.locator(".st-key-faces_evaluate-versus-image button").first).to_be_visible()
