"""SIGTERM as a wish to stop.

systemd, a container that is stopped, a shutdown and ``kill`` all end a process with SIGTERM and give it some time. A
training uses the time to save; SIGKILL, which nobody hears, is for those who do not listen.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from segcore.errors import Message

REASON = Message(
    "The process was told to end (SIGTERM), as a shutdown, systemd, a container or `kill` do. Everything needed to go "
    "on was saved."
)


class Ending:
    """Whether this process was told to end.

    Attributes:
        told: it was.
    """

    told = False

    def tell(self) -> None:
        """It was, as another process says."""
        self.told = True


@contextmanager
def polite_end() -> Iterator[Ending]:
    """Note SIGTERM instead of dying of it, for as long as the block lasts."""
    ending = Ending()
    if threading.current_thread() is not threading.main_thread():  # only there can signals be heard
        yield ending
        return
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: ending.tell())
    try:
        yield ending
    finally:
        signal.signal(signal.SIGTERM, before)
