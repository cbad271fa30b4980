"""A row of views of which one is shown: kept for the session and in the address."""

from collections.abc import Callable, Sequence

import streamlit as st

from ui import state


def choose(options: Sequence[str], *, key: str, word: str, label: str, named: Callable[[str], str]) -> str:
    """Draw the row and return the selected view.

    Args:
        options: the first is the default, which is not written to the address.
        key: of the widget.
        word: its name in the address; an unknown value is ignored.
        label: for screen readers.
        named: option → its text.
    """
    wished = state.requested(word)
    if wished in options:
        state.set_widget(key, wished)
    elif state.widget(key) not in options:
        state.set_widget(key, options[0])
    view = st.segmented_control(
        label, options, required=True, format_func=named, key=key, label_visibility="collapsed", persist_state="session"
    )
    state.set_address(**{word: None if view == options[0] else view})
    return view or options[0]
