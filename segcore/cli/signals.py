"""Handling of Ctrl-C and SIGTERM in commands."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def signals_to(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Pass SIGINT and SIGTERM to the handler until the end of the block."""
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for signal_number, old in before.items():
            signal.signal(signal_number, old)
