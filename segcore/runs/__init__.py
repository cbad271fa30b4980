"""The run folder and the process that fills it; standard library only, so the Runs page opens at once.

    store       the folder: spec.json, events.jsonl, the wish to stop, the state; new_run, open_run, list_runs
    lock        a file lock that the kernel frees however a process dies
    launcher    start(run): the worker as a detached process that is born holding the lock

A run folder is the only link between a training process and whoever watches it.
"""

from segcore.runs.launcher import start
from segcore.runs.store import FINAL_STATES, STATES, Event, Run, list_runs, new_run, open_run, run_at

__all__ = ["FINAL_STATES", "STATES", "Event", "Run", "list_runs", "new_run", "open_run", "run_at", "start"]
