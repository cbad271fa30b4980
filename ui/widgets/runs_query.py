"""What the table of runs shows, as it stands in the address: a copied link shows the same runs in the same order.

    ?q=dice&state=running|queued&tag=baseline&star=1&archived=all&sort=best&order=up&live=0&page=2

The address is the only place where these choices are kept. Anybody may have written it, so what makes no sense there
counts as not said.
"""

import math
from collections.abc import Callable, Mapping
from typing import get_args
from urllib.parse import urlencode

from segcore.runs import SORTS, STATES, Wanted
from segcore.runs.listing import Archived

NAMES = ("q", "state", "model", "data", "tag", "star", "archived", "sort", "order", "live", "page")
"""Every word of the address that is about the table."""

_BETWEEN = "|"
_MOST_LETTERS = 400
_MOST_PAGES = 100_000


def wanted(said: Callable[[str], str | None]) -> Wanted:
    """What an address asks for.

    Args:
        said: gives what the address says under a name, None where it says nothing.
    """

    def several(name: str) -> tuple[str, ...]:
        return tuple(filter(None, (said(name) or "")[:_MOST_LETTERS].split(_BETWEEN)))

    archived: Archived = next((word for word in get_args(Archived) if word == said("archived")), "no")
    sort = said("sort") or ""
    return Wanted(
        text=(said("q") or "")[:_MOST_LETTERS],
        states=tuple(state for state in several("state") if state in STATES),
        models=several("model"),
        data=several("data"),
        tags=several("tag"),
        starred=said("star") == "1",
        archived=archived,
        sort=sort if sort in SORTS else Wanted.sort,
        descending=said("order") != "up",
        live_first=said("live") != "0",
    )


def page(said: Callable[[str], str | None]) -> int:
    """Which page of the table an address asks for, from 1."""
    number = said("page") or ""
    return min(max(int(number), 1), _MOST_PAGES) if number.isdecimal() and len(number) < 9 else 1


def words(choice: Wanted, page: int = 1) -> dict[str, str | None]:
    """How an address asks for it: every one of NAMES, None for what needs no saying."""
    said = {
        "q": choice.text.strip(),
        "state": _BETWEEN.join(choice.states),
        "model": _BETWEEN.join(choice.models),
        "data": _BETWEEN.join(choice.data),
        "tag": _BETWEEN.join(choice.tags),
        "star": "1" if choice.starred else "",
        "archived": "" if choice.archived == "no" else choice.archived,
        "sort": "" if choice.sort == Wanted.sort else choice.sort,
        "order": "" if choice.descending else "up",
        "live": "" if choice.live_first else "0",
        "page": "" if page == 1 else str(page),
    }
    return {name: value or None for name, value in said.items()}


def encoded(said: Mapping[str, str | None]) -> str:
    """The part of an address after its question mark."""
    return urlencode({name: value for name, value in said.items() if value is not None})


def pages(count: int, per_page: int) -> int:
    """How many pages so many runs fill; at least one."""
    return max(1, math.ceil(count / per_page))
