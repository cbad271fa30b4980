"""The process of a short job: glue between its folder and its function.

    python -m segcore.jobs.worker JOB_FOLDER

Whatever goes wrong becomes a ``failed`` state with a sentence for people; the traceback of what nobody expected stays
in the job's log. Only a ``finished`` job has a ``result.json``.
"""

import importlib
import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from segcore.durable import write_whole
from segcore.errors import BadRun, Message, SegcoreError, reason_fields
from segcore.job_context import Cancelled, JobContext
from segcore.jobs.start import RESULT
from segcore.jobs.table import JOBS
from segcore.runs import Emit, Run, run_at
from segcore.runs.journal import plain_values

_PROGRESS_SECONDS = 0.2
"""Progress is written no more often than this."""


def run_job(run: Run) -> str:
    """Carry out a job, and return its last state: finished, stopped or failed.

    Raises:
        BadRun: another process works on it, or it has been started before.
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
        except Exception as error:  # whatever it is, the job must say that it failed
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
    job = JobContext(run.path, emit=_spaced(run), cancelled=lambda: run.asked() is not None)
    result = work(run.spec["settings"], job)
    if job.cancelled():  # the result may be incomplete
        return "stopped"
    write_whole(run.path / RESULT, json.dumps(plain_values(result), ensure_ascii=False, allow_nan=False).encode())
    return "finished"


def _spaced(run: Run) -> Emit:
    """`Run.emit`, except that progress within the same doing is passed on only now and then, and its end always."""
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
