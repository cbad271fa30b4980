"""How long a thousand runs take to be listed and shown: ``make bench``.

Prints the table of results.md. Each run has forty epochs of twenty logged steps, as a small training leaves them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import expect

from benchmarks.live_page import STEPS_PER_EPOCH, open_browser, see_rows, write_epochs
from benchmarks.tables import machine, print_head, print_row, seconds
from segcore.runs import new_run, run_index
from segcore.runs.index import INDEX_NAME
from tests.browser.dashboard import dashboard

RUNS = 1000
EPOCHS = 40

_LOOK = "from segcore.runs import run_index; print(len(run_index().read().entries))"


def make_runs() -> Path:
    """The folder with RUNS runs; all but the first are its copies."""
    first = new_run({"model": "unet", "data": ["shapes"], "epochs": EPOCHS}, name="run-0")
    with first.hold():
        write_epochs(first, EPOCHS * STEPS_PER_EPOCH)
        first.emit("state", state="finished")
    for number in range(1, RUNS):
        folder = first.path.with_name(f"run-{number}")
        folder.mkdir()
        for name in ("spec.json", "events.jsonl"):
            shutil.copy(first.path / name, folder)
    return first.path.parent


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

        def first_visit() -> None:
            page.get_by_test_id("stTopNavLink").filter(has_text="Runs").click()
            see_rows(page)

        def again() -> None:
            page.reload()
            see_rows(page)

        return seconds(first_visit), seconds(again)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["SEGCORE_HOME"] = home
        root = make_runs()
        print(f"{machine()}\n")
        print(f"{RUNS} runs of {EPOCHS} epochs:\n")
        print_head("what", "time")
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
