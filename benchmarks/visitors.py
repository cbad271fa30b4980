"""Waiting times of one visitor alone and of eight at once, on Segment and on an active run: ``make bench``.

Prints a table of results.md. Every visitor is a browser tab in a window of its own. Half of them choose one sample
photo after another and wait for its mask; the others reload the page of an active run until its tiles are there.
"""

import os
import tempfile
import threading
import time
from itertools import cycle
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.live_page import living_run
from benchmarks.tables import machine, print_head, print_row
from tests.browser.dashboard import browser_path, end, launch, serve, visit

VISITORS = 8
SECONDS = 300
THINKING = (1.0, 3.0)
"""Seconds between two actions of a visitor."""

SAMPLES = ("chelsea", "coffee", "astronaut", "rocket")
_TIMEOUT = 120_000


def segment(page: Page, name: str) -> None:
    """Choose a sample and wait until the page has run."""
    page.locator(f".st-key-sample_{name} button").click(timeout=_TIMEOUT)
    expect(page.locator(f".st-key-sample_{name} button")).to_have_attribute("kind", "primary", timeout=_TIMEOUT)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=_TIMEOUT)


def reload(page: Page) -> None:
    """Reload the page of a run and wait for its tiles."""
    page.reload(timeout=_TIMEOUT)
    expect(page.locator(".seg-tiles").first).to_be_visible(timeout=_TIMEOUT)


def work(address: str, run: str, number: int, until: float, waited: dict[str, list[float]]) -> None:
    """One visitor, in a thread: Playwright's objects belong to one thread."""
    chance = np.random.default_rng(number)
    with sync_playwright() as playwright:
        path = browser_path(playwright)
        assert path is not None, "no Chromium or Chrome was found"
        browser = launch(playwright, path)
        page = browser.new_page()
        kind = "segment" if number % 2 == 0 else "run"
        visit(page, address if kind == "segment" else f"{address}/runs?run={run}")
        for name in cycle(SAMPLES[1:] + SAMPLES[:1]):
            if time.monotonic() > until:
                break
            began = time.perf_counter()
            if kind == "segment":
                segment(page, name)
            else:
                reload(page)
            waited[kind].append(time.perf_counter() - began)
            time.sleep(chance.uniform(*THINKING))
        browser.close()


def measure(address: str, run: str, numbers: range) -> dict[str, list[float]]:
    """Waiting times in seconds of visitors who work at the same time, by kind."""
    waited: dict[str, list[float]] = {"segment": [], "run": []}
    until = time.monotonic() + SECONDS
    threads = [threading.Thread(target=work, args=(address, run, number, until, waited)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waited


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["SEGCORE_HOME"] = home
        served = serve(Path(home))
        try:
            with living_run() as run:
                print(f"{machine()}\n")
                print_head("", "actions", "median", "95th percentile")
                for title, numbers in (
                    ("alone on Segment", range(1)),
                    ("alone on the run", range(1, 2)),
                    (f"{VISITORS} at once", range(VISITORS)),
                ):
                    waited = measure(served.address, run.name, numbers)
                    for kind, seconds in waited.items():
                        if seconds:
                            middle, late = np.percentile(seconds, [50, 95])
                            print_row(f"{title}, {kind}", len(seconds), f"{middle:.2f} s", f"{late:.2f} s")
        finally:
            end(served.process)


if __name__ == "__main__":
    main()
