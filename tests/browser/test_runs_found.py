"""The table of runs as people use it: find, sort, star, tick, compare, archive, delete, and what two browsers see."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from segcore.runs import change_notes, list_runs, new_run, open_run, read_notes
from tests.browser.dashboard import dashboard, visit
from tests.ui.made_runs import made_run


@pytest.fixture(scope="module", autouse=True)
def same_home(home: Path) -> Iterator[None]:
    """The tests see the runs of the server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGCORE_HOME", str(home))
        yield


@pytest.fixture(scope="module")
def server(browser: Browser, home: Path) -> Iterator[str]:
    for number in range(28):
        made_run(f"old-{number}", done=1)
    change_notes(made_run("with-dice", epochs=40, done=40), text="<b>Dice</b> helps", tags=["baseline"])
    made_run("failed", state="failed", done=0, reason="The loss became nan.")
    with dashboard(home) as address:
        yield address


def rows(page: Page) -> Locator:
    return page.locator(".roster tbody tr")


def names(page: Page) -> list[str]:
    return page.locator(".roster tbody .roster-link").all_inner_texts()


def search(page: Page, words: str) -> None:
    box = page.get_by_role("textbox", name="Search")
    box.fill(words)
    box.press("Enter")


def test_find_sort_and_share_the_address(page: Page, server: str) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    visit(page, f"{server}/runs")
    expect(rows(page)).to_have_count(25)
    page.get_by_role("button", name="Best mIoU @ epoch").click()
    expect(page).to_have_url(re.compile("sort=best"))
    expect(page.locator(".roster th[aria-sort=descending]")).to_have_text(re.compile("Best mIoU"))
    expect(page.locator(".roster tbody .roster-link").first).to_have_text("with-dice")
    page.get_by_role("button", name="Next page").or_(page.get_by_role("button", name="2", exact=True)).first.click()
    expect(page).to_have_url(re.compile("page=2"))
    expect(rows(page)).to_have_count(5)
    search(page, "dice HELPS")
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_text("1 of 30 runs")).to_be_visible()
    expect(rows(page).first).to_contain_text("<b>Dice</b> helps")
    assert "page=" not in page.url, "another search begins with its first page"
    other = page.context.new_page()
    visit(other, page.url)
    expect(rows(other)).to_have_count(1)
    expect(other.get_by_role("textbox", name="Search")).to_have_value("dice HELPS")
    other.close()
    page.get_by_role("button", name="Clear").click()
    expect(rows(page)).to_have_count(25)
    assert complaints == []


def test_a_run_opens_and_the_way_back_leads_to_the_same_rows(page: Page, server: str) -> None:
    visit(page, f"{server}/runs?q=dice")
    page.locator(".roster-link").first.click()
    expect(page.get_by_role("heading", name="with-dice")).to_be_visible()
    expect(page).to_have_url(re.compile(r"run=with-dice"))
    page.get_by_role("button", name="All runs").click()
    expect(rows(page)).to_have_count(1)
    expect(page).to_have_url(re.compile("q=dice"))
    page.locator(".roster-link").first.click()
    expect(page.get_by_role("heading", name="with-dice")).to_be_visible()
    page.go_back()
    expect(rows(page)).to_have_count(1)


def test_stars_and_notes_of_one_browser_are_seen_in_another(page: Page, browser: Browser, server: str) -> None:
    visit(page, f"{server}/runs?q=dice")
    star = page.get_by_role("button", name="Star with-dice")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    other = browser.new_page()
    visit(other, f"{server}/runs?run=with-dice")
    note = other.get_by_role("textbox", name="Note")
    expect(note).to_have_value("<b>Dice</b> helps")
    note.fill("width 32 is enough")
    note.blur()
    expect(other.locator("label").filter(has_text="Starred").locator("input")).to_be_checked()
    page.bring_to_front()
    expect(rows(page).first).to_contain_text("width 32 is enough", timeout=40_000)  # by itself
    other.close()
    assert read_notes(open_run("with-dice")).star


def test_tick_compare_archive_and_delete(page: Page, server: str) -> None:
    visit(page, f"{server}/runs?q=old-1&sort=name&order=up")
    expect(rows(page)).to_have_count(11)
    for name in ("old-1", "old-10"):
        page.get_by_role("checkbox", name=f"Tick {name}", exact=True).check()
    expect(page.get_by_text("2 runs ticked")).to_be_visible()
    page.get_by_role("button", name="Compare").click()
    expect(page).to_have_url(re.compile(r"compare=old-1(,|%2C)old-10"))
    expect(page.get_by_role("table", name="Best epoch of each run")).to_contain_text("0.200")
    expect(page.locator('[data-chart="miou"], [data-chart="scores"]').first).to_be_visible()
    page.get_by_role("button", name="All runs").click()
    expect(rows(page)).to_have_count(11)
    expect(page.get_by_text("2 runs ticked")).to_be_visible()  # still
    page.get_by_role("button", name="Untick all").click()
    expect(page.locator(".roster-ticked")).to_have_count(0)
    page.get_by_role("checkbox", name="Tick old-19").check()
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(rows(page)).to_have_count(10)
    expect(page.get_by_text("tick runs to compare")).to_be_visible()  # nothing is ticked any more
    assert read_notes(open_run("old-19")).archived
    for name in ("old-11", "old-12"):
        page.get_by_role("checkbox", name=f"Tick {name}", exact=True).check()
    expect(page.get_by_text("2 runs ticked")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Delete 2 runs")).to_be_visible()
    expect(page.get_by_text("old-12 (")).to_be_visible()
    page.get_by_role("button", name="Delete permanently").click()
    expect(rows(page)).to_have_count(8)
    assert not {"old-11", "old-12"} & {run.name for run in list_runs()}


def test_a_run_that_is_started_elsewhere_appears_and_the_keyboard_reaches_it(page: Page, server: str) -> None:
    visit(page, f"{server}/runs?q=fresh")
    expect(page.get_by_text("No run matches")).to_be_visible()
    search(page, "fail")
    expect(rows(page)).to_have_count(1)
    new_run({"model": "unet", "data": ["shapes"], "epochs": 2}, name="failing-later")
    expect(rows(page)).to_have_count(2, timeout=40_000)
    link = page.get_by_role("link", name="failing-later")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="failing-later")).to_be_visible()
