"""The live curves in a real browser: legend with values, linked cursor, window, log scale, meters, zoom."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.dashboard import dashboard, visit
from tests.ui.made_samples import made_story


@pytest.fixture(scope="module")
def server(browser: Browser, home: Path) -> Iterator[str]:
    story = made_story("eight", epochs=8, state="running", root=home / "runs")
    story.run.emit("meter", cpu_percent=42.0, memory_used_mb=900, cores=8)
    story.run.emit("state", state="finished")
    with dashboard(home) as address:
        yield address


def lines(page: Page, chart: str) -> list[dict]:
    """What Plotly draws: x, whether it is seen, and of what."""
    js = "plot => plot.data.map(({x, visible}) => ({x: [...x], visible}))"
    found: list[dict] = page.locator(f'[data-chart="{chart}"]').evaluate(js)
    return found


def test_curves(page: Page, server: str) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    visit(page, f"{server}/runs?run=eight")
    loss, scores = page.locator('[data-chart="loss"]'), page.locator('[data-chart="scores"]')
    expect(scores.locator(".scatterlayer .trace").first).to_be_visible()
    expect(page.locator('[data-chart="rate"]')).to_be_hidden()

    # The raw curve lies behind the smoothed one; without smoothing there is one line.
    assert len(lines(page, "loss")) == 3
    page.get_by_role("slider", name="Smoothing").fill("0")
    page.wait_for_function("() => document.querySelector('[data-chart=loss]').data.length === 2")

    # The cursor goes through all charts, and the legends tell the values there.
    entry = page.locator(".live-chart").filter(has=loss).locator(".live-entry").first
    x = loss.evaluate("plot => plot._fullLayout.xaxis._offset + plot._fullLayout.xaxis.l2p(2)")
    loss.hover(position={"x": x, "y": 100})
    expect(entry.locator(".live-value")).to_have_text(f"{1 / 21:.3f}")
    expect(page.locator(".live-cursor:visible")).to_have_count(2)
    page.locator(".live-frame").first.press("ArrowRight")
    expect(entry.locator(".live-value")).to_have_text(f"{1 / 22:.3f}")
    page.locator("h1").hover()
    expect(page.locator(".live-cursor:visible")).to_have_count(0)

    # An entry of the legend hides its line.
    entry.click()
    expect(entry).to_have_attribute("aria-pressed", "false")
    assert [line["visible"] for line in lines(page, "loss")] == [False, True]
    entry.click()

    # The newest epochs only; the zoom stays through what does not change the axis.
    page.get_by_label("Range").select_option("5")
    page.wait_for_function("() => Math.min(...document.querySelector('[data-chart=loss]').data[0].x) >= 2.9")
    page.get_by_label("Range").select_option("0")
    loss.evaluate("plot => Plotly.relayout(plot, {'xaxis.range': [1, 4]})")
    page.get_by_label("Log scale").check()
    page.wait_for_function("() => document.querySelector('[data-chart=loss]')._fullLayout.yaxis.type === 'log'")
    assert loss.evaluate("plot => plot._fullLayout.xaxis.range.map(Number)") == [1, 4]
    page.get_by_role("radio", name="Step").check()
    page.wait_for_function("() => Math.max(...document.querySelector('[data-chart=loss]').data[0].x) === 79")

    # More charts, among them what the meters told: facts that never change are none of them.
    page.get_by_text("More curves").click()
    for chart in ("iou", "rate", "gradient_norm", "images_per_second", "meters_percent", "meters_mb"):
        expect(page.locator(f'[data-chart="{chart}"] .main-svg').first).to_be_visible()
    assert len(lines(page, "meters_mb")) == 1
    expect(page.locator(".live-chart").filter(has=page.locator('[data-chart="iou"]'))).to_contain_text("<b>disc</b>")
    page.get_by_text("Show as a table").click()
    expect(page.locator(".live-more table tbody tr")).to_have_count(8)
    assert not complaints
