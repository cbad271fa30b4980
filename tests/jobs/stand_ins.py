"""Small jobs with which the tests see how any job is started, watched and ended; real processes do them."""

import sys
import time
from collections.abc import Mapping
from typing import Any

import pytest

from segcore.errors import BadImage
from segcore.job_context import JobContext
from segcore.jobs import JOBS, JobCard
from segcore.jobs import start as start_of_jobs
from segcore.runs import Run, start

WORKER = """
import sys
from tests.jobs.stand_ins import CARDS
from segcore.jobs import JOBS
from segcore.jobs.worker import main
JOBS.update(CARDS)
sys.exit(main(sys.argv[1:]))
"""


def adds(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]:
    job.progress(1, 1, doing="starting")
    (job.folder / "note.txt").write_text("beside the answer")
    return {"sum": settings["a"] + settings["b"], "nothing": float("nan")}


def refuses(settings: Mapping[str, Any], job: JobContext) -> None:
    raise BadImage("photo.jpg is no picture. Choose another.")


def breaks(settings: Mapping[str, Any], job: JobContext) -> None:
    raise ZeroDivisionError("nobody expected this")


def waits(settings: Mapping[str, Any], job: JobContext) -> None:
    for done in range(100_000):
        job.progress(done, 100_000, doing="waiting", detail="<b>a-run</b>")
        time.sleep(0.005)


CARDS = {work.__name__: JobCard(f"tests.jobs.stand_ins:{work.__name__}") for work in (adds, refuses, breaks, waits)}


def install(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Make the jobs above known here and in the processes that are started. Returns the list of their pids, to come."""
    pids: list[int] = []

    def start_stand_in(run: Run, *, module: str) -> int:
        pids.append(start(run, module=module, command=[sys.executable, "-c", WORKER, str(run.path)]))
        return pids[-1]

    for name, card in CARDS.items():
        monkeypatch.setitem(JOBS, name, card)
    monkeypatch.setattr(start_of_jobs, "start", start_stand_in)
    return pids
