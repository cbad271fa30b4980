"""Real trainings outlive the browser and the server: both are killed or closed while one trains and one waits."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from segcore.runs import ENDED_STATES, Run, new_run, waiting
from segcore.train import make_config
from tests.browser.dashboard import Served, end, free_port, serve, visit

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a killed server is POSIX here")

STATE = ".seg-tiles dd"
LONG = 100_000
"""Epochs that no test waits for."""


@pytest.fixture(scope="module", autouse=True)
def same_home(home: Path) -> Iterator[None]:
    """The tests see the runs of the server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGCORE_HOME", str(home))
        yield


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def trainings(home: Path) -> Iterator[tuple[Run, Run]]:
    """Two small trainings that were stopped before they began: the dashboard's “Resume” starts them."""
    config = make_config(
        {"data": ["shapes:400:32"], "options": {"width": 4}, "size": 32, "batch_size": 8, "epochs": LONG, "workers": 0,
         "device": "cpu", "precision": "32", "samples": 0, "log_every_steps": 5}
    )  # fmt: skip
    made = new_run(config.to_json(), name="first"), new_run(config.to_json(), name="second")
    for run in made:
        with run.hold():
            run.emit("state", state="stopped")
    yield made
    for run in made:
        if run.status() not in ENDED_STATES:
            run.request("stop")
    for run in made:
        wait_for(lambda run=run: run.status() in ENDED_STATES)  # type: ignore[misc]


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.1)


def newest_step(run: Run) -> float:
    return float((run.last("step") or {"time": 0.0})["time"])


def opened(browser: Browser) -> Page:
    """A tab of a browser of its own."""
    page = browser.new_context().new_page()
    page.set_default_timeout(60_000)  # two trainings and a server start beside it
    return page


def go_on(page: Page, address: str, run: Run) -> None:
    visit(page, f"{address}/runs?run={run.name}")
    page.get_by_role("button", name="Resume", exact=True).first.click()


def state(page: Page, word: str) -> None:
    expect(page.locator(STATE).first).to_contain_text(word, timeout=60_000)


@pytest.mark.long
@pytest.mark.timeout(600)  # on a busy machine two trainings and two servers take their time to start
def test_trainings_outlive_the_browser_and_the_server(
    browser: Browser, home: Path, port: int, trainings: tuple[Run, Run]
) -> None:
    first, second = trainings
    served = serve(home, port)
    try:
        page = opened(browser)
        go_on(page, served.address, first)
        state(page, "Running")
        expect(page.locator(".live-state")).to_have_text("Live")
        other = opened(browser)
        go_on(other, served.address, second)
        state(other, "Queued")
        expect(other.get_by_text("place 1")).to_be_visible()
        assert waiting("cpu") == ["second"]
    finally:
        served.process.kill()
        served.process.wait()

    # Nobody serves: the first goes on, and when it ends the second has its turn.
    before = newest_step(first)
    wait_for(lambda: newest_step(first) > before)
    assert second.status() == "queued"
    expect(page.locator(".live-state")).not_to_have_text("Live")
    for tab in (page, other):
        tab.context.close()
    first.request("stop")
    wait_for(lambda: first.status() == "stopped")
    wait_for(lambda: second.status() == "running")

    again = serve(home, port)
    try:
        _two_browsers_see_the_truth(browser, again, second)
    finally:
        end(again.process)


def _two_browsers_see_the_truth(browser: Browser, served: Served, second: Run) -> None:
    one, two = opened(browser), opened(browser)
    visit(one, f"{served.address}/runs")
    rows = one.locator(".roster tbody tr")
    expect(rows.filter(has_text="second")).to_contain_text("Running")
    expect(rows.filter(has_text="first")).to_contain_text("Stopped")
    one.get_by_role("link", name="second").click()
    visit(two, f"{served.address}/runs?run=second")
    for page in (one, two):
        state(page, "Running")
        expect(page.locator('[data-chart="loss"] .scatterlayer .trace').first).to_be_visible(timeout=60_000)
    one.get_by_role("button", name="Stop", exact=True).first.click()
    for page in (one, two):  # the other one sees it by itself
        state(page, "Stopped")
        expect(page.locator(".live-state")).to_have_text("Ended")
    assert second.status() == "stopped"
    assert one.locator(STATE).nth(1).inner_text() == two.locator(STATE).nth(1).inner_text()
    two.reload()  # and so does one that comes back
    state(two, "Stopped")
    for page in (one, two):
        page.context.close()
