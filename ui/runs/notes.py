"""Notes about a run on its page: star, archive, tags and text. Every change is stored at once."""

from typing import Any

import streamlit as st

from segcore.runs import Run, change_notes, read_notes, run_index
from segcore.runs.notes import MOST_LETTERS, MOST_TAGS
from ui import state
from ui.text import t
from ui.widgets import frame, run_rows


def show(run: Run) -> None:
    """Draw the fields; changes of another browser appear at the next drawing."""
    notes = read_notes(run)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle(t("runs.star"), **_bound(run, "star", "star", notes.star))
        archive = _bound(run, "archive", "archived", notes.archived)
        st.toggle(t("runs.archived"), help=t("runs.archive.help"), **archive)
    st.multiselect(
        t("runs.tags"),
        run_rows.tags(run_index().read(), also=notes.tags),
        accept_new_options=True,
        max_selections=MOST_TAGS,
        placeholder=t("runs.tags.placeholder"),
        **_bound(run, "tags", "tags", list(notes.tags)),
    )
    st.text_area(
        t("runs.note"),
        max_chars=MOST_LETTERS,
        height=120,
        placeholder=t("runs.note.placeholder"),
        **_bound(run, "note", "text", notes.text),
    )


def _bound(run: Run, name: str, field: str, stored: Any) -> dict[str, Any]:
    """Arguments of a widget that shows a stored value: its key, and the callback that stores changes."""
    key = f"runs.{name}.{run.address}"
    state.sync_widget(key, stored)

    keep = frame.errors_later()(lambda: change_notes(run, **{field: state.widget(key)}))
    return {"key": key, "on_change": keep}
