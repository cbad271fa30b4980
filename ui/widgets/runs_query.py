"""Filters and order of the table of runs in the address: a copied link shows the same runs in the same order.

    ?q=dice&state=running|queued&tag=baseline&star=1&archived=all&sort=best&order=up&live=0&page=2

The address is the only place where these choices are kept. It is untrusted: invalid values are ignored.
"""

import math
from collections.abc import Callable, Mapping
from typing import get_args
from urllib.parse import urlencode

from segcore.runs import SORTS, STATES, Wanted
from segcore.runs.listing import Archived

NAMES = ("q", "state", "model", "data", "tag", "star", "archived", "sort", "order", "live", "page")
"""All names of the address that concern the table."""

_BETWEEN = "|"
_MOST_LETTERS = 400
_MOST_PAGES = 100_000


def wanted(query: Callable[[str], str | None]) -> Wanted:
    """The filters and the order of an address, read by ``query``: name → value, None if it has none."""

    def values(name: str) -> tuple[str, ...]:
        return tuple(filter(None, (query(name) or "")[:_MOST_LETTERS].split(_BETWEEN)))

    archived: Archived = next((word for word in get_args(Archived) if word == query("archived")), "no")
    sort = query("sort") or ""
    return Wanted(
        text=(query("q") or "")[:_MOST_LETTERS],
        states=tuple(state for state in values("state") if state in STATES),
        models=values("model"),
        data=values("data"),
        tags=values("tag"),
        starred=query("star") == "1",
        archived=archived,
        sort=sort if sort in SORTS else Wanted.sort,
        descending=query("order") != "up",
        live_first=query("live") != "0",
    )


def page(query: Callable[[str], str | None]) -> int:
    """The page of the table in an address, from 1."""
    number = query("page") or ""
    return min(max(int(number), 1), _MOST_PAGES) if number.isdecimal() and len(number) < 9 else 1


def words(choice: Wanted, page: int = 1) -> dict[str, str | None]:
    """The values of an address: every one of NAMES, None for a default."""
    values = {
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
    return {name: value or None for name, value in values.items()}


def encoded(values: Mapping[str, str | None]) -> str:
    """The part of an address after the question mark."""
    return urlencode({name: value for name, value in values.items() if value is not None})


def pages(count: int, per_page: int) -> int:
    """Number of pages for a number of runs; at least one."""
    return max(1, math.ceil(count / per_page))
