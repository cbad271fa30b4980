"""What a callback has set stays, although a poll of a fragment sends the browser's value of before."""

import pytest
from streamlit.testing.v1 import AppTest

from ui import state


def script() -> None:
    import streamlit as st

    from ui import state
    from ui.widgets import frame

    state.settle_widgets()  # as `frame.page` does
    frame.fragment(lambda: None)()
    st.button("set", key="set", on_click=state.set_widget, args=("slider", 7))
    st.slider("slider", 0, 10, key="slider")


@pytest.fixture
def page() -> AppTest:
    page = AppTest.from_function(script, default_timeout=30).run()
    page.button(key="set").click().run()
    assert page.slider(key="slider").value == 7 and not page.exception
    return page


def poll(page: AppTest, monkeypatch: pytest.MonkeyPatch, value: int) -> None:
    """A run as of a fragment that polls, with the browser's value of the slider."""
    with monkeypatch.context() as patched:
        patched.setattr(state, "is_fragment_run", lambda: True)
        page.slider(key="slider").set_value(value).run()
    assert not page.exception


def test_an_older_value_of_the_browser_does_not_win(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    poll(page, monkeypatch, 0)
    assert page.slider(key="slider").value == 7
    poll(page, monkeypatch, 0)
    assert page.slider(key="slider").value == 7


def test_a_change_of_the_visitor_does(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    page.slider(key="slider").set_value(2).run()
    assert page.slider(key="slider").value == 2
    poll(page, monkeypatch, 2)
    assert page.slider(key="slider").value == 2


def test_only_for_a_moment(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_SETTLED_SECONDS", -1.0)
    poll(page, monkeypatch, 0)
    assert page.slider(key="slider").value == 0
