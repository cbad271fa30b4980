"""Control of the process of a live run beyond requests, for a run that is stalled: see its process, wake or kill it."""

import time
from contextlib import closing

import psutil

from segcore.errors import BadRun, Message, reason_fields
from segcore.runs import lock, process
from segcore.runs.log import log_size
from segcore.runs.stall import Stall, find_stall
from segcore.runs.states import FINAL_STATES
from segcore.runs.store import Run

_KILL_SECONDS = 10.0
_DUMP_SECONDS = 3.0


def stall_of(run: Run) -> Stall | None:
    """Why a run is stalled; None if it is not."""
    return find_stall(run.events_path, process.signed_process(run.lock_path)) if run.status() == "stalled" else None


def wake_run(run: Run) -> None:
    """Let the process of a run continue that was stopped by a signal.

    Raises:
        BadRun: no process of this computer works on the run.
    """
    process.wake(_process_of(run))


def kill_run(run: Run) -> None:
    """End the process of a run at once; what it has done since its last save is lost.

    Raises:
        BadRun: no process of this computer works on the run, or it does not end.
    """
    found = _process_of(run)
    process.kill(found)
    deadline = time.monotonic() + _KILL_SECONDS
    while (taken := lock.take_lock(run.lock_path)) is None:
        if time.monotonic() > deadline:
            raise BadRun(
                "Process {pid} of run {name} was killed but has not ended yet: it probably waits for a disk or a "
                "device, and ends when that answers.",
                pid=found.pid,
                name=run.name,
            )
    with closing(taken):
        if (run.last("state") or {}).get("state") not in FINAL_STATES:
            reason = Message("Its process was killed on request. What it did since its last save is lost.")
            run.emit("state", state="stopped", cause="killed", **reason_fields(reason))


def dump_run(run: Run) -> str:
    """Let the process of a run write the stack of each of its threads to the log; returns what was written.

    Empty if the process did not react within three seconds: it is stopped, or waits for a disk.

    Raises:
        BadRun: no process of this computer works on the run.
    """
    found, before = _process_of(run), log_size(run.log_path)
    process.dump_stacks(found)
    deadline, size = time.monotonic() + _DUMP_SECONDS, before
    while time.monotonic() < deadline and (size == before or size != log_size(run.log_path)):
        size = log_size(run.log_path)
        time.sleep(0.1)
    if size <= before:
        return ""
    with run.log_path.open("rb") as file:
        file.seek(before)
        return file.read(size - before).decode("utf-8", "replace")


def _process_of(run: Run) -> psutil.Process:
    found = process.signed_process(run.lock_path) if lock.is_locked(run.lock_path) else None
    if found is None:
        raise BadRun(
            "Run {name} is {state}: no process of this computer is known to work on it.",
            name=run.name,
            state=run.status(),
        )
    return found
