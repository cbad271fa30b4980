"""The frame around pages: what is drawn again by itself speaks the reader's language, and tabs say where one is."""

import contextvars
from collections.abc import Callable
from typing import Any

import pytest

from segcore.runs import Run, summary
from segcore.runs.lock import take_lock
from tests.ui.made_runs import made_run
from tests.ui.test_text import SOURCES
from ui import text
from ui.widgets import frame, run_text


def test_a_fragment_speaks_the_language_of_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit reruns a fragment in a fresh context, without the script."""
    monkeypatch.setattr("ui.widgets.frame.st.fragment", lambda draw, run_every: draw)
    heard: list[tuple[str, Any]] = []

    def draw(what: str) -> None:
        heard.append((text.spoken(), what))

    def page() -> Callable[..., None]:
        text.speak("zh")
        return frame.fragment(draw, run_every=2.0)

    again = contextvars.Context().run(page)
    contextvars.Context().run(again, "tiles")
    assert heard == [("zh", "tiles")]
    assert again.__name__ == "draw", "Streamlit tells fragments apart by their names"


def test_all_fragments_are_made_so() -> None:
    makers = {path.name for path in SOURCES if "st.fragment(" in path.read_text(encoding="utf-8")}
    assert makers == {"frame.py"}


def tab(run: Run) -> str:
    return run_text.tab(summary(run))


def test_the_tab_tells_the_state_and_how_far_a_run_is() -> None:
    run = made_run("run-7", state="running", epochs=10, done=3)
    assert tab(run) == "? · run-7"
    held = take_lock(run.path / "lock")
    assert held is not None
    try:
        assert tab(run) == "▶ 30 % · run-7"
        run.request("pause")
        assert tab(run) == "◕ 30 % · run-7"
    finally:
        held.close()
    assert tab(made_run("done")) == "✓ · done"
