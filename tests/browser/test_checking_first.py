"""Before a training, in a real browser: check it, read what it will take, find a rate, use it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.dashboard import visit

PANEL = ".st-key-train-preflight-panel"
LONG = 180_000  # milliseconds: both are processes that load torch, and the machine may be busy


@pytest.fixture
def calm(page: Page) -> Iterator[Page]:
    """The page; no script of it may have failed."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert not complaints


@pytest.mark.long
def test_check_the_demo_find_its_rate_and_use_it(calm: Page, server: str) -> None:
    page = calm
    visit(page, f"{server}/train")
    page.locator(".st-key-train-preflight-start button").click()
    expect(page.locator(PANEL).get_by_role("progressbar")).to_be_visible()
    expect(page.locator(".st-key-train-preflight-cancel button")).to_be_enabled()
    page.reload()  # the job goes on without the page
    expect(page.locator(".st-key-train-preflight-again button")).to_be_visible(timeout=LONG)
    tiles = page.locator(".st-key-train-preflight-box .seg-tiles dd")
    expect(tiles).to_have_count(4)
    for tile in tiles.all():
        assert any(character.isdigit() for character in tile.inner_text())
    expect(page.locator(".st-key-train-start button")).to_be_enabled()

    # The rare class of the demo has a remedy: one press changes the form, and the check stays to be read.
    page.locator(".st-key-train-preflight-finding-0-0 button").click()
    expect(page.locator("code").first).to_contain_text("class_aware_crop=0.3")
    expect(page.locator(".st-key-train-preflight-start button")).to_be_visible()
    expect(tiles).to_have_count(4)

    batch = page.locator(".st-key-train-batch_size input").first
    batch.fill("4")  # a quarter of the time
    batch.press("Enter")
    expect(page.locator("code").first).to_contain_text("--batch-size 4")
    page.locator(".st-key-train-lr-start button").click()
    use = page.locator(".st-key-train-lr-use button")
    expect(use).to_be_enabled(timeout=LONG)
    rate = use.inner_text().split()[-1]
    assert 1e-6 < float(rate) < 1
    expect(page.locator(".st-key-train-lr-chart .scatterlayer .trace")).to_have_count(4)
    use.click()
    expect(page.locator("code").first).to_contain_text(f"--learning-rate {rate}")
    expect(use).to_be_disabled()


def test_a_check_is_cancelled(calm: Page, server: str) -> None:
    page = calm
    visit(page, f"{server}/train")
    epochs = page.locator(".st-key-train-epochs input")  # another question than above
    epochs.fill("77")
    epochs.press("Enter")
    expect(page.locator("code").first).to_contain_text("--epochs 77")
    page.locator(".st-key-train-preflight-start button").click()
    page.locator(".st-key-train-preflight-cancel button").click()
    expect(page.locator(PANEL)).to_contain_text("Cancelled", timeout=LONG)
    expect(page.locator(".st-key-train-preflight-start button")).to_be_enabled()
