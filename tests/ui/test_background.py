"""Work in the background: it ends when it is cancelled, and when nobody looks at its progress any more."""

import threading
import time
from collections.abc import Callable

import pytest

from segcore.job_context import Cancelled
from ui.widgets import background
from ui.widgets.background import Report, Work


class Counter:
    """Work that reports a step every few milliseconds until it is released."""

    def __init__(self) -> None:
        self.count, self.released = 0, threading.Event()

    def __call__(self, report: Report) -> int:
        while not self.released.wait(0.005):
            report(self.count, 1000, "counting")
            self.count += 1
        return self.count


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_it_reports_its_steps_and_returns_its_result() -> None:
    counter = Counter()
    work = Work(counter)
    assert until(lambda: work.done > 3)
    assert (work.steps, work.doing) == (1000, "counting") and 0 < work.share < 1
    assert work.seconds_left is not None and work.seconds_left > 0
    counter.released.set()
    assert work.wait(10) and work.result() == counter.count


def test_a_cancelled_work_ends_at_its_next_report() -> None:
    counter = Counter()
    work = Work(counter)
    assert until(lambda: counter.count > 1)
    work.cancel()
    assert work.wait(10)
    with pytest.raises(Cancelled):
        work.result()


def test_a_work_whose_visitor_has_left_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "ABANDONED_SECONDS", 0.3)
    watched, abandoned = Work(Counter()), Work(Counter())
    end = time.monotonic() + 1
    while time.monotonic() < end:
        watched.watched = time.monotonic()  # as each drawing of its progress does
        time.sleep(0.02)
    assert abandoned.wait(0) and abandoned.is_cancelled
    with pytest.raises(Cancelled):
        abandoned.result()
    assert not watched.wait(0) and not watched.is_cancelled
    watched.cancel()


def test_an_error_is_raised_where_the_result_is_asked_for() -> None:
    def fail(_: Report) -> None:
        raise ValueError("on purpose")

    work = Work(fail)
    assert work.wait(10)
    with pytest.raises(ValueError, match="on purpose"):
        work.result()
