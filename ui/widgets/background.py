"""Work that may take more than two seconds: in a thread, with its progress on the page and a button that cancels it.

A visitor has one work per name at a time: another version of it cancels the one before.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, Generic, TypeVar

import streamlit as st

from segcore.job_context import Cancelled
from ui import state
from ui.text import t
from ui.widgets import frame

T = TypeVar("T")

Report = Callable[..., None]
"""Called by the work with the number of finished steps, of all steps, and what it is doing (a name for people)."""

PATIENCE_SECONDS = 1.5
"""Work that is over by then shows no progress."""

_EVERY_SECONDS = 0.5

ABANDONED_SECONDS = 60
"""A work whose progress was not on any page for so long is cancelled: its visitor has left."""


class Work(Generic[T]):
    """A function in a thread of its own. It calls its only argument, a `Report`, now and then."""

    def __init__(self, make: Callable[[Report], T]) -> None:
        self.done, self.steps, self.doing = 0, 0, ""
        self.is_cancelled = False
        self.watched = self._started = time.monotonic()
        self._first_step = 0.0
        self._future: Future[T] = Future()
        threading.Thread(target=self._run, args=(make,), name="background work", daemon=True).start()

    def cancel(self) -> None:
        """End the work at its next report, which raises Cancelled; its result is lost."""
        self.is_cancelled = True

    def wait(self, seconds: float) -> bool:
        """Whether it is over, after waiting for it at most so long; not at all if that is negative."""
        return bool(wait([self._future], max(0.0, seconds)).done)

    def result(self) -> T:
        """The result of a work that is over, or its exception."""
        return self._future.result(timeout=0)

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._started

    @property
    def share(self) -> float:
        """0 … 1."""
        return min(self.done / self.steps, 1.0) if self.steps else 0.0

    @property
    def seconds_left(self) -> float | None:
        """By the pace of the steps so far; None before the first."""
        if not self.done or not self._first_step:
            return None
        return (time.monotonic() - self._first_step) / self.done * (self.steps - self.done)

    def _report(self, done: int, steps: int, doing: str = "") -> None:
        if self.is_cancelled or time.monotonic() > self.watched + ABANDONED_SECONDS:
            self.is_cancelled = True
            raise Cancelled
        self._first_step = self._first_step or time.monotonic()
        self.done, self.steps, self.doing = done, steps, doing

    def _run(self, make: Callable[[Report], T]) -> None:
        try:
            self._future.set_result(make(self._report))
        except BaseException as error:  # the page raises it again, in its own thread
            self._future.set_exception(error)


def work(name: str, version: str, make: Callable[[Report], T]) -> Work[T]:
    """The visitor's work of this name and version, which is started unless it is there."""
    held = present(name, version)
    if held is None:
        forget(name)
        held = Work(make)
        state.put(name, (version, held))
    return held


def present(name: str, version: str) -> "Work[Any] | None":
    """The work of this name if it has this version and was not cancelled."""
    held: tuple[str, Work[Any]] | None = state.get(name, None)
    return held[1] if held is not None and held[0] == version and not held[1].is_cancelled else None


def forget(name: str) -> None:
    """Cancel the work of this name, if there is one, and let it begin anew."""
    held: tuple[str, Work[Any]] | None = state.get(name, None)
    if held is not None:
        held[1].cancel()
    state.put(name, None)


def progress(
    running: Work[Any], text: Callable[[Work[Any]], str], *, key: str, on_cancel: Callable[[], None] | None = None
) -> None:
    """Draw the progress of a work and the button that cancels it; the page runs again when it is over.

    ``on_cancel`` is called before that.
    """

    def cancel() -> None:
        running.cancel()
        if on_cancel is not None:
            on_cancel()

    def draw() -> None:
        running.watched = time.monotonic()
        if running.wait(0) or running.is_cancelled:
            st.rerun()
        st.progress(running.share, text=text(running))

    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}.progress"):
        frame.fragment(draw, run_every=_EVERY_SECONDS)()
        # Outside the fragment: a press on a button of one that was replaced meanwhile would be lost.
        st.button(t("jobs.cancel"), key=f"{key}.cancel", icon=":material/close:", on_click=cancel)
