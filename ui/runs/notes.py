"""Notes about a run on its page: star, archive, tags and text. Every change is stored at once."""

import streamlit as st

from segcore.runs import Run, change_notes, read_notes, run_index
from segcore.runs.notes import MOST_LETTERS, MOST_TAGS
from ui import state
from ui.text import t
from ui.widgets import frame, run_rows


def show(run: Run) -> None:
    """Draw the fields; changes of another browser appear at the next drawing."""
    notes = read_notes(run)
    star, archive = f"runs.star.{run.name}", f"runs.archive.{run.name}"
    tags, text = f"runs.tags.{run.name}", f"runs.note.{run.name}"
    for key, stored in ((star, notes.star), (archive, notes.archived), (tags, list(notes.tags)), (text, notes.text)):
        state.sync_widget(key, stored)

    def keep(field: str, key: str) -> None:
        with frame.errors_later():
            change_notes(run, **{field: state.widget(key)})

    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle(t("runs.star"), key=star, on_change=keep, args=("star", star))
        st.toggle(
            t("runs.archived"), key=archive, help=t("runs.archive.help"), on_change=keep, args=("archived", archive)
        )
    st.multiselect(
        t("runs.tags"),
        run_rows.tags(run_index().read(), also=notes.tags),
        key=tags,
        accept_new_options=True,
        max_selections=MOST_TAGS,
        placeholder=t("runs.tags.placeholder"),
        on_change=keep,
        args=("tags", tags),
    )
    st.text_area(
        t("runs.note"),
        key=text,
        max_chars=MOST_LETTERS,
        height=120,
        placeholder=t("runs.note.placeholder"),
        on_change=keep,
        args=("text", text),
    )
