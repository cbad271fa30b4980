"""A lock on a file that is free again the moment its last holder is gone, however it died.

Why not a pid in a file: a killed child of a living server is a zombie whose pid still "exists", and pids are used
again. A lock is kept by the kernel and cannot outlive the process.

POSIX uses ``flock``. Such a lock belongs to the *open file*, not to the process: a parent takes it, the child inherits
the open file, the parent closes its own copy, and at no moment in between is the lock free. Windows has only locks that
belong to one process, so there a child takes the lock itself (see launcher.py). Local disks only: network file systems
imitate ``flock`` with locks that cannot be inherited.
"""

import os
import sys
import time
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

INHERITABLE = sys.platform != "win32"
"""Whether a child process can be handed the lock of its parent."""

_PROBE_PATIENCE = 1.0
"""Seconds to try again: `is_locked` in another process holds the file for some microseconds."""


class FileLock:
    """An open file that is locked for this process and for every process that inherits it.

    Attributes:
        descriptor: the open file, for ``pass_fds``.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def close(self) -> None:
        """Let go of this copy; the lock stays while another process holds a copy of the same open file."""
        os.close(self.descriptor)


def take_lock(path: Path) -> FileLock | None:
    """Lock the file, made when missing, for one holder.

    Returns:
        The lock, or None when somebody else holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + _PROBE_PATIENCE
    while not _try_lock(descriptor, shared=False):
        if time.monotonic() > deadline:
            os.close(descriptor)
            return None
        time.sleep(0.02)
    return FileLock(descriptor)


def inherited_lock(path: Path, descriptor: int) -> FileLock | None:
    """The lock that the parent process handed down, or None when the open file is not this one."""
    try:
        same_file = os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return None
    if not same_file:
        return None
    os.set_inheritable(descriptor, False)  # programs that this process starts have no part in the run
    return FileLock(descriptor)


def is_locked(path: Path) -> bool:
    """Whether any process holds the lock at this moment."""
    try:
        descriptor = os.open(path, os.O_RDONLY if INHERITABLE else os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        if not _try_lock(descriptor, shared=True):
            return True
        _unlock(descriptor)
        return False
    finally:
        os.close(descriptor)


if sys.platform == "win32":

    def _try_lock(descriptor: int, *, shared: bool) -> bool:  # noqa: ARG001 - Windows knows no shared kind here
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:

    def _try_lock(descriptor: int, *, shared: bool) -> bool:
        """Shared for a look (two who look do not disturb each other), exclusive for the holder."""
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
