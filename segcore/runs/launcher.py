"""Start the process of a run, detached from the process that starts it.

The child has its own session, so neither Ctrl-C in the terminal nor the end of the server reaches it, and it inherits
the lock of its run, so the run never appears dead while the child imports torch.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from segcore.errors import BadRun, Message, reason_fields
from segcore.paths import PROJECT
from segcore.runs import lock
from segcore.runs.states import ENDED_STATES
from segcore.runs.store import LOCK_VARIABLE, Run


def start(
    run: Run, *, again: bool = False, module: str = "segcore.train.process.worker", command: Sequence[str] | None = None
) -> int:
    """Start the worker of a run, ``python -m MODULE FOLDER`` or another command, and return its process id at once.

    ``again`` allows a run that was started before; see `resume`.

    Raises:
        BadRun: another process works on the run, it was started before, or the program cannot be started.
    """
    worker = [sys.executable, "-m", module, str(run.path), *(["--again"] if again else [])]
    words = worker if command is None else list(command)
    held = run.take(again=again) if lock.INHERITABLE else None  # elsewhere (Windows) the child takes it
    try:
        with run.log_path.open("ab") as log:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=PROJECT,  # so that `-m segcore…` is found
                **_detached(held),
            )
    except OSError as error:
        if held:
            reason = Message("The process could not be started: {error}.", error=error)
            run.emit("state", state="failed", cause="start", **reason_fields(reason))
        raise BadRun(
            "Run {name} could not be started with {program}: {error}.", name=run.name, program=words[0], error=error
        ) from None
    finally:
        if held:
            held.close()  # this copy; the child has its own
    # Unless it is waited for, a child that ended stays a zombie as long as this process lives.
    threading.Thread(target=process.wait, name=f"reaper of {run.name}", daemon=True).start()
    return process.pid


def resume(run: Run, changes: Mapping[str, Any] | None = None) -> int:
    """Resume a run from its last saved state, or from its beginning if it has none; returns the process id.

    ``changes`` are settings to change, validated by the caller, such as a lower learning rate.

    Raises:
        BadRun: the run is finished, or another process works on it.
    """
    state = run.status()
    if state == "finished":
        raise BadRun("Run {name} is finished: nothing is left to do. `runs extend` adds epochs.", name=run.name)
    if state == "stalled":
        raise BadRun(
            "Run {name} is stalled: its process is alive, but nothing happens. `runs dump` shows where it is, `runs "
            "wake` continues a process that was stopped; `runs stop`, or `runs stop --now`, ends it, then it can be "
            "resumed.",
            name=run.name,
        )
    if state not in ENDED_STATES and run.last("state") is not None:
        raise BadRun("Run {name} is {state}; only a run that has ended can be resumed.", name=run.name, state=state)
    if changes:
        run.amend(changes)
    return start(run, again=True)


def extend(run: Run, epochs: int) -> int:
    """Resume a run that has ended, finished or not, for more epochs; returns the process id.

    Raises:
        BadRun: the run has not ended, or epochs is below 1.
    """
    state = run.status()
    if state not in ENDED_STATES:
        raise BadRun("Run {name} is {state}; pause it or wait for its end, then extend it.", name=run.name, state=state)
    if epochs < 1:
        raise BadRun("A run is extended by 1 epoch or more, not by {epochs}.", epochs=epochs)
    run.amend({"epochs": run.plan["epochs"] + epochs})
    return start(run, again=True)


def _detached(held: lock.FileLock | None) -> dict[str, Any]:
    """The arguments that detach a child from this terminal and this process, and give it the lock."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}  # a killed process loses no output
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        return {"env": environment, "creationflags": flags}
    assert held is not None
    environment[LOCK_VARIABLE] = str(held.descriptor)
    return {"env": environment, "start_new_session": True, "pass_fds": (held.descriptor,)}
