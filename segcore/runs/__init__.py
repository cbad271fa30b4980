"""The run folder and the process that fills it; standard library only, so the Runs page opens at once.

    store       the folder: spec.json, events.jsonl, requests, the state; new_run, open_run, list_runs
    timeline    which events still count after a run went on from an earlier point
    queue       turns on a device; move_to_front, waiting
    lock        a file lock that the kernel frees however a process dies
    launcher    start, resume, extend: the worker as a detached process that is born holding the lock

A run folder is the only link between a training process and whoever watches it.
"""

from segcore.runs.launcher import extend, resume, start
from segcore.runs.queue import move_to_front, waiting
from segcore.runs.store import (
    ENDED_STATES,
    FINAL_STATES,
    REQUESTS,
    STATES,
    Request,
    Run,
    list_runs,
    new_run,
    open_run,
    run_at,
)
from segcore.runs.timeline import Emit, Event, without_undone

__all__ = [
    "ENDED_STATES",
    "FINAL_STATES",
    "REQUESTS",
    "STATES",
    "Emit",
    "Event",
    "Request",
    "Run",
    "extend",
    "list_runs",
    "move_to_front",
    "new_run",
    "open_run",
    "resume",
    "run_at",
    "start",
    "waiting",
    "without_undone",
]
