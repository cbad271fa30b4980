"""Waiting for the batches of loader processes, with a limit, and the shared memory that they need.

Torch passes tensors between processes through shared memory: /dev/shm on Linux, 64 MB in a container by default. Where
it is full, a loader process fails in a background thread, and its parent would wait for the batch forever.
"""

import os
import queue
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

import cv2
import torch
from torch.utils.data import DataLoader

from segcore.errors import Message
from segcore.formatting import byte_size

Item = TypeVar("Item")

WAIT_SECONDS = 300.0
"""Longest wait for a batch of loader processes: preparing one takes seconds, on a slow disk a minute."""
SHORT_OF_MEMORY_SECONDS = 10.0
"""Longest wait while shared memory has no room for a batch."""
PREFETCH = 2
"""Batches that each loader process prepares in advance."""
AMPLE = 16 * 2**30
"""Bytes of shared memory that always suffice."""
_POLL_SECONDS = 0.5
_JOIN_SECONDS = 5.0
_SHARED_MEMORY = Path("/dev", "shm")


class WaitingStopped(Exception):
    """The caller no longer wants the batch that it was waiting for."""


class WorkersStalled(RuntimeError):
    """The loader processes live and deliver nothing; ``reason`` names the likely cause."""

    def __init__(self, reason: Message) -> None:
        super().__init__(reason)
        self.reason = reason


def shared_memory_room() -> int | None:
    """Free bytes of shared memory; None where the system has no place for it that could be full."""
    try:
        return shutil.disk_usage(_SHARED_MEMORY).free
    except OSError:
        return None


def bytes_in_flight(batch_bytes: int, workers: int) -> int:
    """Shared memory that loader processes need, over all training processes of this machine."""
    return (workers * PREFETCH + 1) * batch_bytes * int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


class _End(NamedTuple):
    """The end of a loader: the error that it raised, or None after its last batch."""

    error: BaseException | None


def wait_for_each(
    loader: "DataLoader[Item]", should_stop: Callable[[], bool], batch_bytes: Callable[[], int]
) -> Iterator[Item]:
    """The batches of a loader with processes.

    A thread reads them: even where a batch has been announced, reading it may block for as long as the process that
    prepared it is suspended.

    Args:
        loader: not yet iterated.
        should_stop: checked while waiting.
        batch_bytes: estimates the shared memory of a batch; called if a batch is late.

    Raises:
        WaitingStopped: ``should_stop`` returned True.
        WorkersStalled: no batch arrived in time.
        RuntimeError: a process died.
    """
    with _kept_child_handler():
        batches = iter(loader)
    workers = list(getattr(batches, "_workers", ()))
    arrived: queue.Queue[Item | _End] = queue.Queue(maxsize=1)
    over = threading.Event()
    thread = threading.Thread(target=_read, args=(batches, arrived, over), name="loader", daemon=True)
    thread.start()
    del batches  # the thread owns them
    try:
        while not isinstance(item := _next(arrived, should_stop, batch_bytes), _End):
            yield item
        if item.error is not None:
            raise item.error.with_traceback(None)  # whose frames would keep the loader alive
        workers.clear()  # they end by themselves
    finally:
        over.set()
        for worker in workers:
            worker.kill()  # a suspended one would never obey a request to end
        thread.join(_JOIN_SECONDS)  # processes of the next loader must not inherit this one


def _read(batches: Iterator[Item], arrived: "queue.Queue[Item | _End]", over: threading.Event) -> None:
    end = _End(None)
    try:
        for batch in batches:
            _put(arrived, batch, over)
            if over.is_set():
                return
    except BaseException as error:  # raised again where the batches are used
        end = _End(error)
    _put(arrived, end, over)


def _put(arrived: "queue.Queue[Item | _End]", item: "Item | _End", over: threading.Event) -> None:
    while not over.is_set():
        with suppress(queue.Full):
            arrived.put(item, timeout=_POLL_SECONDS)
            return


def _next(
    arrived: "queue.Queue[Item | _End]", should_stop: Callable[[], bool], batch_bytes: Callable[[], int]
) -> "Item | _End":
    """The next item, waited for with a limit; raises as `wait_for_each`."""
    began = time.monotonic()
    while True:
        with suppress(queue.Empty):
            return arrived.get(timeout=min(_POLL_SECONDS, WAIT_SECONDS))
        if reason := _reason_to_end(time.monotonic() - began, batch_bytes):
            raise WorkersStalled(reason)
        if should_stop():
            raise WaitingStopped


def _reason_to_end(waited: float, batch_bytes: Callable[[], int]) -> Message | None:
    """Why it makes no sense to wait any longer; None if it does."""
    if waited < min(SHORT_OF_MEMORY_SECONDS, WAIT_SECONDS):
        return None
    room = shared_memory_room()
    if room is not None and room < AMPLE and room < (needed := batch_bytes()):
        free = byte_size(room)
        return Message(
            "shared memory is full: {free} free, and a batch needs {needed}", free=free, needed=byte_size(needed)
        )
    if waited < WAIT_SECONDS:
        return None
    return Message(
        "no batch for {seconds} s: suspended, or waiting for a disk that does not answer", seconds=round(waited)
    )


def workers_failed(error: Exception) -> bool:
    """Whether a worker died, hangs or failed to start; an error that a worker raised starts with "Caught …" instead."""
    text = str(error)
    is_lost = "DataLoader worker (pid" in text or isinstance(error, WorkersStalled)
    return is_lost or (isinstance(error, OSError) and not text.startswith("Caught "))


@contextmanager
def _kept_child_handler() -> Iterator[None]:
    """Undo torch's handler for the death of child processes, which would raise anywhere in the main thread.

    Without it the error is raised where the next batch is read, and handled there.
    """
    if not hasattr(signal, "SIGCHLD") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGCHLD)
    try:
        yield
    finally:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL if before is None else before)


def use_one_thread(_: int) -> None:
    """Make a worker process compute on one thread."""
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
