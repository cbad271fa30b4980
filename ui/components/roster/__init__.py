"""The table of runs: a component of our own that stays fresh by asking a route, and costs no rerun while it does.

Streamlit's own table is a canvas that counts its rows: what was ticked would be another run after the next sort. Here a
row is known by the run's name, a run opens like any link, and on a phone a row becomes a card.

    roster.html   the fixed markup
    roster.css    its looks, on Streamlit's own theme variables
    row.js        one run → one row; a row is filled anew in place, so that a press never hits a row that is gone
    roster.js     the state, the keys and buttons, the clock

What the reader does comes back as an *act*: {"kind": "open" | "sort" | "star" | "stale", "name": …}. What is ticked is
a list of names. Both come from a browser, so they are checked here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, NamedTuple

import streamlit as st

from segcore.runs import SORTS
from ui import state
from ui.text import t

_HERE = Path(__file__).parent
_PARTS = ("row.js", "roster.js")

TEXTS = ("all", "broken", "every", "select", "sort_by", "sort_down", "sort_up", "star")
"""Texts of the component itself; the key in locale/*.json has "roster." before it."""

_MOST_TICKED = 1000
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

_component = st.components.v2.component(
    "segcore_roster",
    html=(_HERE / "roster.html").read_text(encoding="utf-8"),
    css=(_HERE / "roster.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / part).read_text(encoding="utf-8") for part in _PARTS),
)

Kind = Literal["open", "sort", "star", "stale"]


class Act(NamedTuple):
    """What the reader did: open or star the run of this name, sort by the column of this name; or rows are stale."""

    kind: Kind
    name: str


def show(
    rows: Sequence[Mapping[str, Any]],
    *,
    titles: Mapping[str, str],
    url: str,
    stamp: str,
    is_live: bool,
    sort: str,
    descending: bool,
    on_act: Callable[[Act], None],
    key: str,
) -> list[str]:
    """Draw the table.

    Args:
        rows: as `ui.api.run_rows` makes them.
        titles: of the columns, by their names in `segcore.runs.SORTS`.
        url: where to ask for the same rows later.
        stamp: of these rows; the act "stale" comes when the route gives another.
        is_live: whether to ask every few seconds or only now and then.
        sort: the column that they are sorted by.
        descending: and which way.
        on_act: called before the next run of the script.
        key: of the component.

    Returns:
        The names of the runs that are ticked, on this page or another.
    """
    order = state.ticked(key)
    data = {
        "rows": list(rows),
        "url": url,
        "stamp": stamp,
        "live": is_live,
        "sort": sort,
        "descending": descending,
        "sortable": [*titles, "star"],
        "ticked": asdict(order),
        "texts": {**{name: t(f"roster.{name}") for name in TEXTS}, **titles},
    }
    answer = _component(
        data=data,
        key=key,
        on_act_change=lambda: _pass_on(key, on_act),
        on_ticked_change=_nothing,
    )
    said: Any = answer.get("ticked")
    if isinstance(said, dict) and said.get("turn") == order.turn and isinstance(said.get("names"), list):
        names = [name for name in said["names"][:_MOST_TICKED] if isinstance(name, str) and _NAME.fullmatch(name)]
        state.remember_ticked(key, names)
        return names
    return list(order.names)


def _pass_on(key: str, on_act: Callable[[Act], None]) -> None:
    found: Any = (state.widget(key) or {}).get("act")
    said: Any = found if isinstance(found, dict) else {}
    kind, name = said.get("kind"), str(said.get("name"))
    is_run, is_column = bool(_NAME.fullmatch(name)), name in SORTS
    if {"open": is_run, "star": is_run, "sort": is_column, "stale": True}.get(str(kind)):
        on_act(Act(kind, name))


def _nothing() -> None:
    """Streamlit keeps a state only where it has a callback; its value is all we need."""
