"""The process of a run: which one it is, what it is doing, and the signals that it can be sent.

The worker writes its identity into the lock file that it holds. The number of a process alone would not do: it may be
given again, and means another process in another container or on another machine that shares the disk.
"""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Literal

import psutil

from segcore.runs.lock import FileLock
from segcore.runs.system import boot_id

Doing = Literal["stopped", "disk", "sleeping", "computing", "unknown"]
"""Stopped by a signal; waiting for a disk or a device; waiting for something else; using a processor; not known."""

_DOING: dict[str, Doing] = {
    psutil.STATUS_STOPPED: "stopped",
    psutil.STATUS_TRACING_STOP: "stopped",
    psutil.STATUS_DISK_SLEEP: "disk",
    psutil.STATUS_SLEEPING: "sleeping",
    psutil.STATUS_IDLE: "sleeping",
    psutil.STATUS_RUNNING: "computing",
}
_SAME_SECONDS = 2.0
"""Start times of a process may differ by rounding."""


def sign(lock: FileLock) -> None:
    """Write the identity of this process into the lock file that it holds."""
    lock.write(f"{os.getpid()} {psutil.Process().create_time():.2f} {boot_id()}")


def signed_process(lock_path: Path) -> psutil.Process | None:
    """The process that has signed a lock file; None if it does not exist on this machine, or none has."""
    try:
        pid, created, *boot = lock_path.read_text(encoding="ascii").split()
        process = psutil.Process(int(pid))
        is_same = abs(process.create_time() - float(created)) < _SAME_SECONDS and "".join(boot) == boot_id()
    except (OSError, ValueError, psutil.Error):
        return None
    return process if is_same else None


def doing(process: psutil.Process | None) -> Doing:
    """What a process is doing at this moment; "stopped" also if one of its children is."""
    if process is None:
        return "unknown"
    try:
        found = _DOING.get(process.status(), "unknown")
        children = [] if found == "stopped" else process.children(recursive=True)
    except psutil.Error:
        return "unknown"
    for child in children:
        with suppress(psutil.Error):
            if _DOING.get(child.status()) == "stopped":
                return "stopped"
    return found


def wake(process: psutil.Process) -> None:
    """Let a process and its children continue that a signal has stopped."""
    for each in _tree(process):
        with suppress(psutil.Error):
            each.resume()


def terminate(process: psutil.Process) -> None:
    """Wake a process and send it SIGTERM: a training then saves its state and ends."""
    wake(process)
    with suppress(psutil.Error):
        process.terminate()


def kill(process: psutil.Process) -> None:
    """End a process and its children at once. One that waits for a dead disk ends when the disk answers."""
    for each in _tree(process):
        with suppress(psutil.Error):
            each.kill()


def dump_stacks(process: psutil.Process) -> None:
    """Let a worker write where each of its threads is; it has a handler before it signs its lock."""
    if sys.platform != "win32":
        with suppress(psutil.Error):
            process.send_signal(signal.SIGUSR1)


def _tree(process: psutil.Process) -> list[psutil.Process]:
    """The process first, so that it starts no more children; they hold copies of its lock."""
    with suppress(psutil.Error):
        return [process, *process.children(recursive=True)]
    return [process]
