"""A short job on a page: start, progress, cancel, answer, and errors as sentences. Real processes do the work."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from segcore.jobs import find_job
from tests.jobs import stand_ins

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and inherited locks are POSIX")


@pytest.fixture(autouse=True)
def pids(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    return stand_ins.install(monkeypatch)


def script(name: str) -> None:
    import streamlit as st

    from ui.widgets import job_panel

    result = job_panel.panel(name, {"a": 1, "b": 2}, key="test", label=f"do {name}")
    if result is not None:
        st.text(f"sum {result['sum']}")


def open_panel(name: str) -> AppTest:
    page = AppTest.from_function(script, args=(name,), default_timeout=30).run()
    assert not page.exception
    return page


def run_until(page: AppTest, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)
        page.run()
        assert not page.exception


def keys(page: AppTest) -> list[str | None]:
    return [button.key for button in page.button]


def test_start_answer_and_again(pids: list[int]) -> None:
    page = open_panel("adds")
    assert [button.label for button in page.button] == ["do adds"]
    page.button(key="test.start").click().run()
    run_until(page, lambda: "test.again" in keys(page))
    assert page.text[0].value == "sum 3"
    assert "test.again" in keys(open_panel("adds")), "another visitor sees the answer too"
    page.button(key="test.again").click().run()
    run_until(page, lambda: "test.again" in keys(page))
    assert len(pids) == 2


def test_progress_and_cancel() -> None:
    page = open_panel("waits")
    page.button(key="test.start").click().run()
    run_until(page, lambda: any("Waiting until" in bar.proto.text for bar in page.get("progress")))
    assert r"\<b\>a\-run" in page.get("progress")[0].proto.text, "a name is no Markdown"
    assert keys(page) == ["test.cancel"] == keys(open_panel("waits")), "it survives a reload"
    page.button(key="test.cancel").click().run()
    run_until(page, lambda: keys(page) == ["test.start"])
    assert page.caption[0].value.startswith("Cancelled")
    run = find_job("waits", {"a": 1, "b": 2})
    assert run is not None and run.status() == "stopped"


@pytest.mark.parametrize(("name", "sentence"), [("refuses", "no picture"), ("breaks", "nobody expected this")])
def test_errors_are_sentences_and_it_can_be_tried_again(name: str, sentence: str) -> None:
    page = open_panel(name)
    page.button(key="test.start").click().run()
    run_until(page, lambda: bool(page.error))
    assert sentence in page.error[0].value
    assert keys(page) == ["test.start"]
