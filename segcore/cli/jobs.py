"""Short jobs from the shell: the same process and the same cached results as from the dashboard."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from segcore.cli.output import progress_line
from segcore.cli.signals import signals_to
from segcore.errors import BadRun, Message, SegcoreError, joined, read_reason
from segcore.jobs import is_active, job_progress, job_result, start_job

_POLL_SECONDS = 0.2


class JobFailed(SegcoreError):
    """A job ended without a result."""


def answer(name: str, settings: Mapping[str, Any], *, files: Iterable[Path], again: bool) -> dict[str, Any]:
    """The result of a job: a cached one, or that of a new job after waiting for it; Ctrl-C cancels the job.

    Raises:
        SegcoreError: it failed, with its own message.
        KeyboardInterrupt: it was cancelled.
    """
    run = start_job(name, settings, files=files, again=again)

    def cancel(*_: object) -> None:
        with suppress(BadRun):  # it has just ended
            run.request("stop")

    with signals_to(cancel), progress_line("%") as show:
        while is_active(run):
            show(round(100 * job_progress(run).share), 100)
            time.sleep(_POLL_SECONDS)
    result = job_result(run)
    if result is not None:
        return result
    if run.status() == "stopped":
        raise KeyboardInterrupt
    reason = read_reason(run.last("state") or {}) or Message("Its process ended without a word.")
    log = [Message("The job's log: {path}", path=run.log_path)] if run.log_path.exists() else []
    raise JobFailed(joined([reason, *log]))
