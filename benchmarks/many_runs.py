"""How long a thousand runs take to be listed and shown: ``make bench``.

Prints the table of results.md. Each run has forty epochs of twenty logged steps, as a small training leaves them.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from benchmarks.live_page import open_browser
from benchmarks.speed import print_row
from segcore.runs import Run, new_run, run_index
from segcore.runs.index import INDEX_NAME
from tests.browser.dashboard import dashboard

RUNS = 1000
EPOCHS = 40
STEPS = 20

_LOOK = "from segcore.runs import run_index; print(len(run_index().read().entries))"


def make_runs() -> Path:
    """The folder with RUNS runs; all but the first are its copies."""
    first = _made("run-0")
    for number in range(1, RUNS):
        folder = first.path.with_name(f"run-{number}")
        folder.mkdir()
        for name in ("spec.json", "events.jsonl"):
            (folder / name).write_bytes((first.path / name).read_bytes())
    return first.path.parent


def _made(name: str) -> Run:
    run = new_run({"model": "unet", "data": ["shapes"], "epochs": EPOCHS}, name=name)
    with run.hold():
        run.emit("setup", classes=["a", "b"], colours=[[0, 0, 0], [230, 159, 0]], steps_per_epoch=STEPS, device="cpu")
        run.emit("state", state="running")
        for epoch in range(EPOCHS):
            for step in range(STEPS * epoch, STEPS * (epoch + 1)):
                run.emit("step", epoch=epoch, step=step, loss=1.0, gradient_norm=1.0, rate=0.1, images_per_second=41.0)
            run.emit(
                "val", epoch=epoch, step=STEPS * (epoch + 1), loss=0.5, miou=0.5, iou=[0.5, 0.5], counts=[[9, 9]] * 2
            )
            run.emit("best", epoch=epoch, miou=0.5)
        run.emit("state", state="finished")
    return run


def seconds(call: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def new_process(code: str) -> float:
    """Seconds of a new Python process that carries out some code, its start and its imports included."""
    return seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True))


def shown_in_browser(home: Path) -> tuple[float, float]:
    """Seconds until the rows stand on the page: the first visitor of a new server, and the same page again."""
    with open_browser() as browser, dashboard(home) as address:
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{address}/models")  # the browser fetches Streamlit's own scripts, the server imports
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=120_000)

        def until_shown(go: Callable[[], object]) -> float:
            def act() -> None:
                go()
                expect(page.locator(".roster tbody tr").first).to_be_visible(timeout=120_000)

            return seconds(act)

        first = until_shown(lambda: page.get_by_test_id("stTopNavLink").filter(has_text="Runs").click())
        again = until_shown(page.reload)
        return first, again


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["SEGCORE_HOME"] = home
        root = make_runs()
        print(f"{platform.processor() or platform.machine()}, load {os.getloadavg()[0]:.1f}\n")
        print(f"{RUNS} runs of {EPOCHS} epochs:\n")
        print_row("what", "time")
        print_row("---", "---:")
        nothing = new_process("import segcore.runs")
        print_row("listed by a new process that finds no index", f"{new_process(_LOOK) - nothing:.2f} s")
        print_row("listed by a new process", f"{new_process(_LOOK) - nothing:.2f} s")
        run_index().read()
        print_row("listed again by the same process", f"{seconds(lambda: run_index().read()):.3f} s")
        (root / INDEX_NAME).unlink()
        first, again = shown_in_browser(Path(home))
        print_row("on the page, first visit of a new server that finds no index", f"{first:.2f} s")
        print_row("on the page, opened anew", f"{again:.2f} s")


if __name__ == "__main__":
    main()
