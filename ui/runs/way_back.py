"""The way back to the table of runs, as it was left.

A button and no link: ``st.page_link`` to the page that one is on runs the script for the new address, but leaves the
old one in the browser, and the next press of anything would lead back to that.
"""

import streamlit as st

from ui import state
from ui.text import t
from ui.widgets import runs_query


def button() -> None:
    """Draw the button."""
    st.button(t("runs.back"), icon=":material/arrow_back:", type="tertiary", key="runs.back", on_click=go)


def go() -> None:
    """Lead back; to be called before the page is drawn, by a button."""
    nothing: dict[str, str | None] = dict.fromkeys((*runs_query.NAMES, "run", "compare"))
    state.remember_in_address(**nothing | state.runs_table())
