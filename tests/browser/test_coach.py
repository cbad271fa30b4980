"""The coach and a live run in a real browser: a remedy fills the form, the tab tells the state, Chinese stays so."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from segcore.runs import run_at
from segcore.runs.lock import take_lock
from tests.browser.dashboard import dashboard, visit
from tests.ui.made_runs import made_run
from tests.ui.test_coach_cards import memorising


@pytest.fixture(scope="module")
def server(browser: Browser, home: Path) -> Iterator[str]:
    """With a run that memorises its images, and one that seems to be at work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGCORE_HOME", str(home))
        memorising()
        busy = made_run("busy", state="running", epochs=10, done=3)
    held = take_lock(busy.path / "lock")
    assert held is not None
    with dashboard(home) as address:
        yield address
    held.close()


def test_a_remedy_opens_the_form_with_the_change(page: Page, server: str) -> None:
    visit(page, f"{server}/runs?run=memo")
    card = page.locator(".st-key-coach-overfitting")
    expect(card).to_contain_text("epoch 7")
    card.get_by_role("link", name="Edit and start").nth(1).click()
    page.wait_for_url(re.compile("/train"))
    expect(page.locator(".st-key-train-weight_decay input").first).to_have_value("0.01")
    expect(page.locator(".st-key-train-epochs input").first).to_have_value("15")
    expect(page.locator("code").first).to_contain_text("--weight-decay 0.01")
    expect(page).to_have_title("Train")
    assert "like=" not in page.url, "a reload must not undo what the reader changes now"


def test_a_live_page_stays_in_the_readers_language_and_names_its_tab(page: Page, server: str, home: Path) -> None:
    visit(page, f"{server}/runs?run=busy&lang=zh")
    expect(page).to_have_title("▶ 30 % · busy")
    names, values = page.locator(".seg-tiles dt"), page.locator(".seg-tiles dd")
    expect(names.first).to_have_text("状态")
    run_at(home / "runs" / "busy").emit("val", epoch=3, step=40, loss=0.5, miou=0.5)
    expect(values.nth(1)).to_have_text("4 / 10")  # drawn again by itself
    expect(names.first).to_have_text("状态")
    expect(page).to_have_title("▶ 40 % · busy")
    page.get_by_test_id("stTopNavLink").filter(has_text="训练").first.click()
    expect(page).to_have_title("训练")
