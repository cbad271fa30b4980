"""Rows of options of which one is selected: views, kept for the session and in the address, or other values."""

from collections.abc import Callable, Sequence

import streamlit as st

from ui import state


def select(label: str, options: Sequence[str], named: Callable[[str], str], *, key: str, default: str = "") -> str:
    """Draw a row of options, each as its text ``named``, and return the selected one; by default the first."""
    selected: str = st.segmented_control(
        label, options, default=default or options[0], required=True, format_func=named, key=key
    )
    return selected


def choose(options: Sequence[str], *, key: str, word: str, label: str, named: Callable[[str], str]) -> str:
    """Draw the row and return the selected view; the first is the default, which is not written to the address.

    ``word`` is the name in the address, where an unknown value is ignored; ``named`` returns the text of an option.
    """
    state.choose_widget(key, options, options[0], state.requested(word))
    view = st.segmented_control(
        label, options, required=True, format_func=named, key=key, label_visibility="collapsed", persist_state="session"
    )
    state.set_address(**{word: None if view == options[0] else view})
    return view or options[0]
