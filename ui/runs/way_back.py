"""The way back to the table of runs, as it was left.

A button and no link: ``st.page_link`` to the present page runs the script for the new address, but leaves the old one
in the browser, and the next press of anything would return to that.
"""

import streamlit as st

from ui import state
from ui.text import t
from ui.widgets import runs_query

_TABLE = "runs.table"


def remember(query: dict[str, str | None]) -> None:
    """Remember the address of the table."""
    state.put(_TABLE, query)


def button() -> None:
    """Draw the button."""
    st.button(t("runs.back"), icon=":material/arrow_back:", type="tertiary", key="runs.back", on_click=go)


def go() -> None:
    """Return to the table; for callbacks."""
    nothing: dict[str, str | None] = dict.fromkeys((*runs_query.NAMES, "run", "compare"))
    state.set_address(**nothing | state.get(_TABLE, dict[str, str | None]()))
