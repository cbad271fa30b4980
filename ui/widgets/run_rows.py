"""One page of the table of runs as texts: for the page that draws it and for the route that keeps it fresh."""

import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

from segcore.formatting import byte_size
from segcore.runs import Entry, Look, Wanted, devices, listed, run_index, using, waiting
from ui.text import t
from ui.widgets import run_text, runs_query

PER_PAGE = 25

_NOTE_LETTERS = 120


class Table(NamedTuple):
    """What the table shows at this moment.

    Attributes:
        look: all runs there are.
        found: those that are wanted, in their order.
        page: which part of them is shown, from 1; one that exists.
        rows: of that page, each a mapping of texts and numbers that go to the browser.
    """

    look: Look
    found: list[Entry]
    page: int
    rows: list[dict[str, Any]]

    @property
    def is_live(self) -> bool:
        """Whether any run at all may change by itself."""
        return any(entry.facts.is_active for entry in self.look.entries)

    @property
    def stamp(self) -> str:
        """Changes when something changes that is drawn around the table: how many there are, who waits for what."""
        around = [len(self.look.entries), len(self.found), self.page, *self.look.problems]
        line = [(name, using(name), waiting(name)) for name in devices()]
        return f"{zlib.crc32(repr((around, line)).encode()):08x}"


def table(said: Callable[[str], str | None]) -> Table:
    """The table that an address asks for.

    Args:
        said: gives what the address says under a name, None where it says nothing.
    """
    wanted = runs_query.wanted(said)
    index = run_index()
    look = index.look(sizes=wanted.sort == "size")
    found = listed(look.entries, wanted)
    page = min(runs_query.page(said), runs_query.pages(len(found), PER_PAGE))
    shown = index.with_sizes(found[(page - 1) * PER_PAGE : page * PER_PAGE])
    return Table(look, found, page, [_row(entry) for entry in shown])


def answer(said: Callable[[str], str | None]) -> dict[str, Any]:
    """The table for the browser, in the language of this run: ``rows``, ``stamp`` and whether anything is ``live``."""
    now = table(said)
    return {"rows": now.rows, "stamp": now.stamp, "live": now.is_live}


def choices(look: Look, wanted: Wanted) -> dict[str, list[str]]:
    """What can be chosen in each filter: whatever occurs, and what is chosen though it no longer occurs."""
    return {
        "models": sorted({entry.facts.model for entry in look.entries if entry.facts.model} | {*wanted.models}),
        "data": sorted({entry.facts.data for entry in look.entries if entry.facts.data} | {*wanted.data}),
        "tags": tags(look, also=wanted.tags),
    }


def tags(look: Look, also: tuple[str, ...] = ()) -> list[str]:
    """Every tag that any run has, each in the capitals in which it was met first."""
    found: dict[str, str] = {}
    for tag in (*also, *(tag for entry in look.entries for tag in entry.notes.tags)):
        found.setdefault(tag.casefold(), tag)
    return [found[folded] for folded in sorted(found)]


def _row(entry: Entry) -> dict[str, Any]:
    facts, notes = entry.facts, entry.notes
    first, *more = notes.text.splitlines() or [""]
    note = first[:_NOTE_LETTERS]
    return {
        "name": facts.name,
        "state": run_text.state(facts.state),
        "tone": run_text.tone(facts.state) or "",
        "model": facts.model or "—",
        "data": facts.data or "—",
        "best": run_text.best(facts),
        "epoch": run_text.epochs(facts),
        "share": facts.done / facts.epochs if facts.epochs else 0.0,
        "left": run_text.seconds(facts.left) if facts.is_active else "—",
        "speed": run_text.speed(facts),
        "device": facts.device or "—",
        "made": run_text.moment(facts.created),
        "size": "—" if entry.size is None else byte_size(entry.size),
        "star": notes.star,
        "note": note + ("…" if more or note != first else ""),
        "tags": [*notes.tags, *([t("runs.archived.mark")] if notes.archived else [])],
    }
