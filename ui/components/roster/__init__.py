"""The table of runs: it stays up to date by polling a route, without reruns.

``st.dataframe`` identifies rows by number, so that after the next sort another run would be ticked; it stays up to date
only by reruns of the whole page, half a second each with a thousand runs (benchmarks/results.md); and it is unreadable
on a phone, where a row becomes a card here. What the browser sends, an `Act` or the names of ticked runs, is checked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from segcore.runs import ADDRESS, SORTS
from ui import state
from ui.components.assets import component, no_callback
from ui.text import names, t

KEY = "runs.table"
"""Of the component: there is one table of runs."""
_TICKED = f"{KEY}.ticked"
_MOST_TICKED = 1000

_component = component("roster", ("row.js", "roster.js"))


class Act(NamedTuple):
    """What was pressed: open or star the named run, sort by the named column, or redraw stale rows."""

    kind: Literal["open", "sort", "star", "stale"]
    name: str


class Ticked(NamedTuple):
    """The runs that are ticked, by their addresses, as all runs here.

    The turn counts the changes by the server: an answer of a browser from an earlier turn is out of date.
    """

    turn: int = 0
    names: tuple[str, ...] = ()


class Rows(NamedTuple):
    """One page of the table, with the names that roster.js uses."""

    rows: list[dict[str, Any]]  # as from `ui.widgets.run_rows`
    url: str  # of the route that returns the same rows later
    stamp: str  # of these rows; the act "stale" follows when the route returns another
    live: bool  # whether to poll every few seconds or only now and then
    sort: str  # the column that the rows are sorted by
    descending: bool


def show(page: Rows, titles: Mapping[str, str], *, on_act: Callable[[Act], None]) -> list[str]:
    """Draw the table, and return the names of the runs that are ticked, on this page or another.

    The titles are those of the columns, by their names in `segcore.runs.SORTS`. ``on_act`` is called before the next
    run of the script.
    """
    order = ticked()
    data = page._asdict() | {
        "sortable": [*titles, "star"],
        "ticked": order._asdict(),
        "texts": {**{name: t(f"roster.{name}") for name in names("roster")}, **titles},
    }
    answer: Any = _component(
        data=data, key=KEY, on_act_change=lambda: _pass_on(on_act), on_ticked_change=no_callback
    ).get("ticked")
    if isinstance(answer, dict) and answer.get("turn") == order.turn and isinstance(answer.get("names"), list):
        runs = [name for name in answer["names"][:_MOST_TICKED] if isinstance(name, str) and ADDRESS.fullmatch(name)]
        state.put(_TICKED, Ticked(order.turn, tuple(runs)))  # for the page drawn after another page
        return runs
    return list(order.names)


def ticked() -> Ticked:
    """What is ticked, as far as the server knows."""
    return state.get(_TICKED, Ticked())


def tick(runs: Sequence[str]) -> None:
    """Tick exactly these runs, whatever the visitor has ticked."""
    state.put(_TICKED, Ticked(ticked().turn + 1, tuple(runs)))


def _pass_on(on_act: Callable[[Act], None]) -> None:
    found: Any = (state.widget(KEY) or {}).get("act")
    act: Any = found if isinstance(found, dict) else {}
    kind, name = act.get("kind"), str(act.get("name"))
    is_run, is_column = bool(ADDRESS.fullmatch(name)), name in SORTS
    if {"open": is_run, "star": is_run, "sort": is_column, "stale": True}.get(str(kind)):
        on_act(Act(kind, name))
