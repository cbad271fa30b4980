"""Pages that poll: what a callback has set stays, whatever older value a poll sends, and no press is lost."""

import ast

import pytest
from streamlit.testing.v1 import AppTest

from segcore.paths import PROJECT
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
    slider = page.slider(key="slider")
    assert slider.value == 2
    assert slider.proto.set_value, "a browser that still shows the value of before gets this one"
    poll(page, monkeypatch, 2)
    assert page.slider(key="slider").value == 2


def test_only_for_a_moment(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_SETTLED_SECONDS", -1.0)
    poll(page, monkeypatch, 0)
    assert page.slider(key="slider").value == 0


def addressed() -> None:
    import streamlit as st

    from ui import state
    from ui.widgets import frame

    frame.fragment(lambda: None)()
    st.button("choose", key="choose", on_click=state.set_address, kwargs={"data": "new"})


def test_an_older_address_of_the_browser_does_not_win(monkeypatch: pytest.MonkeyPatch) -> None:
    page = AppTest.from_function(addressed, default_timeout=30)
    page.query_params["data"] = "old"
    page.run().button(key="choose").click().run()
    page.query_params["data"] = "old"
    with monkeypatch.context() as patched:
        patched.setattr(state, "is_fragment_run", lambda: True)
        page.run()
    assert page.query_params["data"] == "new" and not page.exception


def polled_functions() -> dict[str, ast.FunctionDef]:
    """The functions that are drawn again and again: ``frame.fragment(draw, run_every=…)``."""
    found = {}
    for path in sorted((PROJECT / "ui").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        for call in ast.walk(tree):
            is_fragment = isinstance(call, ast.Call) and ast.unparse(call.func) == "frame.fragment"
            if not is_fragment or not any(keyword.arg == "run_every" for keyword in call.keywords):
                continue
            drawn = call.args[0]
            if isinstance(drawn, ast.Name):
                found[f"{path.relative_to(PROJECT)}::{drawn.id}"] = functions[drawn.id]
    return found


@pytest.mark.parametrize(("place", "drawn"), polled_functions().items(), ids=polled_functions())
def test_what_polls_has_no_button(place: str, drawn: ast.FunctionDef) -> None:
    """A press on a button that was replaced meanwhile can be lost: it belongs beside the fragment."""
    called = {ast.unparse(node.func) for node in ast.walk(drawn) if isinstance(node, ast.Call)}
    assert not called & {"st.button", "st.download_button", "st.form_submit_button"}, place
