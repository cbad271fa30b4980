"""Actions for the runs that are ticked in the table."""

from collections.abc import Callable, Sequence

import streamlit as st

from segcore.formatting import byte_size
from segcore.runs import MOST_COMPARED, Entry, change_notes, run_index
from ui import state
from ui.components import roster
from ui.text import plain, t, t_count
from ui.widgets import frame, runs_query

_MOST_NAMED = 8
"""Maximum of runs that are listed before they are deleted; the others are counted."""


def show(picked: Sequence[Entry], known_tags: Sequence[str]) -> None:
    """Draw a button for each action on the runs, at least one, that are ticked in the table."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{t_count('runs.chosen', len(picked))}**", width="content")
        _compare(picked)
        _archive(picked)
        _tag(picked, known_tags)
        _delete(picked)
        st.button(
            t("runs.chosen.none"), icon=":material/close:", key="runs.chosen.none", on_click=roster.tick, args=([],)
        )


def _compare(picked: Sequence[Entry]) -> None:
    names = [entry.run.address for entry in picked]

    def open_comparison() -> None:
        roster.tick(names)  # for the way back
        state.set_address(**{**dict.fromkeys(runs_query.NAMES), "compare": ",".join(names)})

    st.button(
        t("runs.compare"),
        icon=":material/compare_arrows:",
        type="primary",
        disabled=not 2 <= len(names) <= MOST_COMPARED,
        help=t("runs.compare.help", most=MOST_COMPARED),
        key="runs.compare",
        on_click=open_comparison,
    )


def _archive(picked: Sequence[Entry]) -> None:
    """Archive the runs, or if all are archived take them back."""
    archived = not all(entry.notes.archived for entry in picked)
    name = "archive" if archived else "unarchive"

    def carry_out() -> None:
        _each(picked, lambda entry: change_notes(entry.run, archived=archived))
        roster.tick([])

    label = t("runs.archive") if archived else t("runs.unarchive")
    icon, help = f":material/{name}:", t("runs.archive.help")
    st.button(label, icon=icon, help=help, key=f"runs.chosen.{name}", on_click=carry_out)


def _tag(picked: Sequence[Entry], known_tags: Sequence[str]) -> None:
    with st.popover(t("runs.tags"), icon=":material/sell:"), st.form(key="runs.chosen.tags", border=False):
        tags = st.multiselect(
            t("runs.tags.add"), known_tags, accept_new_options=True, placeholder=t("runs.tags.placeholder")
        )
        if st.form_submit_button(t("runs.tags.now")) and tags:
            _each(picked, lambda entry: change_notes(entry.run, tags=(*entry.notes.tags, *tags)))
            st.rerun()


def _delete(picked: Sequence[Entry]) -> None:
    """Delete, after a second press that lists the runs and their sizes."""
    live = [entry for entry in picked if entry.facts.is_active and entry.run.last("state") is not None]
    doomed = run_index().with_sizes(entry for entry in picked if entry not in live)

    def carry_out() -> None:
        _each(doomed, lambda entry: entry.run.delete())
        roster.tick([])

    with st.popover(t("runs.delete.many"), icon=":material/delete:"):
        if live:
            st.caption(t("runs.delete.live", names=", ".join(plain(entry.facts.title) for entry in live[:_MOST_NAMED])))
        if not doomed:
            return
        st.markdown(t_count("runs.delete.several", len(doomed), size=byte_size(sum(e.size or 0 for e in doomed))))
        lines = [f"{plain(entry.facts.title)} ({byte_size(entry.size or 0)})" for entry in doomed[:_MOST_NAMED]]
        if len(doomed) > _MOST_NAMED:
            lines.append(t("runs.delete.more", count=len(doomed) - _MOST_NAMED))
        st.markdown("\n".join(f"- {line}" for line in lines))
        st.button(t("runs.delete.now"), type="primary", key="runs.chosen.delete", on_click=carry_out)


def _each(picked: Sequence[Entry], act: Callable[[Entry], object]) -> None:
    """Call ``act`` with each run; an error is shown at the next drawing and does not stop the others."""
    for entry in picked:
        with frame.errors_later():
            act(entry)
