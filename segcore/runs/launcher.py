"""Start the process of a run so that nothing of it lives in the process that started it.

The child has its own session, so neither Ctrl-C in the terminal nor the end of the server reaches it; it writes to
log.txt and never to a pipe, whose reader might be gone; and it is born holding the lock of its run, so that there is
no moment between "started" and "has imported torch" in which the run looks dead.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

from segcore.errors import BadRun
from segcore.paths import PROJECT
from segcore.runs import lock
from segcore.runs.store import LOCK_VARIABLE, Run


def start(run: Run, *, python: str = sys.executable, command: Sequence[str] | None = None) -> int:
    """Start the worker of a run that was not started before, and return at once.

    Args:
        run: a run in state "queued".
        python: the interpreter.
        command: another program in the worker's place; None is ``python -m segcore.train.worker <folder>``.

    Returns:
        The process id, for people: `Run.status` does not need it.

    Raises:
        BadRun: the run is being worked on, was started before, or the program cannot be started.
    """
    words = [python, "-m", "segcore.train.worker", str(run.path)] if command is None else list(command)
    # Windows cannot hand a lock down: there the child takes it when it has come up.
    held = run.take() if lock.INHERITABLE else None
    try:
        with run.log_path.open("ab") as log:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=PROJECT,  # where `-m segcore…` is found
                env=_environment(held),
                **_detached(held),
            )
    except OSError as error:
        if held:
            run.emit("state", state="failed", reason=f"The process could not be started: {error}.")
        raise BadRun(f"Run {run.name} could not be started with {words[0]}: {error}.") from None
    finally:
        if held:
            held.close()  # our copy; the child has its own
    # Without somebody who waits for it, a child that ended stays a zombie as long as this process lives.
    threading.Thread(target=process.wait, name=f"reaper of {run.name}", daemon=True).start()
    return process.pid


def _environment(held: lock.FileLock | None) -> dict[str, str]:
    """Ours, with the lock's number and without the buffer that would hold back the last words of a killed process."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if held is not None:
        environment[LOCK_VARIABLE] = str(held.descriptor)
    return environment


def _detached(held: lock.FileLock | None) -> dict[str, Any]:
    """The arguments that cut a child loose from this terminal and this process."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True, "pass_fds": () if held is None else (held.descriptor,)}
