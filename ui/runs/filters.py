"""Search and filters above the table of runs. They write the address; the table is drawn from that."""

from dataclasses import replace
from typing import Any

import streamlit as st

from segcore.runs import ARCHIVED, STATES, Snapshot, Wanted
from ui import state
from ui.text import spoken, t
from ui.widgets import run_rows, run_text, runs_query


def show(wanted: Wanted, look: Snapshot) -> None:
    """Draw search and filters, as the address has them; all runs give the options."""
    options = run_rows.choices(look, wanted)
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs-filters"):
        _text(wanted)
        count = wanted.restrictions
        label = t("runs.filter.count", count=count) if count else t("runs.filter")
        with st.popover(label, icon=":material/filter_list:"):
            _choice("states", list(STATES), wanted.states, t("runs.state"), run_text.state)
            _choice("models", options["models"], wanted.models, t("runs.model"))
            _choice("data", options["data"], wanted.data, t("runs.data"))
            _choice("tags", options["tags"], wanted.tags, t("runs.tags"))
            _archived(wanted)
        _switch("starred", t("runs.filter.starred"), wanted.starred)
        _switch("live_first", t("runs.filter.live"), wanted.live_first)
        if count or wanted.text:
            st.button(t("runs.filter.clear"), icon=":material/close:", key="runs.filter.clear", on_click=_clear)


def change(**fields: Any) -> None:
    """Change filters in the address, and return to the first page."""
    wanted = replace(runs_query.wanted(state.address), **fields)
    state.set_address(**runs_query.words(wanted))


def _bound(field: str, value: Any, *, folded: bool = False) -> str:
    """The key of a widget that shows a value of the address; one for each language, because labels are kept.

    The widget is set only if it differs, so that text being typed is not lost. A widget that is folded away (in a
    popover) is always set: the browser creates it when it is unfolded, from the last drawing alone.
    """
    key = f"runs.filter.{field}.{spoken()}"
    if folded or state.widget(key) != value:
        state.set_widget(key, value)
    return key


def _text(wanted: Wanted) -> None:
    key = _bound("text", wanted.text)
    st.text_input(
        t("runs.filter.search"),
        key=key,
        max_chars=200,
        placeholder=t("runs.filter.search.about"),
        icon=":material/search:",
        on_change=lambda: change(text=state.widget(key)),
    )


def _choice(field: str, options: list[str], chosen: tuple[str, ...], label: str, format_func: Any = str) -> None:
    key = _bound(field, list(chosen), folded=True)
    st.multiselect(
        label,
        options,
        key=key,
        format_func=format_func,
        placeholder=t("runs.filter.any"),
        on_change=lambda: change(**{field: tuple(state.widget(key))}),
    )


def _archived(wanted: Wanted) -> None:
    key = _bound("archived", wanted.archived, folded=True)
    st.segmented_control(
        t("runs.archived"),
        ARCHIVED,
        key=key,
        format_func=lambda word: t(f"runs.archived.{word}"),
        on_change=lambda: change(archived=state.widget(key) or "no"),
        required=True,
    )


def _switch(field: str, label: str, value: bool) -> None:
    key = _bound(field, value)
    st.toggle(label, key=key, on_change=lambda: change(**{field: state.widget(key)}))


def _clear() -> None:
    wanted = runs_query.wanted(state.address)
    fresh = Wanted(sort=wanted.sort, descending=wanted.descending, live_first=wanted.live_first)
    state.set_address(**runs_query.words(fresh))
