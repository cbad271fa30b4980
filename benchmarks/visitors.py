"""Waiting times of one visitor alone and of eight at once, on Segment and on an active run: ``make bench``.

Prints a table of results.md. A visitor sends and fetches what a browser does; see tab.py. Half of them choose one
sample photo after another and wait for its mask; the others open the page of an active run again and again, and watch
it in between. Each sample has its first prediction in the measurement.
"""

import os
import tempfile
import threading
import time
from itertools import cycle
from pathlib import Path

import numpy as np

from benchmarks.live_page import living_run
from benchmarks.tab import Tab
from benchmarks.tables import machine, print_head, print_row
from tests.browser.dashboard import end, serve

VISITORS = 8
SECONDS = 300
ALONE_SECONDS = 120
THINKING = (1.0, 3.0)
"""Seconds between two actions of a visitor."""

SAMPLES = ("coffee", "astronaut", "rocket", "camera", "motorcycle", "coins", "ihc", "chelsea")


def segment(address: str, number: int, until: float, waited: list[float]) -> None:
    """A visitor of the Segment page."""
    chance = np.random.default_rng(number)
    with Tab(address, query="model=everyday") as tab:
        tab.open()
        for name in cycle(SAMPLES):
            tab.rest(chance.uniform(*THINKING))
            if time.monotonic() > until:
                return
            waited.append(tab.press(f"sample_{name}"))


def watch(address: str, run: str, number: int, until: float, waited: list[float]) -> None:
    """A visitor of the page of a run."""
    chance = np.random.default_rng(number)
    while time.monotonic() < until:
        with Tab(address, "runs", f"run={run}") as tab:
            waited.append(tab.open())
            tab.rest(chance.uniform(*THINKING))


def measure(address: str, run: str, numbers: range, seconds: float) -> dict[str, list[float]]:
    """Waiting times in seconds of visitors at the same time, by what they do: even numbers segment."""
    waited: dict[str, list[float]] = {"masks": [], "run": []}
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(target=watch, args=(address, run, number, until, waited["run"]))
        if number % 2
        else threading.Thread(target=segment, args=(address, number, until, waited["masks"]))
        for number in numbers
    ]
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
                print_head("visitors", "page runs", "median", "95th percentile")
                with Tab(served.address, "models") as tab:  # torch is loaded and its predictions are there
                    tab.open()
                    tab.rest(60)
                for title, numbers, seconds in (
                    ("one, on Segment", range(1), ALONE_SECONDS),
                    ("one, on an active run", range(1, 2), ALONE_SECONDS),
                    ("four and four at once", range(VISITORS), SECONDS),
                ):
                    for what, times in measure(served.address, run.name, numbers, seconds).items():
                        if times:
                            middle, late = np.percentile(times, [50, 95])
                            print_row(f"{title}: {what}", len(times), f"{middle:.2f} s", f"{late:.2f} s")
        finally:
            end(served.process)


if __name__ == "__main__":
    main()
