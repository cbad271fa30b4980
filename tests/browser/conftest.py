"""One server and one browser for the tests of a file.

Not for the whole session: Playwright keeps an event loop running in this thread until it is closed, and whoever calls
``asyncio.run`` meanwhile, in any other test, is refused.

Where there is no browser everything here is skipped with one line, unless ``SEGCORE_NEED_BROWSER`` is set: then its
absence is a failure.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.dashboard import browser_path, dashboard, launch


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a browser test."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


expect.set_options(timeout=30_000)  # a busy machine is no failure


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = browser_path(playwright)
        if path is None and os.environ.get("SEGCORE_NEED_BROWSER"):
            pytest.fail("SEGCORE_NEED_BROWSER is set, but neither Chromium nor Chrome was found.")
        if path is None:
            pytest.skip("no Chromium or Chrome found: browser tests are skipped")
        running = launch(playwright, path)
        yield running
        running.close()


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The networks that servers have converted: each is converted once, not for every file of tests."""
    return tmp_path_factory.mktemp("engines")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, engines: Path) -> Path:
    """A folder for whatever the server of these tests writes; empty but for the converted networks."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "engines").symlink_to(engines)
    return folder


@pytest.fixture(scope="module")
def server(browser: Browser, home: Path) -> Iterator[str]:
    """The address of a running dashboard. Asks for the browser first: without one no server is started."""
    with dashboard(home) as address:
        yield address


@pytest.fixture(scope="module")
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """One visitor for the tests of a file: scripts that the browser keeps are not fetched and compiled for each."""
    made = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True, locale="en-GB")
    made.set_default_timeout(30_000)
    yield made
    made.close()


@pytest.fixture
def context(visitor: BrowserContext) -> Iterator[BrowserContext]:
    """The visitor, with tabs of this test only."""
    yield visitor
    for page in visitor.pages:
        page.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
