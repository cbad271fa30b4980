"""A file lock that the kernel releases when its last holder dies, however it dies.

POSIX uses ``flock``. Such a lock belongs to the *open file*, not to the process: a parent takes it, the child inherits
the open file, the parent closes its own copy, and the lock is never free in between. Windows locks belong to a single
process, so there a child takes the lock itself (see launcher.py). Local disks only: network file systems emulate
``flock`` with locks that cannot be inherited.
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
"""Whether a child process can inherit the lock of its parent."""

_RETRY_SECONDS = 1.0
"""`is_locked` in another process holds the lock for some microseconds."""


class FileLock:
    """An open file (``descriptor``) that is locked for this process and for every process that inherits it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def write(self, text: str) -> None:
        """Replace the content of the file, which is for readers only: the lock is independent of it."""
        os.truncate(self.descriptor, 0)
        os.lseek(self.descriptor, 0, os.SEEK_SET)
        os.write(self.descriptor, os.fsencode(text))

    def close(self) -> None:
        """Close this copy; the lock is held as long as another process has a copy of the same open file."""
        os.close(self.descriptor)


def take_lock(path: Path) -> FileLock | None:
    """Lock the file exclusively, made if missing; None if another process holds the lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + _RETRY_SECONDS
    while not _try_lock(descriptor, shared=False):
        if time.monotonic() > deadline:
            os.close(descriptor)
            return None
        time.sleep(0.02)
    return FileLock(descriptor)


def inherited_lock(path: Path, descriptor: int) -> FileLock | None:
    """The lock inherited from the parent process, or None if the descriptor is not this file."""
    try:
        same_file = os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return None
    if not same_file:
        return None
    os.set_inheritable(descriptor, False)  # children of this process do not inherit it
    return FileLock(descriptor)


def is_locked(path: Path) -> bool:
    """Whether any process currently holds the lock."""
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

    def _try_lock(descriptor: int, *, shared: bool) -> bool:  # noqa: ARG001 - Windows has no shared locks here
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:

    def _try_lock(descriptor: int, *, shared: bool) -> bool:
        """Shared for `is_locked`, so that observers do not block each other; exclusive for the holder."""
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
