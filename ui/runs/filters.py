"""Search and filters above the table of runs. They write the address; the table is drawn from that."""

from collections.abc import Callable, Sequence
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
        st.text_input(
            t("runs.filter.search"),
            max_chars=200,
            placeholder=t("runs.filter.search.about"),
            icon=":material/search:",
            **_bound("text", wanted.text),
        )
        count = wanted.restrictions
        label = t("runs.filter.count", count=count) if count else t("runs.filter")
        with st.popover(label, icon=":material/filter_list:"):
            _choice("states", STATES, wanted.states, t("runs.state"), run_text.state)
            _choice("models", options["models"], wanted.models, t("runs.model"))
            _choice("data", options["data"], wanted.data, t("runs.data"))
            _choice("tags", options["tags"], wanted.tags, t("runs.tags"))
            st.segmented_control(
                t("runs.archived"),
                ARCHIVED,
                format_func=lambda word: t(f"runs.archived.{word}"),
                required=True,
                **_bound("archived", wanted.archived, folded=True),
            )
        st.toggle(t("runs.filter.starred"), **_bound("starred", wanted.starred))
        st.toggle(t("runs.filter.live"), **_bound("live_first", wanted.live_first))
        if count or wanted.text:
            st.button(t("runs.filter.clear"), icon=":material/close:", key="runs.filter.clear", on_click=_clear)


def _choice(
    field: str, options: Sequence[str], chosen: tuple[str, ...], label: str, named: Callable[[str], str] = str
) -> None:
    bound = _bound(field, list(chosen), folded=True)
    st.multiselect(label, options, format_func=named, placeholder=t("runs.filter.any"), **bound)


def _bound(field: str, value: Any, *, folded: bool = False) -> dict[str, Any]:
    """Arguments of a widget that shows a value of the address: its key, and the callback that writes the address.

    There is a key for each language, because labels are kept. The widget is set only if it differs, so that text being
    typed is not lost. A widget that is folded away (in a popover) is always set: the browser creates it when it is
    unfolded, from the last drawing alone.
    """
    key = f"runs.filter.{field}.{spoken()}"
    if folded or state.widget(key) != value:
        state.set_widget(key, value)
    return {"key": key, "on_change": lambda: _change(field, state.widget(key))}


def _change(field: str, value: Any) -> None:
    """Change a filter in the address, and return to the first page."""
    wanted = runs_query.wanted(state.address)
    state.set_address(**runs_query.words(replace(wanted, **{field: value})))


def _clear() -> None:
    wanted = runs_query.wanted(state.address)
    fresh = Wanted(sort=wanted.sort, descending=wanted.descending, live_first=wanted.live_first)
    state.set_address(**runs_query.words(fresh))
