"""The table of all runs. The page draws it once; then the browser keeps it up to date (ui/components/roster)."""

from dataclasses import replace

import streamlit as st

from segcore.runs import change_notes, open_run, read_notes
from ui import links, state
from ui.components import roster
from ui.components.roster import Act, Rows
from ui.runs import chosen, filters, queue, way_back
from ui.text import plain, spoken, t, t_count, translated
from ui.widgets import frame, run_rows, runs_query

_ALPHABETICAL = ("state", "name", "model", "data", "device")
"""Sorted from A to Z at the first press; the other columns begin with the largest value."""


def show() -> None:
    """Draw the queue, the filters, the table and the actions for ticked runs."""
    table = run_rows.table(state.address)
    for problem in table.look.problems:
        st.warning(plain(translated(problem)))
    frame.earlier_errors()
    if not table.look.entries:
        st.info(t("runs.none"), icon=":material/hourglass_empty:")
        links.train().draw(t("runs.none.action"), icon=":material/play_arrow:")
        return
    wanted = runs_query.wanted(state.address)
    query = runs_query.words(wanted, table.page)
    way_back.remember(query)
    queue.show(table.look)
    filters.show(wanted, table.look)
    above = st.container(key="runs-chosen")  # drawn below: it depends on what is ticked in the table
    if table.found:
        url = f"/api/runs?{runs_query.encoded({**query, 'lang': spoken()})}"
        page = Rows(table.rows, url, table.stamp, table.is_live, wanted.sort, wanted.descending)
        ticked = roster.show(page, _titles(), on_act=_carry_out)
    else:
        ticked = []
        st.info(t("runs.filter.nothing"), icon=":material/filter_list_off:")
    with above, frame.sentences():
        _above(table, ticked)
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


def _above(table: run_rows.RunsTable, ticked: list[str]) -> None:
    """The actions for ticked runs; the number of runs if none is ticked."""
    by_name = {entry.run.address: entry for entry in table.look.entries}
    picked = [by_name[name] for name in ticked if name in by_name]
    if picked:
        chosen.show(picked, run_rows.tags(table.look))
        return
    count, everything = len(table.found), len(table.look.entries)
    some = t("runs.count.some", count=count, all=everything)
    st.caption(f"{t_count('runs.count', count) if count == everything else some} · {t('runs.tick')}")


def _pages(table: run_rows.RunsTable) -> None:
    pages = runs_query.pages(len(table.found), run_rows.PER_PAGE)
    if pages == 1:
        return
    key = "runs.page"
    if state.widget(key) != table.page:
        state.set_widget(key, table.page)
    st.pagination(pages, key=key, on_change=lambda: state.set_address(page=str(state.widget(key))))


def _carry_out(act: Act) -> None:
    """Do what was pressed in the table; called before the page is redrawn."""
    match act.kind:
        case "open":
            state.set_address(**{**dict.fromkeys(runs_query.NAMES), "run": act.name})
        case "sort":
            wanted = runs_query.wanted(state.address)
            descending = not wanted.descending if act.name == wanted.sort else act.name not in _ALPHABETICAL
            state.set_address(**runs_query.words(replace(wanted, sort=act.name, descending=descending)))
        case "star":
            with frame.errors_later():
                run = open_run(act.name)
                change_notes(run, star=not read_notes(run).star)
        case "stale":
            pass  # the next run of the script draws what has changed
