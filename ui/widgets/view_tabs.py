"""Rows of options of which one is selected: views, kept for the session and in the address, or other values."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from ui import state

Option = TypeVar("Option", bound=str)


def select(
    label: str, options: Sequence[Option], named: Callable[[str], str], *, key: str, default: Option | None = None
) -> Option:
    """Draw a row of options, each as its text ``named``, and return the selected one; by default the first."""
    selected: Option = st.segmented_control(
        label, options, default=default or options[0], required=True, format_func=named, key=key
    )
    return selected


def choose(
    options: Sequence[Option],
    *,
    key: str,
    word: str,
    label: str,
    named: Callable[[str], str],
    default: Option | None = None,
    **look: Any,
) -> Option:
    """Draw the row and return the selected view; the default (the first) is not written to the address.

    ``word`` is the name in the address, where an unknown value is ignored; ``named`` returns the text of an option.
    ``look`` are further arguments of ``st.segmented_control``; without them the label is for screen readers only.
    """
    default = default or options[0]
    state.choose_widget(key, options, default, state.requested(word))
    view: Option | None = st.segmented_control(
        label, options, required=True, format_func=named, key=key, persist_state="session",
        **{"label_visibility": "collapsed", **look},
    )  # fmt: skip
    state.set_address(**{word: None if view == default else view})
    return view or default
