"""A row of views of which one is shown: kept for the session, told in the address, wished for by a link."""

from collections.abc import Callable, Sequence

import streamlit as st

from ui import state


def choose(options: Sequence[str], *, key: str, word: str, label: str, named: Callable[[str], str]) -> str:
    """Draw the row; the view to show.

    Args:
        options: the first is shown until somebody chooses, and is not told in the address.
        key: of the widget.
        word: what the address calls it; whatever else stands there is passed over.
        label: for those who do not see the row.
        named: the words of an option.
    """
    wished = state.requested(word)
    if wished in options:
        state.set_widget(key, wished)
    elif state.widget(key) not in options:
        state.set_widget(key, options[0])
    view = st.segmented_control(
        label,
        options,
        required=True,
        format_func=named,
        key=key,
        label_visibility="collapsed",
        persist_state="session",
    )
    state.set_address(**{word: None if view == options[0] else view})
    return view or options[0]
