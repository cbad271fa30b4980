"""A device that is borrowed for a moment: alone on it, ahead of those in line, given up when nobody wants it."""

import threading
import time
from pathlib import Path

from segcore.runs.queue import reserve_device, using


def test_alone_and_named(tmp_path: Path) -> None:
    with reserve_device("cpu", "check-1", requested=lambda: None, on_wait=lambda: None, root=tmp_path) as ours:
        assert ours
        assert using("cpu", root=tmp_path) == ["check-1"]
        assert using("cuda:0", root=tmp_path) == []
    assert using("cpu", root=tmp_path) == []


def test_it_waits_until_the_device_is_free(tmp_path: Path) -> None:
    freed, told, order = threading.Event(), [], []

    def first() -> None:
        with reserve_device("cpu", "first", requested=lambda: None, on_wait=lambda: None, root=tmp_path):
            freed.wait(20)
            order.append("first")

    holder = threading.Thread(target=first)
    holder.start()
    while not using("cpu", root=tmp_path):
        time.sleep(0.01)

    def on_wait() -> None:
        told.append(using("cpu", root=tmp_path))
        freed.set()

    with reserve_device("cpu", "second", requested=lambda: None, on_wait=on_wait, root=tmp_path) as ours:
        order.append("second")
        assert ours
    holder.join()
    assert told == [["first"]] and order == ["first", "second"]


def test_it_is_given_up_when_asked(tmp_path: Path) -> None:
    with reserve_device("cpu", "first", requested=lambda: None, on_wait=lambda: None, root=tmp_path):
        answers = iter([None, "stop"])
        with reserve_device(
            "cpu", "second", requested=lambda: next(answers), on_wait=lambda: None, root=tmp_path
        ) as ours:
            assert not ours
        assert using("cpu", root=tmp_path) == ["first"]
