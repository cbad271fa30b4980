"""The 60-second demo in three clicks, to its end: watch, scrub its epochs, keep its weights, segment with them."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.dashboard import visit


@pytest.mark.long
@pytest.mark.timeout(900)
def test_three_clicks_a_minute_and_a_network_of_ones_own(page: Page, server: str) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    visit(page, server)
    page.get_by_test_id("stTopNavLink").filter(has_text="Train").click()
    page.get_by_role("radio", name="60-second demo").click()
    page.locator(".st-key-train-start button").click()
    page.wait_for_url(re.compile(r"/runs\?run="))

    state = page.locator(".seg-tiles dd").first
    expect(state).to_contain_text("Finished", timeout=600_000)  # some 50 s where nothing else runs
    scrubber = page.locator("section.scrubber")
    now = scrubber.locator("[data-part=now]")
    expect(now).to_have_text("Epoch 10 / 10")
    facts = scrubber.locator("[data-part=facts]")
    last = facts.inner_text()
    scrubber.locator("[data-part=slider]").focus()
    page.keyboard.press("Home")
    expect(now).to_have_text("Epoch 1 / 10")
    assert facts.inner_text() != last, "the scores are those of the epoch"

    page.get_by_role("textbox", name="Name").fill("demo")
    page.get_by_role("button", name="Keep").click()
    page.locator(".st-key-kept").get_by_role("link").click()
    page.wait_for_url(re.compile(r"model=demo"))
    expect(page.get_by_role("table", name="Classes found")).to_be_visible(timeout=60_000)
    assert not complaints
