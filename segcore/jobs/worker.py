"""The process of a short job: it connects the job's folder with its function.

    python -m segcore.jobs.worker JOB_FOLDER

Every failure becomes a ``failed`` state with a reason. Only a ``finished`` job has a ``result.json``.
"""

import importlib
import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from segcore.durable import utf8, write_whole
from segcore.errors import BadRun, Message, SegcoreError, reason_fields
from segcore.job_context import Cancelled, JobContext
from segcore.jobs.start import RESULT
from segcore.jobs.table import JOBS
from segcore.runs import Emit, Run, run_at
from segcore.runs.journal import plain_values

_PROGRESS_SECONDS = 0.2
"""Progress is written no more often than this."""


def run_job(run: Run) -> str:
    """Run a job and return its last state: finished, stopped or failed.

    Raises:
        BadRun: another process runs it, or it was started before.
    """
    with run.hold():
        state, reason = "failed", ""
        try:
            state = _work(run)
        except Cancelled:
            state = "stopped"
        except KeyboardInterrupt:
            state, reason = "stopped", Message("Interrupted from the keyboard.")
        except SegcoreError as error:
            reason = error.message
        except Exception as error:  # every failure must reach the job's state
            traceback.print_exc()
            from segcore.train.process.failures import explain  # noqa: PLC0415 - brings torch, which not every job needs

            reason = explain(error).reason
        run.emit("state", state=state, **(reason_fields(reason) if reason else {}))
        return state


def _work(run: Run) -> str:
    name = run.spec.get("job")
    if name not in JOBS:
        raise BadRun(
            "There is no job {name!r}; known: {known}. Start it again from its page.", name=name, known=list(JOBS)
        )
    module, _, function = JOBS[name].work.partition(":")
    work = getattr(importlib.import_module(module), function)
    run.emit("state", state="running")
    run.emit("began")
    job = JobContext(run.path, emit=_throttled(run), cancelled=lambda: run.requested() is not None)
    result = work(run.spec["settings"], job)
    if job.cancelled():  # the result may be incomplete
        return "stopped"
    write_whole(run.path / RESULT, utf8(json.dumps(plain_values(result), ensure_ascii=False, allow_nan=False)))
    return "finished"


def _throttled(run: Run) -> Emit:
    """`Run.emit` with throttled progress events; a new activity and the end are always written."""
    last: tuple[float, str] = (0.0, "")

    def emit(kind: str, /, **values: Any) -> None:
        nonlocal last
        if kind == "progress":
            now, doing = time.monotonic(), f"{values.get('doing')} {values.get('detail')}"
            if now - last[0] < _PROGRESS_SECONDS and doing == last[1] and values.get("done") != values.get("total"):
                return
            last = (now, doing)
        run.emit(kind, **values)

    return emit


def main(arguments: list[str]) -> int:
    """Entry point of the process."""
    if len(arguments) != 1:
        print("Usage: python -m segcore.jobs.worker JOB_FOLDER", file=sys.stderr)
        return 2
    try:
        return 1 if run_job(run_at(Path(arguments[0]))) == "failed" else 0
    except SegcoreError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
