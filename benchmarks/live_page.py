"""Cost of watching a run for the server: three tabs on an active run, and two hundred reloads: ``make bench``.

Prints the tables of results.md. A simulated run writes what a training writes, some hundred lines a minute, so that
only the processor time of the server is counted.
"""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.tables import machine, print_head, print_row
from segcore.runs import Run, new_run
from tests.browser.dashboard import browser_path, end, launch, serve

TABS = 3
SETTLE_SECONDS = 15
WATCH_SECONDS = 40
RELOADS = 200
STEP_SECONDS = 0.3
STEPS_PER_EPOCH = 20
CLASSES = ["background", "leaf", "stem", "flower"]


def write_epochs(run: Run, steps: int) -> None:
    """Write the events of a run that has begun, up to this step."""
    colours = [[0, 0, 0], [230, 159, 0], [86, 180, 233], [0, 158, 115]]
    run.emit("setup", classes=CLASSES, colours=colours, steps_per_epoch=STEPS_PER_EPOCH, device="cpu")
    run.emit("state", state="running")
    for step in range(steps):
        _write_step(run, step)


@contextmanager
def living_run() -> Iterator[Run]:
    """A run that writes three steps a second and a validation every six, with an hour of both behind it."""
    run = new_run({"model": "unet", "data": ["shapes"], "epochs": 100_000, "learning_rate": 1e-3}, name="live")
    enough = threading.Event()
    with run.hold():
        write_epochs(run, 12_000)

        def work() -> None:
            for step in count(12_000):
                if enough.wait(STEP_SECONDS):
                    return
                _write_step(run, step)

        worker = threading.Thread(target=work)
        worker.start()
        try:
            yield run
        finally:
            enough.set()
            worker.join()
            run.emit("state", state="finished")


def _write_step(run: Run, step: int) -> None:
    epoch, last = divmod(step, STEPS_PER_EPOCH)
    facts = {"loss": 1 / (1 + step), "gradient_norm": 1.0, "rate": 1e-3, "images_per_second": 40.0}
    run.emit("step", epoch=epoch, step=step, **facts)
    if last == STEPS_PER_EPOCH - 1:
        miou = 1 - 1 / (2 + epoch)
        counts = [[1000] * len(CLASSES)] * len(CLASSES)
        scores = {"miou": miou, "pixel_accuracy": miou, "mean_dice": miou, "iou": [miou] * len(CLASSES)}
        run.emit("val", epoch=epoch, step=step + 1, loss=0.5, counts=counts, images=64, train_seconds=6.0, **scores)
        run.emit("best", epoch=epoch, miou=miou)


def processor_share(server: psutil.Process, seconds: float) -> float:
    """Processor time of the server over a while, in percent of one core."""
    before, began = server.cpu_times(), time.monotonic()
    time.sleep(seconds)
    after = server.cpu_times()
    used = after.user + after.system - before.user - before.system
    return float(100 * used / (time.monotonic() - began))


def watched(browser: Browser, server: psutil.Process, address: str, ready: Callable[[Page], None]) -> float:
    """The server's share while TABS tabs show an address; each in a window of its own, so that none is hidden."""
    contexts = [browser.new_context() for _ in range(TABS)]
    for context in contexts:
        page = context.new_page()
        page.goto(address, timeout=120_000)
        ready(page)
    time.sleep(SETTLE_SECONDS)
    share = processor_share(server, WATCH_SECONDS)
    for context in contexts:
        context.close()
    return share


def memory_over_reloads(browser: Browser, server: psutil.Process, address: str) -> list[float]:
    """The server's resident memory in MB before the first, after 50, 100 … reloads of a page."""
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    sizes = []
    for done in range(RELOADS + 1):
        if done % 50 == 0:
            time.sleep(5)
            sizes.append(server.memory_info().rss / 1e6)
        page.reload()
        expect(page.locator(".seg-tiles").first).to_be_visible(timeout=120_000)
    page.close()
    return sizes


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A browser without a window; the process exits if none is installed."""
    with sync_playwright() as playwright:
        path = browser_path(playwright)
        if path is None:
            sys.exit("No Chromium or Chrome was found. Install one, for instance: apt install chromium")
        browser = launch(playwright, path)
        try:
            yield browser
        finally:
            browser.close()


def _curves(page: Page) -> None:
    expect(page.locator('[data-chart="loss"] .scatterlayer .trace').first).to_be_visible(timeout=120_000)


def see_rows(page: Page) -> None:
    """Wait until the table of runs has a row."""
    expect(page.locator(".roster tbody tr").first).to_be_visible(timeout=120_000)


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as home, open_browser() as browser:
        os.environ["SEGCORE_HOME"] = home
        served = serve(Path(home))
        server = psutil.Process(served.process.pid)
        try:
            with living_run() as run:
                print(f"{machine()}\n")
                print(f"Processor time of the server, {TABS} tabs in {WATCH_SECONDS} s, percent of one core:\n")
                print_head("page", "server")
                share = watched(browser, server, f"{served.address}/runs?run={run.name}", _curves)
                print_row("an active run", f"{share:.1f} %")
                share = watched(browser, server, f"{served.address}/runs", see_rows)
                print_row("the table of runs", f"{share:.1f} %")
                print(f"\nMemory of the server over {RELOADS} reloads of an active run:\n")
                print_head(*(f"after {done}" for done in range(0, RELOADS + 1, 50)))
                sizes = memory_over_reloads(browser, server, f"{served.address}/runs?run={run.name}")
                print_row(*(f"{size:.0f} MB" for size in sizes))
        finally:
            end(served.process)


if __name__ == "__main__":
    main()
