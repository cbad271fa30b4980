"""Buttons that download files, and buttons before them that make files which take a while."""

from collections.abc import Callable
from typing import Literal

import streamlit as st

from ui import state


def draw(
    label: str,
    data: bytes | Callable[[], bytes | str],
    file_name: str,
    mime: str,
    *,
    key: str,
    icon: str = ":material/download:",
    help: str | None = None,
    type: Literal["primary", "secondary"] = "secondary",
) -> None:
    """Draw a button that downloads a file, or the result of a function, which is called when the button is pressed."""
    st.download_button(label, data, file_name, mime, key, help, icon=icon, type=type, on_click="ignore")


def prepared(
    make: Callable[[], bytes], version: str, label: str, *, key: str, icon: str, help: str | None = None
) -> bytes | None:
    """The file that was made for this version; None, and the button that makes it, if there is none.

    Once the file is made, the page runs again.
    """
    made_for, made = state.get(key, ("", b""))
    if made_for == version:
        return made
    if st.button(label, icon=icon, help=help, key=key):
        state.put(key, (version, make()))
        st.rerun()
    return None
