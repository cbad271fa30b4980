"""The table of all runs. The page draws it once; then the browser keeps it fresh by itself (ui/roster)."""

from dataclasses import replace

import streamlit as st

from segcore.errors import SegcoreError
from segcore.runs import change_notes, open_run, read_notes
from ui import state
from ui.api import run_rows
from ui.components import roster
from ui.components.roster import Act
from ui.runs import chosen, filters, queue
from ui.text import plain, spoken, t, t_count, translated
from ui.widgets import frame, runs_query

KEY = "runs.table"

_TEXTS_FIRST = ("state", "name", "model", "data", "device")
"""Columns of words: pressed for the first time they go from A to Z. The others begin with the largest."""


def show() -> None:
    """Draw the queue, the filters, the table and what can be done with the runs that are ticked."""
    table = run_rows.table(state.address)
    for problem in table.look.problems:
        st.warning(plain(translated(problem)))
    for sentence in state.said_earlier():
        st.error(plain(translated(sentence)), icon=":material/error:")
    if not table.look.entries:
        st.info(t("runs.none"), icon=":material/hourglass_empty:")
        st.page_link(frame.PAGES / "train.py", label=t("runs.none.action"), icon=":material/play_arrow:")
        return
    wanted = runs_query.wanted(state.address)
    said = runs_query.words(wanted, table.page)
    state.remember_runs_table(said)
    queue.show(table.look)
    filters.show(wanted, table.look)
    count, everything = len(table.found), len(table.look.entries)
    above = st.container(key="runs-chosen")
    if count:
        ticked = roster.show(
            table.rows,
            titles=_titles(),
            url=f"/api/runs?{runs_query.encoded({**said, 'lang': spoken()})}",
            stamp=table.stamp,
            is_live=table.is_live,
            sort=wanted.sort,
            descending=wanted.descending,
            on_act=_carry_out,
            key=KEY,
        )
    else:
        ticked = []
        st.info(t("runs.filter.nothing"), icon=":material/filter_list_off:")
    with above, frame.sentences():
        by_name = {entry.run.name: entry for entry in table.look.entries}
        picked = [by_name[name] for name in ticked if name in by_name]
        if picked:
            chosen.show(picked, run_rows.tags(table.look), table=KEY)
        else:
            some = t("runs.count.some", count=count, all=everything)
            st.caption(f"{t_count('runs.count', count) if count == everything else some} · {t('runs.tick')}")
    _pages(table)


def _titles() -> dict[str, str]:
    return {
        "state": t("runs.state"),
        "name": t("runs.name"),
        "model": t("runs.model"),
        "data": t("runs.data"),
        "best": t("runs.best"),
        "epoch": t("runs.epoch"),
        "left": t("runs.left"),
        "speed": t("runs.speed"),
        "device": t("runs.device"),
        "made": t("runs.made"),
        "size": t("runs.size"),
    }


def _pages(table: run_rows.Table) -> None:
    pages = runs_query.pages(len(table.found), run_rows.PER_PAGE)
    if pages == 1:
        return
    key = "runs.page"
    if state.widget(key) != table.page:
        state.set_widget(key, table.page)

    def turn() -> None:
        state.remember_in_address(page=str(state.widget(key)))

    st.pagination(pages, key=key, on_change=turn)


def _carry_out(act: Act) -> None:
    """What the reader did in the table; called before the page is drawn anew."""
    match act.kind:
        case "open":
            state.remember_in_address(**{**dict.fromkeys(runs_query.NAMES), "run": act.name})
        case "sort":
            wanted = runs_query.wanted(state.address)
            descending = not wanted.descending if act.name == wanted.sort else act.name not in _TEXTS_FIRST
            state.remember_in_address(**runs_query.words(replace(wanted, sort=act.name, descending=descending)))
        case "star":
            try:
                run = open_run(act.name)
                change_notes(run, star=not read_notes(run).star)
            except SegcoreError as error:
                state.say_later(error.message)
        case "stale":
            pass  # the run of the script that follows draws what has changed
