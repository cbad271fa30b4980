"""The table of all runs, the newest first. Only the runs of the page that is shown are read."""

import streamlit as st

from segcore.errors import BadRun
from segcore.runs import ENDED_STATES, Run, list_runs
from ui import frame
from ui.runs import words
from ui.runs.summary import Summary, summary
from ui.tables import Cell, Link, Mark, table
from ui.text import plain, t, t_count, translated

PER_PAGE = 25
_EVERY_SECONDS = 3.0


def show() -> None:
    """Draw the table; it follows the runs while one of those on the page is active."""
    runs = list_runs()
    if not runs:
        st.info(t("runs.none"), icon=":material/hourglass_empty:")
        st.page_link(frame.PAGES / "train.py", label=t("runs.none.action"), icon=":material/play_arrow:")
        return
    st.caption(t_count("runs.count", len(runs)))
    table_place, pages = st.container(), -(-len(runs) // PER_PAGE)
    page = st.pagination(pages, key="runs.page") if pages > 1 else 1
    chosen = runs[(page - 1) * PER_PAGE : page * PER_PAGE]
    is_active = any(run.status() not in ENDED_STATES for run in chosen)
    with table_place:
        st.fragment(_rows, run_every=_EVERY_SECONDS if is_active else None)(chosen, is_active)


def _rows(runs: list[Run], was_active: bool) -> None:
    facts: list[tuple[Run, Summary]] = []
    for run in runs:
        try:
            facts.append((run, summary(run)))
        except (BadRun, OSError) as error:  # one damaged run must not hide the others; a deleted one is gone
            if run.path.exists():
                st.warning(plain(translated(str(error))))
    table(
        t("runs.all"),
        [
            *(t("runs.state"), t("runs.name"), t("runs.model"), t("runs.data"), t("runs.best"), t("runs.epoch")),
            *(t("runs.left"), t("runs.speed"), t("runs.device"), t("runs.made"), t("runs.size")),
        ],
        [_row(run, each) for run, each in facts],
        numbers=(4, 5, 6, 7, 10),
    )
    if was_active and not any(each.is_active for _, each in facts):
        st.rerun()  # nothing changes any more: draw it once without a clock


def _row(run: Run, facts: Summary) -> list[Cell]:
    return [
        Mark(words.state(facts.state), words.tone(facts.state)),
        Link(facts.name, f"runs?run={facts.name}", here=True),
        facts.model,
        facts.data,
        words.best(facts),
        words.epochs(facts),
        words.seconds(facts.left) if facts.is_active else "—",
        words.speed(facts),
        facts.device or "—",
        words.moment(facts.created),
        words.size(run.size()),
    ]
