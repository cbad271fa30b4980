"""The name of a run on its page, and the field that changes it. The folder keeps its name."""

import streamlit as st

from segcore.runs import Run, change_notes, read_notes, readable, shown_name
from segcore.runs.notes import MOST_NAME_LETTERS
from ui import state
from ui.text import plain, t
from ui.widgets import frame


def title(run: Run) -> None:
    """Draw the name, and the button that opens the field."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content", key="runs-title"):
        st.subheader(plain(shown_name(run)), anchor=False)
        with st.popover(t("runs.rename.open"), icon=":material/edit:", type="tertiary", key="runs.rename.open"):
            key = f"runs.rename.{run.address}"
            state.sync_widget(key, read_notes(run).name)

            @frame.errors_later()
            def rename() -> None:
                change_notes(run, name=state.widget(key))

            st.text_input(
                t("runs.rename"),
                max_chars=MOST_NAME_LETTERS,
                placeholder=readable(run.name),
                key=key,
                on_change=rename,
            )
            st.caption(t("runs.rename.about", folder=plain(readable(run.name))))
