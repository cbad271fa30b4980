"""From a form to a network that segments, in a real browser: launch, watch, come back, keep, use."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.dashboard import visit

STATE = ".seg-tiles dd"


def open_from_menu(page: Page, name: str) -> None:
    page.get_by_test_id("stTopNavLink").filter(has_text=name).click()


def set_number(page: Page, field: str, value: str) -> None:
    box = page.locator(f".st-key-train-{field} input").first
    box.fill(value)
    box.press("Enter")
    expect(page.locator("code").first).to_contain_text(f"--{field.replace('_', '-')} {value}")


def shown_range(page: Page) -> list[float]:
    """The part of the horizontal axis that the loss chart shows."""
    ends: list[float] = page.locator('[data-chart="loss"]').evaluate("plot => plot._fullLayout.xaxis.range.map(Number)")
    return ends


def points(page: Page) -> int:
    count: int = page.locator('[data-chart="loss"]').evaluate("plot => plot.data.at(0).x.length")
    return count


def test_launch_watch_come_back_stop_keep_and_segment(page: Page, context: BrowserContext, server: str) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    visit(page, server)
    open_from_menu(page, "Train")
    expect(page.locator(".st-key-train-start button")).to_be_visible()
    set_number(page, "epochs", "300")  # longer than this test
    page.locator(".st-key-train-start button").click()

    page.wait_for_url(re.compile(r"/runs\?run="))
    loss = page.locator('[data-chart="loss"] .scatterlayer .trace').first
    expect(loss).to_be_visible(timeout=120_000)
    expect(page.locator(".live-state")).to_have_text("Live")

    # The reader's zoom outlives new points.
    page.locator('[data-chart="loss"]').evaluate("plot => Plotly.relayout(plot, {'xaxis.range': [0, 0.5]})")
    before = points(page)
    page.wait_for_function(
        "before => document.querySelector('[data-chart=loss]').data.at(0).x.length > before + 2", arg=before
    )
    assert shown_range(page) == [0, 0.5]

    # A second tab and a reload find the same run.
    address = page.url
    other = context.new_page()
    visit(other, address)
    expect(other.locator('[data-chart="loss"] .scatterlayer .trace').first).to_be_visible(timeout=60_000)
    other.close()
    page.reload()
    expect(loss).to_be_visible(timeout=60_000)
    expect(page.locator(STATE).first).to_contain_text("Running")
    page.wait_for_function(
        "() => (document.querySelector('[data-chart=scores]')?.data?.at(0)?.x.length ?? 0) >= 1", timeout=120_000
    )

    page.get_by_role("button", name="Pause", exact=True).first.click()
    expect(page.locator(STATE).first).to_contain_text("Paused", timeout=60_000)
    expect(page.locator(".live-state")).to_have_text("Ended")
    page.get_by_role("button", name="Resume", exact=True).first.click()
    expect(page.locator(STATE).first).to_contain_text("Running", timeout=60_000)
    expect(page.locator(".live-state")).to_have_text("Live")

    page.get_by_role("button", name="Stop", exact=True).first.click()
    expect(page.locator(STATE).first).to_contain_text("Stopped", timeout=60_000)
    expect(page.locator(".live-state")).to_have_text("Ended")
    page.get_by_role("textbox", name="Name").fill("my-shapes")
    page.get_by_role("button", name="Keep").click()
    page.locator(".st-key-kept").get_by_role("link").click()
    page.wait_for_url(re.compile(r"model=my-shapes"))
    expect(page.get_by_role("table", name="Classes found")).to_be_visible(timeout=60_000)
    assert not complaints


def test_the_table_leads_to_a_run_and_back(page: Page, server: str) -> None:
    visit(page, f"{server}/runs")
    row = page.get_by_role("table", name="All runs").get_by_role("row").nth(1)
    expect(row).to_contain_text("unet")
    row.get_by_role("link").click()
    expect(page.locator(STATE).first).to_be_visible()
    page.get_by_role("button", name="All runs").click()
    expect(page.get_by_role("table", name="All runs")).to_be_visible()
