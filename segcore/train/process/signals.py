"""Signals of a training: SIGTERM leaves it some time to save its state, SIGUSR1 makes it write its stacks."""

import faulthandler
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segcore.errors import Message

REASON = Message(
    "The process received SIGTERM, as sent by a shutdown, systemd, a container or `kill`. Everything needed to resume "
    "was saved."
)


class Shutdown:
    """Whether SIGTERM has arrived; ``request`` reports one that another process received."""

    requested = False

    def request(self) -> None:
        """Request the shutdown."""
        self.requested = True


@contextmanager
def graceful_shutdown() -> Iterator[Shutdown]:
    """Record SIGTERM instead of dying of it, until the end of the block."""
    shutdown = Shutdown()
    if threading.current_thread() is not threading.main_thread():  # only the main thread can install handlers
        yield shutdown
        return
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: shutdown.request())
    try:
        yield shutdown
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def stack_dumps(log_path: Path) -> Iterator[None]:
    """Write the stack of every thread to a log when SIGUSR1 arrives, also while Python itself does not react."""
    if not hasattr(signal, "SIGUSR1"):  # Windows
        yield
        return
    with log_path.open("ab") as log:
        faulthandler.register(signal.SIGUSR1, file=log, all_threads=True)
        try:
            yield
        finally:
            faulthandler.unregister(signal.SIGUSR1)
